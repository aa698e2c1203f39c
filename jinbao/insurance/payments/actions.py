"""The verbs of payments: draft, approve, send, settle, return, reissue, claim back."""

from __future__ import annotations

from jinbao.insurance.payments.approve import approve, void, withdraw
from jinbao.insurance.payments.bank_file import bank_file
from jinbao.insurance.payments.draft import draft
from jinbao.insurance.payments.recover import cancel_clawback, clawback, recover, report_death
from jinbao.insurance.payments.settle import Settlement, give_back, retry, settle
from jinbao.insurance.payments.undo_campaign import undo_campaign, undo_some

__all__ = [
    "Settlement",
    "approve",
    "bank_file",
    "cancel_clawback",
    "clawback",
    "draft",
    "give_back",
    "recover",
    "report_death",
    "retry",
    "settle",
    "undo_campaign",
    "undo_some",
    "void",
    "withdraw",
]
