"""Monthly rows and persons as somebody delivers them (CSV or Parquet), read as text or numbers and checked before use.

Money never passes through a float: CSV is read as text, and every base becomes whole fen or is refused.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinbao.kernel import duck
from jinbao.kernel.regions import policy_folder
from jinbao.rules.bulk.careers import PERSON
from jinbao.rules.bulk.errors import LakeError
from jinbao.rules.bulk.lake import FACTS
from jinbao.rules.glossary import Glossary

MOST_FEN = 2**31 - 1
MOST_MONTHS = 1200
MONTHS = """
SELECT {line}trim(证件号码::VARCHAR) AS 证件号码, TRY_CAST(年月 AS INT) AS 年月,
    TRY_CAST(缴费基数 AS DECIMAL(24, 6)) * 100 AS fen, 年月::VARCHAR AS month_text, 缴费基数::VARCHAR AS base_text
FROM {source}
"""
PERSONS = """
SELECT {line}trim(证件号码::VARCHAR) AS 证件号码, TRY_CAST(出生年月 AS INT) AS 出生年月,
    trim(退休类别::VARCHAR) AS 退休类别,
    TRY_CAST(选择退休年月 AS INT) AS 选择退休年月, TRY_CAST(视同缴费月数 AS INT) AS 视同缴费月数,
    出生年月::VARCHAR AS birth_text, nullif(trim(选择退休年月::VARCHAR), '') AS chosen_text,
    视同缴费月数::VARCHAR AS deemed_text
FROM {source}
"""
_MONTH_HOLDS = "{0} BETWEEN 190001 AND 299912 AND {0} % 100 BETWEEN 1 AND 12"
_MONTH_FORM = "年月写成 202401 这样的六位数字。"
_WRONG_MONTHS = (
    (_MONTH_HOLDS.format("年月"), "month_text", "年月", _MONTH_FORM),
    (f"fen BETWEEN 0 AND {MOST_FEN} AND fen = floor(fen)", "base_text", "缴费基数",
     "缴费基数以元计，最多两位小数，不为负，不得空着；没有缴费的月份不写这一行，或者写 0。"),
)  # fmt: skip
_WRONG_PERSONS = (
    (_MONTH_HOLDS.format("出生年月"), "birth_text", "出生年月", _MONTH_FORM),
    (f"chosen_text IS NULL OR ({_MONTH_HOLDS.format('选择退休年月')})", "chosen_text", "选择退休年月",
     _MONTH_FORM + "没有选择的空着。"),
    (f"视同缴费月数 BETWEEN 0 AND {MOST_MONTHS}", "deemed_text", "视同缴费月数", "写整数月数，没有的写 0。"),
)  # fmt: skip


def register(connection: Any, months: Path, persons: Path) -> None:
    """Make the views `months` and `persons` of two files. Raises LakeError for files of another kind, and for rows that
    do not hold, with how many they are, the first one, its line and what to write instead.

    `months_lines` and `persons_lines` are the same with the number of the `line`, to say where something is wrong.
    """
    for name, query, file, wrong in (
        ("months", MONTHS, months, _WRONG_MONTHS),
        ("persons", PERSONS, persons, (*_WRONG_PERSONS, *_choices())),
    ):
        try:
            source, head = _source(file), int(_kind(file) != "parquet")
            connection.execute(f"CREATE TEMP VIEW {name} AS {query.format(line='', source=source)}")
            numbered = f"(SELECT row_number() OVER () + {head} AS line, * FROM {source})"  # noqa: S608  # a file's name, quoted
            connection.execute(f"CREATE TEMP VIEW {name}_lines AS {query.format(line='line, ', source=numbered)}")
            for rule in ((f"{PERSON} <> ''", PERSON, PERSON, "每行都要有证件号码。"), *wrong):
                _refuse(connection, name, file, *rule)
        except duck.Error as error:
            raise LakeError(f"{file} 读不了：{str(error).splitlines()[0]}", advice=_advice(name)) from None


def _choices() -> list[tuple[str, str, str, str]]:
    """Return what must hold of facts that are one of a list: the glossary says which."""
    glossary = Glossary.read_file(policy_folder() / "glossary.yaml")
    found = []
    for name in (field.name for field in FACTS if field.name in glossary):
        if choices := glossary[name].choices:
            holds = f"{name} IN ({', '.join(duck.literal(choice) for choice in choices)})"
            found.append((holds, name, name, f"“{name}”只能是：{'、'.join(choices)}。"))
    return found


def lines(connection: Any, view: str, condition: str, values: list[Any]) -> str:
    """Say in which lines of its file a view holds something, the first three of them."""
    found = connection.execute(f"SELECT line FROM {view}_lines WHERE {condition} ORDER BY line LIMIT 4", values)  # noqa: S608  # built from constants
    known = [f"{line:,}" for (line,) in found.fetchall()]
    return f"第 {'、'.join(known[:3])} {'等' if len(known) > 3 else ''}行"


def masked(number: str) -> str:
    """Return a number as it may be shown."""
    return f"{number[:6]}****{number[-4:]}"


def _source(file: Path) -> str:
    kind = _kind(file)
    if kind == "parquet":
        return f"read_parquet({duck.literal(str(file))})"
    if kind in ("csv", "tsv", "txt"):
        return f"read_csv({duck.literal(str(file))}, header = true, all_varchar = true)"
    raise LakeError(f"{file} 不是 Parquet 或 CSV", advice="写成 UTF-8 的 .csv，或 .parquet。")


def _kind(file: Path) -> str:
    return file.name.removesuffix(".gz").rpartition(".")[2].lower()


def _refuse(connection: Any, view: str, file: Path, holds: str, text: str, label: str, advice: str) -> None:
    """Refuse a file some rows of which do not hold; a value that could not be read does not hold either."""
    wrong = f"({holds}) IS NOT TRUE"
    count = connection.execute(f"SELECT count(*) FROM {view} WHERE {wrong}").fetchall()[0][0]  # noqa: S608  # built from constants
    if not count:
        return
    line, number, value = connection.execute(
        f"SELECT min((line, {PERSON}, {text})) FROM {view}_lines WHERE {wrong}"  # noqa: S608  # built from constants
    ).fetchall()[0][0]
    whose = f"，{masked(number)} 的“{value or '空'}”" if label != PERSON else ""
    raise LakeError(f"{file}：{count:,} 行的{label}不成立，第一处在第 {line:,} 行{whose}", advice=advice)


def _advice(view: str) -> str:
    columns = "证件号码、年月、缴费基数" if view == "months" else "、".join(field.name for field in FACTS)
    return f"首行写列名：{columns}；CSV 须为 UTF-8。"
