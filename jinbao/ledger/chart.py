"""The chart of accounts and the posting rules, as declared in policy/ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Literal

from jinbao.kernel.declared import read_declared
from jinbao.kernel.errors import NOWHERE, DeclarationError, NotFound, Place
from jinbao.kernel.regions import policy_folder


@dataclass(frozen=True)
class AccountType:
    """One account as the chart declares it; every fund and region has its own."""

    code: str
    name: str
    side: Literal["借", "贷"]
    """余额方向: the side on which its balance grows."""
    kind: Literal["资产", "负债", "净资产", "收入", "支出"]
    origin: str
    """Where the code comes from; 示例科目 for one that is not of the statutory accounting system."""
    meaning: str
    names: Mapping[str, str] = field(default_factory=dict)
    at: Place = NOWHERE

    def __post_init__(self) -> None:
        if (self.side == "借") != (self.kind in {"资产", "支出"}):
            raise DeclarationError(f"科目 {self.code} {self.name}是{self.kind}类，余额方向不会是{self.side}方")

    def name_for(self, fund: str) -> str:
        """Return the name that the account has in a fund."""
        return self.names.get(fund, self.name)


@dataclass(frozen=True)
class Line:
    """One line of a posting rule: an amount by name goes from the credit account to the debit account."""

    amount: str
    debit: str
    credit: str


@dataclass(frozen=True)
class Posting:
    """How one kind of business event is booked."""

    title: str
    meaning: str
    lines: tuple[Line, ...]
    reverse: Literal["allowed", "refused"] = "refused"
    pending: bool = False
    at: Place = NOWHERE

    @property
    def amounts(self) -> tuple[str, ...]:
        """The names of the amounts that an event may carry."""
        return tuple(dict.fromkeys(line.amount for line in self.lines))


@dataclass(frozen=True)
class _AccountsFile:
    accounts: tuple[AccountType, ...]


@dataclass(frozen=True)
class Chart:
    """Accounts by code, and posting rules whose lines name accounts by code."""

    accounts: Mapping[str, AccountType]
    postings: Mapping[str, Posting]

    def posting(self, event: str) -> Posting:
        """Return the rule of an event; raise NotFound for one that is not declared."""
        if event in self.postings:
            return self.postings[event]
        close = get_close_matches(event, self.postings, n=1)
        advice = f"是不是“{close[0]}”？" if close else f"可用的事项：{'、'.join(self.postings)}。"
        raise NotFound(f"policy/ledger/postings.yaml 没有事项“{event}”", advice=advice)

    def account(self, code: str) -> AccountType:
        """Return an account by its code; raise NotFound for one that is not declared."""
        if code in self.accounts:
            return self.accounts[code]
        raise NotFound(f"科目表没有编号“{code}”", advice=f"可用的科目：{'、'.join(self.accounts)}。")


def load_chart(folder: Path | None = None) -> Chart:
    """Read the chart from a folder, by default policy/ledger; the same folder is read once.

    Raises DeclarationError with file:line for a double code or name, an unknown account, and a rule without lines.
    """
    return _load((folder or policy_folder() / "ledger").resolve())


@cache
def _load(folder: Path) -> Chart:
    accounts = read_declared(folder / "accounts.yaml", _AccountsFile).accounts
    postings = read_declared(folder / "postings.yaml", dict[str, Posting])
    codes: dict[str, str] = {}
    for account in accounts:
        if account.name in codes or account.code in codes.values():
            raise DeclarationError(
                f"科目 {account.code} {account.name}重复", at=account.at, advice="编号和名称都不能重复。"
            )
        codes[account.name] = account.code
    return Chart({a.code: a for a in accounts}, {event: _by_code(event, p, codes) for event, p in postings.items()})


def _by_code(event: str, posting: Posting, codes: Mapping[str, str]) -> Posting:
    """Return a rule whose lines name accounts by code instead of by name."""
    if not posting.lines:
        raise DeclarationError(f"事项“{event}”没有记账分录", at=posting.at)
    for name in {name for line in posting.lines for name in (line.debit, line.credit)} - set(codes):
        close = get_close_matches(name, codes, n=1)
        advice = f"是不是“{close[0]}”？" if close else "请先在 accounts.yaml 中声明。"
        raise DeclarationError(f"事项“{event}”用到科目表没有的科目“{name}”", at=posting.at, advice=advice)
    if any(line.debit == line.credit for line in posting.lines):
        raise DeclarationError(f"事项“{event}”有借贷同一科目的分录", at=posting.at)
    lines = tuple(Line(line.amount, codes[line.debit], codes[line.credit]) for line in posting.lines)
    return Posting(posting.title, posting.meaning, lines, posting.reverse, posting.pending, posting.at)
