"""Performance sheets: funds, indicators with weights and scores, totals, from cells or from undivided text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from jinbao.centre.disclosure.model import Funds, Indicator, Line, Sheet, Spot
from jinbao.centre.disclosure.regions import is_sheet_title
from jinbao.centre.disclosure.rows import spot_of
from jinbao.centre.disclosure.values import Number, bare, squeeze, tidy

_FIRST = ("产出指标", "效益指标", "成本指标", "满意度指标", "产出", "效益", "成本")
_LEVEL = re.compile(r"^([\u4e00-\u9fff\s]*指\s*标|[\u4e00-\u9fff]{2,4})\s*\((\d+(?:\.\d+)?)\s*分?\)?$")
_INLINE = re.compile(r"^(.*?)[(\s]*(\d+(?:\.\d+)?)\s*分?\)?$")
_TAIL = re.compile(r"^(.*?)(?:^|\s+)(\d{1,3}(?:\.\d+)?)\s+(\d{1,3}(?:\.\d+)?)$")
_STOP = re.compile(
    r"^[#\s]*(?:第[一二三四五六七八九十]+部分|[一二三四五六七八九十]+、\s*名词解释)|^\s*(?:说明|备注|注)\s*[:：]"
)
_MONEY = re.compile(r"-?\d[\d,]*(?:\.\d+)?%?|--+|—+")
_UNIT = re.compile(r"(?:资金|预算|金额|执行)[^()]{0,8}\((万元|元)\)|(?:金额)?单位[:：](万元|元)(?![\u4e00-\u9fff])")
_CATEGORY = re.compile(
    r"(?:产出|效益|成本|满意度|数量|质量|时效|社会效益|经济效益|生态效益|可持续影响|经济成本|社会成本|生态环境成本|服务对象满意度|服务对象)指标|^(?:绩|效|指|标|年|度|总|体|目)$|服务对象"
)
COLUMNS = {
    "一级指标": "first",
    "二级指标": "second",
    "三级指标": "name",
    "年度指标值": "target",
    "年初目标值": "target",
    "指标值": "target",
    "目标值": "target",
    "实际完成值": "actual",
    "全年实际值": "actual",
    "完成值": "actual",
    "分值": "weight",
    "权重": "weight",
    "得分": "score",
    "偏差原因": "reason",
}


def find_sheets(lines: list[Line], taken: set[int], start: int = 0) -> tuple[list[Sheet], set[int]]:
    """Find every performance sheet; gives them back with the line indices they cover."""
    titles = [n for n, line in enumerate(lines) if n not in taken and n >= start and is_sheet_title(line)]
    sheets: list[Sheet] = []
    covered: set[int] = set()
    for n, first in enumerate(titles):
        stop = titles[n + 1] if n + 1 < len(titles) else len(lines)
        body = []
        for index in range(first + 1, stop):
            if index in taken or _STOP.match(tidy(lines[index].text)):
                break
            body.append(index)
        sheet = _Reader(lines[first]).read([lines[i] for i in body])
        if sheet.indicators or sheet.funds:
            sheets.append(sheet)
            covered |= {first, *body}
    return sheets, covered


def target_sheets(title: Line, lines: list[Line], unit: str) -> list[Sheet]:
    """The projects of a 项目绩效目标表, which lists every project's indicators in one table; its money is in `unit`."""
    header: dict[int, str] = {}
    sheets: list[Sheet] = []
    for line in lines:
        cells = [tidy(c).strip() for c in line.cells or ()]
        if any("三级指标" in c for c in cells):
            header = {
                n: key
                for n, c in enumerate(cells)
                for word, key in {**COLUMNS, **_TARGETS}.items()
                if squeeze(c).startswith(word)
            }
        elif header and len(cells) > max(header):
            _target(title, line, {key: cells[n] for n, key in header.items()}, sheets)
        elif line.cells is None:
            _target(title, line, _undivided(tidy(line.text)), sheets)
    for sheet in sheets:
        in_wan(sheet, unit)
    return sheets


def in_wan(sheet: Sheet, unit: str) -> None:
    """Bring a sheet's money, printed in `unit`, to 万元."""
    sheet.unit = unit
    holders = [*((funds, ("budget", "start", "spent")) for funds in sheet.funds), (sheet, ("basic", "projects"))]
    for holder, names in holders:
        for name in names:
            number = getattr(holder, name)
            setattr(holder, name, number and number.in_wan(unit))


