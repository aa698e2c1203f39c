"""The verbs of a campaign, in the order in which they happen; undoing is a verb of payments."""

from __future__ import annotations

from jinbao.insurance.benefits.campaigns.apply import apply, apply_some
from jinbao.insurance.benefits.campaigns.create import cancel, create
from jinbao.insurance.benefits.campaigns.decide import approve, send_back, submit
from jinbao.insurance.benefits.campaigns.dry_run import advance, dry_run, start

__all__ = ["advance", "apply", "apply_some", "approve", "cancel", "create", "dry_run", "send_back", "start", "submit"]
