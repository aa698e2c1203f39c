"""What the approval of a data-sharing application does: a grant of the exchange, with the terms that were decided."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from jinbao.cases import sharing_form
from jinbao.cases.effect_batches import NOTHING
from jinbao.cases.models import Case
from jinbao.cases.outcome import Change, Preview
from jinbao.cases.services import service_of
from jinbao.cases.sharing_form import partner_of, read_terms, terms_of
from jinbao.data.datasets import Dataset, load_dataset
from jinbao.data.exchange import actions as exchange
from jinbao.data.exchange.masks import LEVELS, PERSONAL, PLAIN, default_level
from jinbao.data.exchange.models import Grant
from jinbao.data.exchange.terms import Terms, in_words
from jinbao.trust.actors import Actor

NEEDS = "个人信息，须有必要性说明"


def grant_access(by: Actor, case: Case, now: datetime) -> dict[str, Any]:
    """Grant what was applied for, as far as it was not lessened (数据共享授权)."""
    terms = terms_of(case.decided)
    made = exchange.grant(by, partner_of(case.form["partner_code"]), terms, case.number, now=now)
    return {"grant": made.pk, "number": made.number}


def lessen_access(case: Case, sent: Mapping[str, str]) -> dict[str, Any]:
    """Return what is granted less than asked for; see `sharing_form.lessened`."""
    return sharing_form.lessened(case.form, sent)


def preview_access(case: Case, today: date) -> Preview:
    """Show each field with its grade, the rows, the time and the amount; warn of personal data given as it is."""
    terms, errors = read_terms(case.decided)
    if terms is None:
        return Preview((), tuple(errors.values()))
    partner, dataset = partner_of(case.form["partner_code"]), load_dataset(terms.resource)
    former = Grant.objects.filter(partner=partner, resource=terms.resource, revoked_at__isnull=True).first()
    ways = service_of(case.item).field("use_mode").choices
    refused = [name for name in sharing_form.read_fields(case.form["fields"]) if name not in terms.fields]
    rows = "；".join(in_words(dataset, each) for each in terms.rows)
    changes = (
        Change("数据共享授权", former.number if former else "未授权", dataset.title),
        *(_line(dataset, terms, name, former) for name in terms.fields),
        *(Change(f"字段：{dataset.column(name).label}", NOTHING, "不予提供（核减）") for name in refused),
        Change("数据范围", NOTHING, rows or "全部"),
        Change("使用方式", NOTHING, ways.get(",".join(terms.delivery), "、".join(terms.delivery))),
        Change("期限", NOTHING, f"{terms.valid_from}—{terms.valid_to}"),
        Change("每日额度", NOTHING, f"{terms.quota_per_day:,}"),
        Change("每秒次数", NOTHING, str(terms.rate_per_second)),
    )
    return Preview(changes, (f"使用止日 {terms.valid_to} 已过",) if terms.valid_to < today else ())


def _line(dataset: Dataset, terms: Terms, name: str, former: Grant | None) -> Change:
    column = dataset.column(name)
    given = terms.fields[name] or default_level(column)
    before = LEVELS.get(former.fields.get(name, ""), NOTHING) if former else NOTHING
    warning = f"：{NEEDS}" if given == PLAIN and column.sensitivity in PERSONAL else ""
    return Change(f"字段：{column.label}", before, f"{LEVELS[given]}{warning}")