def _target(title: Line, line: Line, row: dict[str, str], sheets: list[Sheet]) -> None:
    """Take one line of a 项目绩效目标表: a project where it names one, and an indicator where it has a weight."""
    if row.get("project"):
        budget = Number.parse(row.get("budget", ""))
        name = squeeze(row["project"])
        funds = [Funds("预算数", spot_of(line), budget)]
        sheets.append(Sheet(f"{squeeze(tidy(title.text))}·{name}", spot_of(line), name, funds=funds))
    weight = Number.parse(row.get("weight", ""))
    if sheets and weight:
        sign = "" if row.get("kind", "") in ("定性", "＝", "=") else row.get("kind", "")
        target = squeeze(f"{sign}{row.get('target', '')}{row.get('measure', '')}")
        name = squeeze(row.get("name", ""))
        sheets[-1].indicators.append(Indicator(name, spot_of(line), target, "", weight))


def _undivided(text: str) -> dict[str, str]:
    """One line whose cells are told by the order of the columns: [project, budget, aim,] level … target, weight."""
    found = _TARGET_LINE.match(text)
    if found is None:
        return {}
    row = {key: value or "" for key, value in found.groupdict().items()}
    before = row.pop("before").split()
    money = next((n for n, word in enumerate(before) if _BUDGET.fullmatch(word)), 0)
    if money:
        row |= {"project": before[money - 1], "budget": before[money]}
    return row


_TARGETS = {"项目名称": "project", "预算数": "budget", "指标性质": "kind", "度量单位": "measure", "计量单位": "measure"}
_TARGET_LINE = re.compile(
    r"^(?P<before>.*?)(?:产出|效益|成本|满意度)指标\s+\S+\s+(?P<name>\S+)\s+"
    r"(?:(?P<kind>[≥≤＝=><]|定性)\s*)?(?P<target>\S+)(?:\s+(?P<measure>[^\d\s]\S*))?\s+(?P<weight>\d+(?:\.\d+)?)$"
)
_BUDGET = re.compile(r"\d[\d,]*\.\d+")


