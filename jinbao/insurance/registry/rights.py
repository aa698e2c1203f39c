"""Which roles write in the rooms of insurance; where they may is for `trust.actors.require_region`."""

from __future__ import annotations

from jinbao.trust.models import Role

OFFICERS = (Role.CLERK, Role.REVIEWER)
"""Those who handle and those who check what was handled."""

MONEY = (Role.CLERK, Role.REVIEWER, Role.FINANCE)
"""Those who also record what the bank says."""
