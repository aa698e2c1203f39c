"""Every kind of rule counts the same on Spark, and names the same failing rows, by their hash."""

from __future__ import annotations

import hashlib
import itertools
from datetime import date, datetime
from pathlib import Path
from typing import Any, get_args

from jinbao.data.datasets import load_dataset
from jinbao.data.scoring.compile import BY_TABLE, Setting
from jinbao.data.scoring.declared import Kind, ScoredRule
from jinbao.data.scoring.derive import PATTERNS, rules_of
from jinbao.data.scoring.engine import Counted, judge
from jinbao.data.scoring.spark import OnSpark
from jinbao.data.supply import tables
from jinbao.kernel import duck
from tests import spark
from tests.conftest import EMPLOYER, LI_SI, WANG_WU, ZHANG_SAN
from tests.data.scoring.conftest import NOW, Put

pytestmark = spark.NEEDED
BETWEEN = {"columns": ("id_number",), "table": "deaths", "to": ("id_number",)}
ODD = r"""['"\\]?T[0-9]|张\s?三|.{3}|[[:upper:]]+|\p{Han}·|(?i)e1"""
RULES: list[ScoredRule] = [
    ScoredRule("一人一号", "unique", ("id_number",), where={"sex": ("1", "2")}),
    ScoredRule("同名同生日", "unique", ("name", "born_on")),
    ScoredRule("有死亡记录", "reference", **BETWEEN),
    ScoredRule("无死亡记录", "excluded", **BETWEEN),
    ScoredRule("同名", "consistent", equal={"name": "name"}, **BETWEEN),
    ScoredRule("先生后记", "order", ("born_on", "as_of")),
    ScoredRule("同填", "together", ("sex", "born_on")),
    ScoredRule("女有单位", "required_when", ("employer",), when={"sex": "2"}),
    ScoredRule("月份在今年", "range", ("as_of",), min="2026-01", max="today"),
    ScoredRule("编号格式", "format", ("record_no",), pattern="[A-Z]{1}[0-9]{2}"),
    ScoredRule("怪格式", "format", ("name",), pattern=ODD),
    ScoredRule("怪代码", "format", ("name",), pattern="张三", where={"employer": (EMPLOYER, "'", "\\", '"')}),
    ScoredRule("按月", "timely"),
]
NUMBERS = (
    None,
    ZHANG_SAN,
    LI_SI,
    WANG_WU,
    ZHANG_SAN[:17] + "5",
    ZHANG_SAN.lower(),
    ZHANG_SAN[:17],
    "E1234567",
    "",
    "张" * 6,
)
NAMES = (
    "张三",
    "",
    None,
    "张?",
    "阿依古丽·买买提",
    "张\v三",
    "张 三",
    "T1",
    "'T2",
    "\\T3",
    "ABC",
    "三\n三",
    "𠮷三一",
    "e1\n",
)
SEXES = ("1", "2", None, "9")
BIRTHS = (None, date(1966, 1, 15), date(1066, 1, 15), date(2026, 12, 31))
EMPLOYERS = (None, EMPLOYER, EMPLOYER[:17] + "0", "", "'", "\\", '"', "单" * 6)


def both(name: str, rules: list[ScoredRule], folder: Path, arrived: datetime | None = None) -> list[list[Any]]:
    """Judge a dataset here and on Spark; what each rule counted, and the hash of the failing rows."""
    dataset = load_dataset(name)
    empty = frozenset(rule.table for rule in rules if rule.table and not tables.rows(rule.table))
    setting = Setting(dataset, NOW.date(), date(2026, 10, 1), arrived, empty)
    told = []
    for is_there in (False, True):
        failures = folder / f"{is_there}" / "failing.parquet"
        with duck.connect(threads=1) as connection:
            if is_there:
                tables.attach_to_spark(spark.session(), ("people", "deaths"))
                scan = OnSpark(spark.session(), connection, folder / "passing")
            else:
                tables.attach(connection)
                scan = None
            told.append([*map(said, judge(connection, rules, setting, failures, scan)), digest(failures)])
    return told


def said(one: Counted) -> tuple[Any, ...]:
    return one.rule.name, one.seen, one.checked, one.failed, one.sample


def digest(failures: Path) -> str:
    """Hash the origins of the failing rows, whatever their order."""
    if not failures.exists():
        return ""
    with duck.connect(threads=1) as connection:
        rows = connection.execute(f"SELECT rule, _batch, _line, _row FROM '{failures}' ORDER BY ALL").fetchall()
    return hashlib.sha256(repr(rows).encode()).hexdigest()


def people() -> list[tuple[Any, ...]]:
    """Each number with each name, and the other cells in turn; nobody else has the last number."""
    rows: list[tuple[Any, ...]] = [(None, "990101195001010015", "赵六", "1", None, EMPLOYER, None)]
    for at, (number, name) in enumerate(itertools.product(NUMBERS, NAMES)):
        record = f"{'ABz'[at % 3]}{at % 10}{at // 10}"
        month = (202600 + at % 13, 194001)[at % 11 == 0]
        sex, born, employer = SEXES[at % 4], BIRTHS[at // 2 % 4], EMPLOYERS[at // 4 % len(EMPLOYERS)]
        rows.append((record, number, name, sex, born, employer, month))
    return rows


def test_every_kind_of_rule_counts_the_same_on_spark(put: Put, tmp_path: Path) -> None:
    put("people", people())
    put(
        "deaths",
        [
            ("1", ZHANG_SAN, "张三"),
            ("2", LI_SI, "李思"),
            ("3", LI_SI, "张?"),
            ("4", None, "赵六"),
            ("5", WANG_WU, None),
        ],
    )
    rules = [rule for rule in rules_of(load_dataset("people")) if rule.kind not in BY_TABLE] + RULES
    here, there = both("people", rules, tmp_path)
    assert here == there
    asked = {rule.kind for rule in rules} | {"sum"}
    assert asked | set(BY_TABLE) == set(get_args(Kind)), "a new kind of rule wants a row here"
    passing = [one for one in here[:-1] if one[3] in (0, one[2])]
    assert not passing, "every rule finds rows that pass and rows that fail"


def test_a_sum_of_amounts_is_the_same_on_spark(put: Put, tmp_path: Path) -> None:
    put("people", [("A01", None, "张三", None, None, None, 202610), ("A02", None, None, None, None, None, None)])
    here, there = both("people", [ScoredRule("合计", "sum", ("as_of", "as_of", "as_of"))], tmp_path)
    assert here == there
    assert here[0][:4] == ("合计", 2, 1, 1)


def test_a_table_without_rows_is_not_checked_on_spark_either(put: Put, tmp_path: Path) -> None:
    rules = [rule for rule in rules_of(load_dataset("people")) if rule.kind not in BY_TABLE] + RULES
    here, there = both("people", rules, tmp_path)
    assert here == there
    assert {one[2] for one in here[:-1]} == {0}


def test_patterns_mean_the_same_on_spark(put: Put, tmp_path: Path) -> None:
    names = [*NAMES, "123", "a.b", "a\n", "张张"]
    put("people", [(str(at), None, name, None, None, None, 202610) for at, name in enumerate(names)])
    patterns = [*PATTERNS.values(), ODD, "[0-9]{3}", "()", "a|b", "^a$", r"\Qa.b\E", "张{2}", r"\w\.\w", r"\s*a\b\s*"]
    rules = [ScoredRule(f"式{at}", "format", ("name",), pattern=pattern) for at, pattern in enumerate(patterns)]
    here, there = both("people", rules, tmp_path)
    assert here == there
