"""Read a list of people that a campaign is for: an Excel or text file with identity numbers anywhere in it."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from dataclasses import dataclass, field

from jinbao.kernel.errors import FormatError, JinbaoError
from jinbao.kernel.identifiers.citizen_id import CitizenId

MOST_BYTES = 20_000_000
_LIKE_A_NUMBER = re.compile(r"[0-9]{15}|[0-9]{17}[0-9Xx]")


@dataclass
class People:
    """What a list names."""

    numbers: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    """What is no identity number, each with its line."""


def read_people(content: bytes, name: str) -> People:
    """Return the identity numbers of a file, each once, the first of each line. Raises FormatError."""
    if len(content) > MOST_BYTES:
        raise FormatError(f"{name} 超过 20 MB", advice="请分成几个批次。")
    found, seen = People(), set[str]()
    for line, cells in enumerate(_lines(content, name), 1):
        texts = [cell.strip().removeprefix("'") for cell in cells]
        number = next((text for text in texts if _LIKE_A_NUMBER.fullmatch(text)), None)
        if number is None:
            if line > 1 and any(texts):
                found.wrong.append(f"第 {line} 行没有证件号码")
            continue
        try:
            number18 = CitizenId.parse(number).number18
        except JinbaoError as error:
            found.wrong.append(f"第 {line} 行：{error.message}")
            continue
        if number18 not in seen:
            seen.add(number18)
            found.numbers.append(number18)
    if not found.numbers:
        raise FormatError(f"{name} 中没有证件号码", advice="每行一人，其中一列为公民身份号码；可用 Excel 或 CSV。")
    return found


def _lines(content: bytes, name: str) -> list[list[str]]:
    if zipfile.is_zipfile(io.BytesIO(content)):
        import python_calamine

        try:
            sheet = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0)
        except python_calamine.CalamineError:
            raise FormatError(f"{name} 不能按 Excel 打开", advice="请另存为 xlsx 或 CSV 再上传。") from None
        return [[str(cell) for cell in row] for row in sheet.to_python()]
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return list(csv.reader(io.StringIO(content.decode(encoding), newline="")))
        except UnicodeDecodeError:
            continue
        except csv.Error:
            break
    raise FormatError(f"{name} 不是可读的文本或 Excel", advice="请另存为 xlsx 或 UTF-8 的 CSV 再上传。")
