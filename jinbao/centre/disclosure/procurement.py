"""Government procurement: kinds add up, shares of small and medium enterprises are possible (R32)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal

from jinbao.centre.disclosure.findings import Book, Finding, Severity
from jinbao.centre.disclosure.model import Paragraph
from jinbao.centre.disclosure.rates import Verdict, grave, judge
from jinbao.centre.disclosure.values import Number, Span, rounded, show, swapped

_KINDS = ("货物", "工程", "服务")
_AMOUNT = r"([\d,]+(?:\.\d+)?)(万元|元)"
_PERCENT = r"([\d,]+(?:\.\d+)?)%"


@dataclass
class Purchase:
    """The figures of a procurement statement, each with the offset it stands at."""

    paragraph: Paragraph
    amounts: dict[str, tuple[Number, int]] = field(default_factory=dict)
    shares: list[tuple[str, str, Number, int]] = field(default_factory=list)

    def get(self, name: str) -> Number | None:
        """The amount of a name, None if it is not printed."""
        found = self.amounts.get(name)
        return found[0] if found else None


def check_procurement(book: Book) -> None:
    """Check every paragraph about procurement that prints a total."""
    for paragraph in book.document.paragraphs:
        if re.search("政府采购(?:支出|预算)总额", paragraph.text) or (
            paragraph.section == "采购" and "总额" in paragraph.text
        ):
            purchase = _read(paragraph)
            if purchase.get("总额") is not None:
                _kinds(book, purchase)
                _small(book, purchase)
                for share in purchase.shares:
                    _share(book, purchase, *share)


def _read(paragraph: Paragraph) -> Purchase:
    purchase, text = Purchase(paragraph), paragraph.text
    patterns = {
        "总额": rf"采购(?:支出|预算)?总额(?:为|共)?{_AMOUNT}",
        **{kind: rf"采购{kind}(?:类)?(?:支出|预算)?(?:为|共)?{_AMOUNT}" for kind in _KINDS},
        **{f"{kind}中小": rf"{kind}采购授予中小企业(?:的)?合同(?:总)?金额(?:为|共)?{_AMOUNT}" for kind in _KINDS},
        "中小": rf"(?<!采购)授予中小企业(?:的)?合同(?:总)?金额(?:为|共)?{_AMOUNT}",
        "小微": rf"授予小微企业(?:的)?合同(?:总)?金额(?:为|共)?{_AMOUNT}",
    }
    for name, pattern in patterns.items():
        match = re.search(pattern, text)
        number = Number.parse(match[1]) if match else None
        if match and number and match[2] == "元" and "万元" in text:
            number = Number(number.value / 10000, number.places + 4, f"{match[1]}元")
        if match and number:
            purchase.amounts[name] = (number, match.start(1))
    for match in re.finditer(
        rf"([^,，;。:]*?)(?:[,，])?占([^,，;。]*?)(?:的)?(?:比例为|比重为|比例|比重)?的?{_PERCENT}", text
    ):
        number = Number.parse(match[3])
        if number:
            before = text[max(0, match.start() - 60) : match.end(1)]
            purchase.shares.append((before, match[2], number, match.start(3)))
    return purchase


def _kinds(book: Book, purchase: Purchase) -> None:
    """采购总额 = 货物 + 工程 + 服务."""
    total, parts = purchase.get("总额"), [n for k in _KINDS if (n := purchase.get(k))]
    if total is None or not parts:
        return
    book.count()
    added = sum((p.value for p in parts), Decimal(0))
    gap, printed = total.value - added, len([p for p in parts if p.value])
    allowed = (printed + 1) * Decimal(1).scaleb(-book.document.places) / 2 if printed > 1 else Decimal(0)
    if gap:
        _report(
            book,
            purchase,
            "总额",
            "R32 采购总额 = 货物 + 工程 + 服务",
            added,
            "rounding" if abs(gap) <= allowed else "high",
            " + ".join(show(p.value) for p in parts) + f" = {show(added)}",
        )


def _small(book: Book, purchase: Purchase) -> None:
    """小微 ≤ 中小 ≤ 总额; 中小 is the sum of the kinds where each is printed."""
    small = purchase.get("中小")
    given = [n for k in _KINDS if (n := purchase.get(f"{k}中小"))]
    wanted = [k for k in _KINDS if (n := purchase.get(k)) and n.value]
    if small is not None and given and len(given) == len(wanted):
        book.count()
        added = sum((n.value for n in given), Decimal(0))
        printed = len([n for n in given if n.value])
        allowed = (printed + 1) * Decimal(1).scaleb(-book.document.places) / 2 if printed > 1 else Decimal(0)
        if small.value != added:
            severity: Severity = "rounding" if abs(small.value - added) <= allowed else "high"
            formula = " + ".join(show(n.value) for n in given) + f" = {show(added)}"
            _report(book, purchase, "中小", "R32 中小企业合同金额等于各类之和", added, severity, formula)
    for less, more in (("中小", "总额"), ("小微", "中小")):
        small, large = purchase.get(less), purchase.get(more)
        if small is not None and large is not None:
            book.count()
            if small.value > large.value:
                _report(
                    book,
                    purchase,
                    less,
                    f"R32 {less}企业合同金额不大于{more}",
                    large.value,
                    "high",
                    f"{show(small.value)} > {show(large.value)}",
                )


def _report(
    book: Book, purchase: Purchase, name: str, relation: str, computed: Decimal, severity: Severity, formula: str
) -> None:
    number, offset = purchase.amounts[name]
    book.add(
        Finding(
            severity,
            "composition",
            purchase.paragraph.spot(offset),
            relation,
            "说明",
            f"采购{name}",
            formula,
            show(number.value),
            show(computed),
            swapped(number.value, computed),
            "核对采购各项金额",
        )
    )


def _share(book: Book, purchase: Purchase, before: str, base: str, printed: Number, offset: int) -> None:
    """Judge one printed share by the amounts it names."""
    spot = purchase.paragraph.spot(offset, offset + 1)
    whole_name = _name_of(base)
    subject = _subject(before)
    if subject in _KINDS:
        if whole_name != subject:
            book.add(
                Finding(
                    "low",
                    "wording",
                    spot,
                    "R32 占比的分子与分母应属同类",
                    "说明",
                    "",
                    f"{subject}采购 ÷ {base}",
                    f"{printed.raw}%",
                    "",
                    "分母写错或语句重复",
                    f"应为占{subject}支出金额的比例；重复的语句应删去",
                )
            )
            return
        given, kind = purchase.get(f"{subject}中小"), purchase.get(subject)
        if given is None or kind is None or kind.value == 0:
            _kind_share(book, purchase, subject, printed, offset)
            return
        book.count()
        _accuse(book, purchase, judge(printed, given, kind, book.document.places), printed, offset)
        return
    part, whole = purchase.get(subject), purchase.get(whole_name)
    if part is None or whole is None:
        book.unverifiable(spot, "R32 采购占比", "没有找到分子或分母", printed=f"{printed.raw}%")
        return
    book.count()
    _accuse(book, purchase, judge(printed, part, whole, book.document.places), printed, offset)


def _name_of(base: str) -> str:
    if "中小企业" in base:
        return "中小"
    return next((kind for kind in _KINDS if kind in base), "总额")


def _subject(before: str) -> str:
    """Which figure a share is a share by: the enterprises or the kind of procurement named last."""
    named = re.findall(r"(货物|工程|服务)采购授予|授予(中小|小微)企业", before)
    return next((kind or size for kind, size in reversed(named)), "中小")


def _kind_share(book: Book, purchase: Purchase, kind: str, printed: Number, offset: int) -> None:
    """货物采购授予中小企业占货物支出: undefined without 货物; the last kind follows from the others."""
    whole = purchase.get(kind)
    spot = purchase.paragraph.spot(offset, offset + 1)
    if whole is None or whole.value == 0:
        book.add(
            Finding(
                "low",
                "rate",
                spot,
                "R32 占比 = 部分 ÷ 合计",
                "说明",
                f"{kind}采购",
                f"0 ÷ {show(Decimal(0))}",
                f"{printed.raw}%",
                "",
                "分母为零，比率没有意义",
                "写“—”，或不写这一比率",
            )
        )
        return
    others = [(k, purchase.get(k), _printed_share(purchase, k)) for k in _KINDS if k != kind]
    small = purchase.get("中小")
    unknown = [k for k, amount, share in others if amount is not None and amount.value and share is None]
    if small is None or unknown:
        book.unverifiable(spot, "R32 采购占比", "没有印出这一类采购中授予中小企业的金额", printed=f"{printed.raw}%")
        return
    book.count()
    places = book.document.places
    rest, exact = small.span(places), small.value
    for _, amount, share in others:
        if amount is not None and share is not None and amount.value:
            part = _percent_of(amount, share, places)
            rest = rest - part
            exact -= amount.value * share.value / 100
    reach = rest.over(whole.span(places))
    recomputed = rounded(exact / whole.value * 100, printed.places)
    formula = f"{show(exact)} ÷ {show(whole.value)} = {show(exact / whole.value * 100)}%"
    if recomputed == printed.value:
        return
    possible = reach is not None and reach.times(100).meets(printed.span())
    if possible and abs(recomputed - printed.value) > 1:
        possible = False
    _accuse(book, purchase, Verdict("rounding" if possible else "wrong", recomputed, formula), printed, offset)


def _percent_of(amount: Number, share: Number, places: int) -> Span:
    """The amounts that a share of an amount may stand for; a printed 0% or 100% is exact."""
    span = Span.at(share.value) if share.value in (0, 100) else share.span()
    base = amount.span(places)
    return Span(base.low * span.low / 100, base.high * span.high / 100)


def _printed_share(purchase: Purchase, kind: str) -> Number | None:
    return next(
        (n for before, base, n, _ in purchase.shares if _subject(before) == kind and _name_of(base) == kind), None
    )


def _accuse(book: Book, purchase: Purchase, verdict: Verdict, printed: Number, offset: int) -> None:
    if verdict.state == "right":
        return
    spot = purchase.paragraph.spot(offset, offset + 1)
    if verdict.state == "undefined":
        book.add(
            Finding(
                "low",
                "rate",
                spot,
                "R32 占比 = 部分 ÷ 合计",
                "说明",
                "采购",
                verdict.formula,
                f"{printed.raw}%",
                "",
                "分母为零，比率没有意义",
                "写“—”，或不写这一比率",
            )
        )
        return
    severity = "rounding" if verdict.state == "rounding" else grave(printed.value, verdict.recomputed)
    cause = (
        "以未舍入的原数计算可得此值"
        if verdict.state == "rounding"
        else swapped(printed.value, verdict.recomputed or Decimal(0), max(printed.places, 1))
    )
    book.add(
        Finding(
            severity,
            "share",
            spot,
            "R32 占比 = 部分 ÷ 合计",
            "说明",
            "采购",
            verdict.formula,
            f"{printed.raw}%",
            f"{verdict.recomputed}%",
            cause,
            f"改为 {verdict.recomputed}%",
        )
    )
