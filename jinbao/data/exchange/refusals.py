"""Every way in which the gateway says no: a stable code, a status, a sentence, what to do.

What is not granted is answered with the same words whether or not it exists.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Refusal(Exception):
    """One refusal; `detail` is added to the message and never speaks of what the caller may not know."""

    code: str
    status: int
    message: str
    advice: str

    def because(self, detail: str) -> Refusal:
        """Return the refusal with what exactly is wrong with the call."""
        return Refusal(self.code, self.status, f"{self.message}：{detail}", self.advice)


NOT_SIGNED = Refusal("not-signed", 401, "请求没有签名", "请按对接文档带上签名报文头。")
BAD_SIGNATURE = Refusal("bad-signature", 401, "签名不符", "请核对密钥编号、密钥和待签名文本；正式与沙箱的密钥不同。")
STALE = Refusal("stale", 401, "请求时间与服务器相差超过5分钟", "请校准时钟后重新签名发送。")
REPLAYED = Refusal("replayed", 401, "该请求已经收到过", "每次请求请换一个新的随机串并重新签名。")
NOT_GRANTED = Refusal("not-granted", 403, "没有可用的授权", "请核对资源代码和授权期限；需要使用的，请先申请。")
FIELD_NOT_GRANTED = Refusal("field-not-granted", 403, "所要的字段不在授权范围内", "请只要授权书所列的字段。")
WRONG = Refusal("wrong-request", 400, "请求内容不合要求", "请对照对接文档改正。")
TOO_MANY = Refusal("too-many", 400, "一次要的太多", "请分批请求。")
TOO_BIG = Refusal("too-big", 413, "请求太长", "一次请求不超过 1 MB，请分批。")
NO_SUCH_CALL = Refusal("no-such-call", 404, "没有这个接口", "请对照对接文档核对地址和方法。")
RATE = Refusal("rate", 429, "请求过快", "请放慢后重试。")
QUOTA = Refusal("quota", 429, "今日额度已用完", "请明日再用，或申请调整额度。")
TOO_SLOW = Refusal("too-slow", 503, "查询超过时限", "请缩小范围后重试。")
NOT_READY = Refusal("not-ready", 503, "数据正在准备", "请稍后重试。")
NO_LOG = Refusal("log-unavailable", 503, "日志暂时不能写入，未予提供", "请稍后重试；持续出现请联系平台。")
BROKEN = Refusal("internal", 500, "平台出错，问题已经记录", "请稍后重试，并告知平台请求编号。")
ALL = (
    NOT_SIGNED, BAD_SIGNATURE, STALE, REPLAYED, NOT_GRANTED, FIELD_NOT_GRANTED, WRONG, TOO_MANY, TOO_BIG, NO_SUCH_CALL,
    RATE, QUOTA, TOO_SLOW, NOT_READY, NO_LOG, BROKEN,
)  # fmt: skip
