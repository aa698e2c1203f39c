"""The invariants of every room, in the order in which a contribution row passes them."""

from __future__ import annotations

import importlib

from jinbao.kernel.checks import Check

ROOMS = (
    "jinbao.trust",
    "jinbao.data",
    "jinbao.data.supply",
    "jinbao.data.exchange",
    "jinbao.data.catalogue",
    "jinbao.data.linkage",
    "jinbao.data.scoring",
    "jinbao.data.extraction",
    "jinbao.data.scenes",
    "jinbao.ledger",
    "jinbao.insurance.registry",
    "jinbao.insurance.contributions",
    "jinbao.insurance.benefits",
    "jinbao.insurance.payments",
    "jinbao.cases",
    "jinbao.oversight",
    "jinbao.centre",
)


def all_checks() -> list[Check]:
    """Collect the CHECKS of every room; Django must be set up."""
    return [check for room in ROOMS for check in importlib.import_module(f"{room}.checks").CHECKS]
