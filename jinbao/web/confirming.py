"""Ask before something ends at once: a page that says what it stops and wants the reason, without any script."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jinbao.data.exchange import queries
from jinbao.data.exchange.models import Grant, Key, Partner
from jinbao.trust.actors import Actor
from jinbao.web.dates import now, today
from jinbao.web.sharing import granted


@dataclass(frozen=True)
class Question:
    """What is about to end, what that stops, the word on the button, and where one goes back to."""

    title: str
    stops: tuple[str, ...]
    button: str
    back: str


def reason(request: HttpRequest) -> str:
    """Return the reason that was sent with the answer; empty while the question is still open."""
    return request.POST.get("why", "").strip() if request.method == "POST" else ""


def ask(request: HttpRequest, question: Question) -> HttpResponse:
    """Show the question; an answer without a reason gets it again and is told so."""
    unsaid = request.method == "POST"
    shown = {"question": question, "unsaid": unsaid}
    return render(request, "parts/confirm.html", shown, status=400 if unsaid else 200)


def of_key(by: Actor, key: Key, back: str) -> Question:
    """Ask whether a key shall stop."""
    calls = queries.calls_with(by, key, now())
    others = [one for one in queries.usable_keys(by, key.partner, now()) if one.pk != key.pk]
    left = sum(one.sandbox == key.sandbox for one in others)
    where = _("沙箱") if key.sandbox else _("正式")
    stops = (
        _("%(partner)s的密钥 %(key)s（%(kind)s，%(where)s）")
        % {"partner": key.partner.name, "key": key.key_id, "kind": key.get_kind_display(), "where": where},
        _("立即生效：用它签名的调用从下一次起一律不予提供。"),
        ngettext("最近七天用它调用了 %(n)d 次。", "最近七天用它调用了 %(n)d 次。", calls) % {"n": calls},
        ngettext("该环境还有 %(n)d 个可用的密钥。", "该环境还有 %(n)d 个可用的密钥。", left) % {"n": left}
        if left
        else _("该环境没有其他可用的密钥，停用后就不能再调用。"),
        _("停用后不能恢复，只能新建。"),
    )
    return Question(_("停用密钥"), stops, _("确认停用"), back)


def of_grant(by: Actor, grant: Grant, back: str) -> Question:
    """Ask whether a grant shall end."""
    (usage,) = queries.usage(by, [grant], today())
    words = granted(usage)
    ready, waiting = queries.open_deliveries(by, grant, now())
    stops = (
        _("%(partner)s使用“%(title)s”的授权 %(number)s")
        % {"partner": grant.partner.name, "title": _(words.title), "number": grant.number},
        _("立即生效：下一次调用起不再提供，正在进行的推送在当前一页停止。"),
        _("今日用量 %(today)d，累计调用 %(calls)d 次。") % {"today": usage.today, "calls": usage.calls},
        _("还能下载的文件 %(ready)d 个、待推送 %(waiting)d 次，一并停止。") % {"ready": ready, "waiting": waiting},
        _("收回后不能恢复，需要时由单位重新申请。"),
    )
    return Question(_("收回授权"), stops, _("确认收回"), back)


def of_partner(by: Actor, partner: Partner, back: str) -> Question:
    """Ask whether everything that a partner may do shall stop."""
    keys = len(queries.usable_keys(by, partner, now()))
    grants = queries.granted(partner, today()).count()
    stops = (
        partner.name,
        _("立即生效：%(keys)d 个密钥、%(grants)d 项授权全部停止，沙箱也不能再用。") % {"keys": keys, "grants": grants},
        _("密钥和授权都保留，恢复后照旧。"),
    )
    return Question(_("停用合作单位"), stops, _("确认停用"), back)
