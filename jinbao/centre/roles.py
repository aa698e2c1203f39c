"""Who keeps the centre's year, who approves it, who may read it."""

from __future__ import annotations

from jinbao.trust.models import Role

WRITERS = (Role.FINANCE,)
APPROVERS = (Role.REVIEWER,)
READERS = (Role.FINANCE, Role.REVIEWER, Role.AUDITOR)
