"""The gateway as an OpenAPI document for partners, and the lines of the page that shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jinbao.data.exchange.operations import LARGEST_PAGE, LONGEST_VALUE, MOST_KEYS, MOST_LINES
from jinbao.data.exchange.refusals import ALL
from jinbao.trust.crypto import messages

__all__ = ["ALL", "Operation", "operations", "schema"]


@dataclass(frozen=True)
class Operation:
    """One call: where, what for, what goes in, what comes back."""

    method: str
    path: str
    summary: str
    asks: dict[str, str]
    gives: dict[str, str]


_DATA = "/api/exchange/data/{resource}/"
_TEXT: dict[str, Any] = {"type": "string"}
_VALUE: dict[str, Any] = {"type": ["string", "integer"], "maxLength": LONGEST_VALUE}
_KEY: dict[str, Any] = {"type": "object", "minProperties": 1, "additionalProperties": _VALUE}
_NAMES: dict[str, Any] = {"type": "array", "items": _TEXT, "minItems": 1}
_ROW: dict[str, Any] = {"type": "object", "additionalProperties": {"type": ["string", "integer", "null"]}}
_SHAPES: dict[str, dict[str, Any]] = {
    "key": _KEY,
    "keys": {"type": "array", "items": _KEY, "minItems": 1, "maxItems": MOST_KEYS},
    "fields": _NAMES,
    "columns": _NAMES,
    "lines": {
        "type": "array",
        "items": {"anyOf": [_VALUE, {"type": "array", "items": _VALUE, "minItems": 1}]},
        "minItems": 1,
        "maxItems": MOST_LINES,
    },
    "hashed": {"type": "boolean"},
    "format": {"type": "string", "enum": ["csv", "xlsx", "parquet"]},
    "size": {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE},
    "rows": {"type": "array", "items": _ROW},
    "matched": {"type": "array", "items": {"type": "boolean"}},
    "grants": {"type": "array", "items": {"type": "object"}},
}
"""What goes in and comes out, where it is no plain text."""
_COUNTED = {"rows": {"type": "integer", "minimum": 0}}
"""A file is told by how many rows it has."""


def operations() -> tuple[Operation, ...]:
    """List the calls."""
    fields = {"fields": "要的字段，不给则为授权的全部字段"}
    version = {"request_id": "请求编号", "version": "数据版本"}
    rows = {"rows": "行的列表，每行是字段名和值；脱敏字段已脱敏", **version}
    return (
        Operation(
            "POST",
            f"{_DATA}query",
            "按键查询",
            {"key": '一个键，如 {"id_number": "…"}', "keys": f"或多个键，最多 {MOST_KEYS} 个", **fields},
            rows,
        ),
        Operation(
            "GET",
            f"{_DATA}list",
            "逐页取授权范围内的全部行",
            {"size": f"每页行数，最多 {LARGEST_PAGE}", "after": "上一页答复中的 next", **fields},
            rows | {"next": "下一页的位置，空为最后一页"},
        ),
        Operation(
            "POST",
            f"{_DATA}match",
            "比对核验，只回答是否",
            {
                "columns": "比对的字段，第一个为键",
                "lines": f"要比对的值，最多 {MOST_LINES} 行",
                "hashed": "值是否为 SM3 摘要",
            },
            {"matched": "每行一个 true 或 false", **version},
        ),
        Operation(
            "POST",
            f"{_DATA}file",
            "生成文件",
            {"format": "csv、xlsx 或 parquet", **fields},
            {"link": "24 小时内有效的下载链接", "rows": "行数", "sm3": "文件的 SM3", "expires": "失效时间", **version},
        ),
        Operation(
            "GET", "/api/exchange/me", "本单位的授权和今日用量", {}, {"grants": "授权的列表", "request_id": "请求编号"}
        ),
    )


def schema() -> dict[str, Any]:
    """Write the OpenAPI document."""
    paths = {each.path: {each.method.lower(): _described(each)} for each in operations()}
    parts = {
        messages.KEY: "密钥编号",
        messages.TIME: "毫秒时间戳，与服务器相差不超过 5 分钟",
        messages.NONCE: "随机串，只用一次",
        messages.SIGNATURE: "对待签名文本的 SM2 或 HMAC-SM3 签名，base64",
    }
    headers = {
        name: {"name": name, "in": "header", "required": True, "description": text, "schema": {"type": "string"}}
        for name, text in parts.items()
    }
    said = {name: {"type": "string"} for name in ("request_id", "code", "message", "advice")}
    codes = {"type": "string", "enum": [refusal.code for refusal in ALL]}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "金保共享交换接口",
            "version": messages.VERSION,
            "description": "沙箱把 /data/ 换成 /sandbox/，用沙箱密钥，数据全部生成。",
        },
        "paths": paths,
        "components": {
            "parameters": headers,
            "schemas": {"Refusal": {"type": "object", "properties": said | {"code": codes}, "required": list(said)}},
        },
    }


def _described(each: Operation) -> dict[str, Any]:
    """Describe one call: its parameters, its body, its answers."""
    signed = (messages.KEY, messages.TIME, messages.NONCE, messages.SIGNATURE)
    parameters: list[dict[str, Any]] = [{"$ref": f"#/components/parameters/{name}"} for name in signed]
    if "{resource}" in each.path:
        about = {"name": "resource", "in": "path", "required": True, "schema": {"type": "string"}}
        parameters.insert(0, about | {"description": "资源代码"})
    properties = {name: _SHAPES.get(name, _TEXT) | {"description": text} for name, text in each.asks.items()}
    described: dict[str, Any] = {"summary": each.summary, "parameters": parameters}
    if each.method == "GET":
        parameters += [
            {"name": name, "in": "query", "description": text, "schema": _in_query(name)}
            for name, text in each.asks.items()
        ]
    else:
        body = {"type": "object", "properties": properties, "additionalProperties": False}
        described["requestBody"] = {"required": True, **_json(body)}
    described["responses"] = {"200": {"description": "已提供", **_json(_given(each))}, **_refused()}
    return described


def _in_query(name: str) -> dict[str, Any]:
    """Return the shape of a parameter behind the question mark, where lists are names with commas."""
    return _TEXT if name == "fields" else _SHAPES.get(name, _TEXT)


def _given(each: Operation) -> dict[str, Any]:
    shapes = _SHAPES | (_COUNTED if "link" in each.gives else {})
    properties = {name: shapes.get(name, _TEXT) | {"description": text} for name, text in each.gives.items()}
    return {"type": "object", "properties": properties, "required": list(each.gives)}


def _refused() -> dict[str, Any]:
    """Describe every status with which a call may be refused, with the codes that stand in the answer."""
    statuses = sorted({refusal.status for refusal in ALL})
    codes = {status: "、".join(one.code for one in ALL if one.status == status) for status in statuses}
    shape = _json({"$ref": "#/components/schemas/Refusal"})
    return {str(status): {"description": f"未提供：{said}", **shape} for status, said in codes.items()}


def _json(shape: dict[str, Any]) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": shape}}}
