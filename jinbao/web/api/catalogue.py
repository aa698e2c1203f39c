"""The published catalogue for programs: search, one resource, DCAT. No sign-in: it shows no values."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router, Schema

from jinbao.data.catalogue import dcat, exporting, queries
from jinbao.kernel.errors import NotFound
from jinbao.web.api.law import Problem
from jinbao.web.dates import now

router = Router()


class ItemInfo(Schema):
    """一个信息项。"""

    name: str = Field(..., description="信息项名称")
    english: str = Field(..., description="英文名（列名）")
    type: str = Field(..., description="数据类型：C 字符、N 数值、D 日期、T 日期时间、B 布尔")
    length: str = Field(..., description="长度")
    codes: dict[str, str] = Field(..., description="代码表：代码 → 含义")
    required: bool = Field(..., description="是否必填")
    sensitivity: str = Field(..., description="敏感程度：公开、内部、个人信息、敏感个人信息")
    share_type: str = Field(..., description="与资源不同的共享类型，空为相同")


class ResourceInfo(Schema):
    """一项信息资源。"""

    code: str = Field(..., description="信息资源代码")
    name: str = Field(..., description="信息资源名称")
    provider: str = Field(..., description="信息资源提供方")
    category: str = Field(..., description="信息资源分类（前段码）")
    summary: str = Field(..., description="信息资源摘要")
    kind: str = Field(..., description="table 库表，interface 接口")
    share_type: str = Field(..., description="共享类型：1 无条件共享、2 有条件共享、3 不予共享")
    grade: str = Field(..., description="分级：1 至 4 级，5 重要数据，6 核心数据")


class ResourceDetail(ResourceInfo):
    """一项信息资源及其信息项。"""

    provider_code: str = Field(..., description="信息资源提供方代码")
    format: str = Field(..., description="信息资源格式")
    share_terms: str = Field(..., description="共享条件或依据")
    open_type: str = Field(..., description="是否开放")
    update_cycle: str = Field(..., description="更新周期")
    published_on: str = Field(..., description="发布日期")
    items: list[ItemInfo] = Field(..., description="信息项")


class Result(Schema):
    """检索结果：总数、这一页、各筛选条件的数量。"""

    total: int = Field(..., description="总数")
    resources: list[ResourceInfo] = Field(..., description="这一页的资源")
    facets: dict[str, dict[str, int]] = Field(..., description="筛选条件 → 值 → 数量")


class Asked(Schema):
    """检索条件。"""

    q: str = Field("", description="词、拼音首字母或英文列名", max_length=64)
    provider: str = Field("", description="提供方", max_length=100)
    category: str = Field("", description="分类：类和项的三位数字", max_length=3)
    share_type: str = Field("", description="共享类型", max_length=1)
    grade: str = Field("", description="分级", max_length=1)
    kind: str = Field("", description="种类", max_length=9)
    start: int = Field(0, description="从第几项起", ge=0, le=100_000)
    size: int = Field(20, description="最多几项", ge=1, le=100)


@router.get("", summary="检索数据资源目录", response={200: Result, 400: Problem})
def search(request: HttpRequest, asked: Query[Asked]) -> Result:
    """只检索已发布的资源；筛选条件与返回的 facets 同名，例如 ?q=养老&share_type=2。"""
    filters = asked.model_dump(exclude={"q", "start", "size"})
    found = queries.search(asked.q, None, filters=filters, start=asked.start, size=asked.size)
    hits = [ResourceInfo(**{name: getattr(hit, name) for name in ResourceInfo.model_fields}) for hit in found.hits]
    facets = {name: dict(numbers) for name, numbers in found.facets.items() if name != "status"}
    return Result(total=found.total, resources=hits, facets=facets)


@router.get("/dcat/{form}", summary="DCAT 目录", response={404: Problem})
def as_dcat(request: HttpRequest, form: str) -> HttpResponse:
    """返回已发布目录的 DCAT；form 为 turtle、rdfxml 或 jsonld。"""
    if form not in dcat.FORMATS:
        raise NotFound(f"没有格式“{form}”", advice=f"可用的格式：{'、'.join(dcat.FORMATS)}。")
    content = exporting.export(None, form, base=request.build_absolute_uri("/see/data/"), now=now())
    return HttpResponse(content, content_type=f"{dcat.MEDIA[form]}; charset=utf-8")


@router.get("/{front}/{number}", summary="一项数据资源", response={200: ResourceDetail, 404: Problem})
def detail(request: HttpRequest, front: str, number: str) -> ResourceDetail:
    """返回一项已发布的资源及其信息项；代码为 前段码/顺序码。"""
    resource, one = queries.published(f"{front}/{number}")
    parts = {name: getattr(one, name) for name in ResourceDetail.model_fields if name not in ("items", "published_on")}
    items = [ItemInfo(**{name: getattr(item, name) for name in ItemInfo.model_fields}) for item in one.items]
    day = resource.published_on.isoformat() if resource.published_on else ""
    return ResourceDetail(**parts, published_on=day, items=items)
