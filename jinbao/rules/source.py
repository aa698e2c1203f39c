"""Read rule files: which rules they declare, without running them.

The file is parsed with `ast`; everything but rule functions is refused with file:line. Bodies are lowered later, when
the glossary is known (`jinbao.rules.lower`).
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, NoReturn, cast

from jinbao.kernel.errors import FormatError, Place
from jinbao.kernel.months import Month
from jinbao.kernel.regions import NATION
from jinbao.rules.errors import RuleError, did_you_mean
from jinbao.rules.ir import FINENESS, Grain
from jinbao.rules.parameters import CONFIDENCES

_OPTIONS = ("unit", "cites", "since", "until", "region", "grain", "confidence", "note")


@dataclass(frozen=True)
class RuleSource:
    """A rule as written: its declaration, its syntax tree and its text."""

    name: str
    unit: str | None
    cites: tuple[str, ...]
    since: date | None
    until: date | None
    region: str
    grain: Grain
    confidence: str
    note: str
    inputs: tuple[str, ...]
    doc: str
    tree: ast.FunctionDef
    text: str
    at: Place


def read_rules(path: Path) -> list[RuleSource]:
    """Read every rule of a file; the region in the file name (rules.510000.py) is the default region.

    Raises RuleError with file:line for anything that is not a rule function.
    """
    return parse_rules(read_text(path), str(path), _region_of(path))


def read_text(path: Path) -> str:
    """Read a file of the law. Raises RuleError where it is no text."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise RuleError("文件不是 UTF-8 编码", at=Place(str(path), line), advice="请另存为 UTF-8。") from None


def parse_rules(text: str, file: str, region: str = NATION) -> list[RuleSource]:
    """Read every rule of a text; `file` and `region` are where it is from. Raises RuleError with file:line."""
    try:
        tree = ast.parse(text, filename=file)
    except SyntaxError as error:
        advice = "规则用 Python 的语法书写，标点须为半角。"
        raise RuleError(f"语法错误：{error.msg}", at=Place(file, error.lineno), advice=advice) from None
    reader = _FileReader(file, text, region)
    return [reader.rule(item) for item in tree.body if not reader.is_comment(item)]


def _region_of(path: Path) -> str:
    parts = path.name.split(".")
    return parts[1] if len(parts) == 3 else NATION


class _FileReader:
    def __init__(self, file: str, text: str, region: str) -> None:
        self.file = file
        self.lines = text.splitlines()
        self.region = region

    def fail(self, node: ast.AST, message: str, advice: str = "") -> NoReturn:
        raise RuleError(message, at=Place(self.file, getattr(node, "lineno", None)), advice=advice)

    def is_comment(self, node: ast.stmt) -> bool:
        """Accept a text that stands alone, such as the docstring of the file."""
        return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)

    def rule(self, node: ast.stmt) -> RuleSource:
        if not isinstance(node, ast.FunctionDef):
            self.fail(node, "规则文件里只能有规则函数", "去掉 import、赋值和其他语句；动词与常量由引擎提供。")
        name, options = self.declaration(node)
        if name != node.name:
            self.fail(node, f"规则名“{name}”与函数名“{node.name}”不同", "两处写成同一个名字。")
        return RuleSource(
            name=name,
            unit=options.get("unit"),
            cites=tuple(options.get("cites", "").split()),
            since=self.day(node, options, "since"),
            until=self.day(node, options, "until"),
            region=options.get("region", self.region),
            grain=self.grain(node, options),
            confidence=self.confidence(node, options),
            note=options.get("note", ""),
            inputs=self.inputs(node),
            doc=ast.get_docstring(node) or "",
            tree=node,
            text="\n".join(self.lines[node.decorator_list[0].lineno - 1 : node.end_lineno]),
            at=Place(self.file, node.lineno),
        )

    def declaration(self, node: ast.FunctionDef) -> tuple[str, dict[str, str]]:
        call = node.decorator_list[0] if len(node.decorator_list) == 1 else None
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "rule"):
            advice = '写成 @rule("规则名", unit="元/月", cites="#锚点")。'
            self.fail(node, f"函数“{node.name}”前须有且只有一个 @rule(…)", advice)
        if len(call.args) != 1:
            self.fail(call, "@rule 的第一个参数是规则名，其余用 名=值")
        options: dict[str, str] = {}
        for keyword in call.keywords:
            if keyword.arg not in _OPTIONS:
                known = did_you_mean(keyword.arg or "", _OPTIONS) or f"可用：{'、'.join(_OPTIONS)}。"
                self.fail(keyword.value, f"@rule 没有“{keyword.arg}”", known)
            options[keyword.arg] = self.literal(keyword.value)
        return self.literal(call.args[0]), options

    def literal(self, node: ast.expr) -> str:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value
        return self.fail(node, "@rule 的参数都是写死的文字", '例如 since="2006-01"。')

    def day(self, node: ast.AST, options: dict[str, Any], key: str) -> date | None:
        text = options.get(key)
        if text is None:
            return None
        try:
            return date.fromisoformat(text) if len(text) == 10 else Month.parse(text).first_day
        except (ValueError, FormatError):
            self.fail(node, f"{key} 应为年月或日期，实为“{text}”", '例如 "2006-01" 或 "2019-05-01"。')

    def grain(self, node: ast.AST, options: dict[str, str]) -> Grain:
        grain = options.get("grain", "人")
        if grain in FINENESS:
            return cast("Grain", grain)
        return self.fail(node, f"grain 不能是“{grain}”", f"只能是：{'、'.join(FINENESS)}。")

    def confidence(self, node: ast.AST, options: dict[str, str]) -> str:
        confidence = options.get("confidence", "A")
        if confidence not in CONFIDENCES:
            self.fail(node, f"confidence 不能是“{confidence}”", f"只能是：{'、'.join(CONFIDENCES)}。")
        return confidence

    def inputs(self, node: ast.FunctionDef) -> tuple[str, ...]:
        args = node.args
        if args.posonlyargs or args.kwonlyargs or args.vararg or args.kwarg or args.defaults or args.kw_defaults:
            self.fail(node, "参数表只能是名字", "不写默认值和星号；缺省值写在 glossary.yaml 的 default。")
        if node.returns or any(arg.annotation for arg in args.args):
            self.fail(node, "不写类型标注", "类型在 glossary.yaml 声明。")
        return tuple(arg.arg for arg in args.args)