@dataclass
class _Reader:
    title: Line
    header: dict[int, str] = field(default_factory=dict)
    buffer: list[str] = field(default_factory=list)
    national: bool = False
    in_funds: bool = False
    in_indicators: bool = False

    def __post_init__(self) -> None:
        self.sheet = Sheet(squeeze(tidy(self.title.text)).strip("#"), spot_of(self.title))
        self.weight: Number | None = None
        self.level = ["", ""]

    def read(self, lines: list[Line]) -> Sheet:
        """Read the lines of one sheet."""
        for line in lines:
            cells = [tidy(c).strip() for c in line.cells] if line.cells else []
            text = squeeze(tidy("".join(line.cells))) if line.cells else squeeze(tidy(line.text))
            if text:
                self.line(line, cells, text)
        if self.weight and self.sheet.funds and self.sheet.funds[0].weight is None:
            self.sheet.funds[0].weight = self.weight
        in_wan(self.sheet, self.sheet.unit)
        return self.sheet

    def line(self, line: Line, cells: list[str], text: str) -> None:
        self.about(text, cells, line)
        unit = _UNIT.search(text) if not self.sheet.funds else None
        if unit:
            self.sheet.unit = unit[1] or unit[2]
        if "总分" in text and re.search(r"\d", text):
            self.total(line, text)
        elif "三级指标" in text or ("二级指标" in text and "完成值" in text):
            self.in_funds, self.in_indicators = False, True
            self.header = {
                n: key for n, c in enumerate(cells) for word, key in COLUMNS.items() if bare(c).startswith(word)
            }
            self.buffer = []
        elif "执行数" in text and "预算数" in text:
            self.in_funds, self.national = True, "年初预算数" in text
            weight = re.search(r"(\d+)分[*＊×]", text) or re.search(r"\((\d+)分\)", text)
            self.weight = Number.parse(weight[1]) if weight else self.weight
        elif self.in_funds:
            self.funds(line, cells)
        elif self.in_indicators:
            self.indicator(line, cells)

    def about(self, text: str, cells: list[str], line: Line) -> None:
        """Project name and the totals of the whole unit."""
        if "项目名称" in text and not self.sheet.project:
            self.sheet.project = re.sub(r"^.*?项目名称[:：]?", "", text)
        for name, key in (("基本支出总额", "basic"), ("项目支出总额", "projects")):
            found = re.search(name + r"[^\d]{0,8}([\d,]+(?:\.\d+)?)", text)
            if found:
                setattr(self.sheet, key, Number.parse(found[1]))
        weight = re.search(r"预算执行情况.*?\((\d+)分\)|\((\d+)分\)", text) if "预算执行" in text else None
        if weight and self.weight is None:
            self.weight = Number.parse(weight[1] or weight[2])

    def funds(self, line: Line, cells: list[str]) -> None:
        texts = [c for c in cells if c] or tidy(line.text).split()
        values = [t for t in texts if _MONEY.fullmatch(t.replace(" ", ""))]
        name = "".join(t for t in texts if t not in values)
        if len(values) < 2:
            return
        numbers = [None if v.startswith(("-", "—")) else Number.parse(v.rstrip("%")) for v in values]
        funds = Funds(re.sub(r"[:：]", "", squeeze(name)), spot_of(line))
        rates = [n for n, v in enumerate(values) if v.endswith("%")]
        rate = rates[0] if rates else len(numbers)
        money = numbers[:rate]
        if self.national and len(money) >= 3:
            funds.start, funds.budget, funds.spent = money[:3]
            funds.weight = money[3] if len(money) > 3 else None
        elif len(money) >= 2:
            funds.budget, funds.spent = money[:2]
        funds.rate = numbers[rate] if rates else None
        funds.score = numbers[rate + 1] if rates and len(numbers) > rate + 1 else None
        self.sheet.funds.append(funds)

    def total(self, line: Line, text: str) -> None:
        numbers = [
            Number.parse(m)
            for m in re.findall(r"\d+(?:\.\d+)?", " ".join(line.cells) if line.cells else tidy(line.text))
        ]
        found = [n for n in numbers if n]
        if len(found) >= 2:
            self.sheet.total_weight, self.sheet.total = found[0], found[1]
        elif found:
            self.sheet.total = found[0]
        self.sheet.total_spot = spot_of(line)
        self.in_indicators = False

    def indicator(self, line: Line, cells: list[str]) -> None:
        if "weight" in self.header.values() and cells:
            self.by_columns(line, cells)
        elif cells:
            self.by_inline(line, [c for c in cells if c])
        else:
            self.by_text(line)

    def by_columns(self, line: Line, cells: list[str]) -> None:
        """Rows under a heading that names 分值 and 得分."""
        values: dict[str, str] = {}
        for column, key in self.header.items():
            if column < len(cells):
                values.setdefault(key, cells[column])
        weight = Number.parse(values.get("weight", ""))
        if weight is None:
            return
        first, second = values.get("first", ""), values.get("second", "")
        self.level = [first or self.level[0], second or ("" if first else self.level[1])]
        name = squeeze(values.get("name", ""))
        score = Number.parse(values.get("score", ""))
        self.add(
            name, line, values.get("target", ""), values.get("actual", ""), weight, score, values.get("reason", "")
        )

    def by_inline(self, line: Line, cells: list[str]) -> None:
        """Rows that carry the weight inside the indicator's name: 月均发送短信量(10分)."""
        levels = [(_LEVEL.match(squeeze(c)), n) for n, c in enumerate(cells)]
        score = Number.parse(cells[-1]) if cells else None
        if score is None or len(cells) < 4:
            return
        found = _INLINE.match(squeeze(cells[-4]))
        for match, n in levels:
            if match and n < len(cells) - 4:
                depth = 1 if squeeze(match[1]) in _FIRST else 2
                weight = Number.parse(match[2])
                if weight:
                    self.sheet.levels.append(
                        (squeeze(match[1]), weight, spot_of(line), depth, len(self.sheet.indicators))
                    )
                    self.level[depth - 1] = squeeze(match[1])
        weight = Number.parse(found[2]) if found else None
        if found and weight:
            self.add(found[1].rstrip("("), line, cells[-3], cells[-2], weight, score, "")

    def by_text(self, line: Line) -> None:
        """Undivided lines: an indicator ends with its weight and score; its name may be broken over lines before."""
        text = tidy(line.text).strip()
        match = _TAIL.match(text)
        if match is None:
            self.loose_text(text)
            return
        weight, score = Number.parse(match[2]), Number.parse(match[3])
        words = match[1].split()
        actual = words.pop() if words else ""
        target = words.pop() if words else ""
        before = [b for b in self.buffer if not re.fullmatch(r"[绩效指标年度总体目]", b)]
        if not words and re.search(r"\d|已完成|效果", target + actual) is None and target:
            words, target = [target], ""
        name = _CATEGORY.sub("", squeeze("".join([*before, *words])))
        self.buffer = []
        if weight and score:
            self.add(name, line, target, actual, weight, score, "")

    def loose_text(self, text: str) -> None:
        """A line without figures: the reason of a deduction, up to its full stop, or part of the next name."""
        last = self.sheet.indicators[-1] if self.sheet.indicators else None
        deducted = last is not None and last.weight and last.score and last.score.value < last.weight.value
        if last is not None and deducted and not self.buffer and not last.reason.endswith("。"):
            last.reason += squeeze(text)
        elif not re.search(r"偏差原因|改进措施", text):
            self.buffer.append(text)

    def add(
        self, name: str, line: Line, target: str, actual: str, weight: Number, score: Number | None, reason: str
    ) -> None:
        spot = Spot(line.number, line.page, " ".join(line.text.split())[:80], line.sheet)
        self.sheet.indicators.append(
            Indicator(
                name,
                spot,
                squeeze(target),
                squeeze(actual),
                weight,
                score,
                squeeze(self.level[0]),
                squeeze(self.level[1]),
                reason,
            )
        )
