"""What data there is: resources with their information items, every version of them, and what arrivals look like."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from jinbao.trust.append_only import AppendOnly


class Resource(models.Model):
    """One entry of the catalogue (政务信息资源): a table or an interface that a unit provides."""

    class Kind(models.TextChoices):
        TABLE = "table", "库表"
        INTERFACE = "interface", "接口"

    class Status(models.TextChoices):
        DRAFT = "draft", "待发布"
        PUBLISHED = "published", "已发布"
        WITHDRAWN = "withdrawn", "已撤回"

    region = models.CharField(max_length=6)
    code = models.CharField(max_length=64, unique=True)
    """信息资源代码: front code (类项目细目), a slash, 顺序码."""
    name = models.CharField(max_length=200)
    category = models.CharField(max_length=32)
    """信息资源分类 as the front code of the resource's code."""
    provider = models.CharField(max_length=100)
    provider_code = models.CharField(max_length=18, blank=True)
    """统一社会信用代码 of the provider."""
    summary = models.CharField(max_length=2000, blank=True)
    format = models.CharField(max_length=64, blank=True)
    """类/格式, such as 电子表格/xlsx."""
    share_type = models.CharField(max_length=1, blank=True)
    share_terms = models.CharField(max_length=500, blank=True)
    """共享条件: the condition of type 2, the legal basis of type 3."""
    share_mode = models.CharField(max_length=1, blank=True)
    open_type = models.CharField(max_length=1, blank=True)
    open_terms = models.CharField(max_length=500, blank=True)
    update_cycle = models.CharField(max_length=16, blank=True)
    grade = models.CharField(max_length=1, blank=True)
    kind = models.CharField(max_length=9, choices=Kind.choices, default=Kind.TABLE)
    dataset = models.CharField(max_length=64, blank=True)
    """Declared dataset that this resource describes; its declaration is then the source."""
    owner = models.CharField(max_length=100, blank=True)
    """Who answers for it at the provider."""
    related = models.CharField(max_length=500, blank=True)
    """关联资源代码, separated by spaces."""
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.DRAFT)
    version = models.PositiveIntegerField(default=1)
    changed_by = models.CharField(max_length=64)
    changed_at = models.DateTimeField()
    published = models.ForeignKey("Version", null=True, on_delete=models.PROTECT, related_name="+")
    """The version that the public sees; a later draft does not change it until somebody else publishes it."""
    published_on = models.DateField(null=True)
    withdrawn_because = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["region", "status"])]
        constraints = [
            models.UniqueConstraint(
                fields=["region", "provider", "name"], condition=~Q(status="withdrawn"), name="resource_named_once"
            ),
            models.UniqueConstraint(
                fields=["region", "dataset"], condition=~Q(dataset=""), name="dataset_has_one_resource"
            ),
            models.CheckConstraint(
                condition=~Q(status="published") | Q(published__isnull=False), name="published_has_a_version"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Field(models.Model):
    """One information item (信息项) of a resource: a column of the table, a parameter of the interface."""

    resource = models.ForeignKey(Resource, on_delete=models.CASCADE, related_name="fields")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=128)
    english = models.CharField(max_length=128, blank=True)
    """Column name in the table; what SQL and the exchange call it."""
    type = models.CharField(max_length=1)
    """C 字符 N 数值 D 日期 T 日期时间 B 布尔."""
    length = models.CharField(max_length=16, blank=True)
    codes: models.JSONField[Any, Any] = models.JSONField(default=dict)
    """Code list: code → meaning; empty where values are free."""
    key = models.BooleanField(default=False)
    required = models.BooleanField(default=False)
    sensitivity = models.CharField(max_length=8, default="内部")
    share_type = models.CharField(max_length=1, blank=True)
    """Share type where it differs from the resource's."""
    about = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["resource", "position"]
        constraints = [models.UniqueConstraint(fields=["resource", "name"], name="item_named_once")]

    def __str__(self) -> str:
        return f"{self.name}（{self.english}）" if self.english else self.name


class Version(AppendOnly):
    """What a resource was from one change on, who changed it and how; rows are only ever added."""

    class Act(models.TextChoices):
        REGISTER = "register", "登记"
        CHANGE = "change", "变更"
        IMPORT = "import", "批量导入"
        SYNC = "sync", "随声明更新"
        PUBLISH = "publish", "发布"
        WITHDRAW = "withdraw", "撤回"

    resource = models.ForeignKey(Resource, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    act = models.CharField(max_length=8, choices=Act.choices)
    at = models.DateTimeField()
    by = models.CharField(max_length=64)
    by_name = models.CharField(max_length=64)
    changes: models.JSONField[Any, Any] = models.JSONField(default=list)
    """What differs from the version before, one readable line each."""
    content: models.JSONField[Any, Any] = models.JSONField(default=dict)
    """The whole description with its items; empty where an act did not change it."""

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["resource", "number"], name="version_numbered_once")]

    def __str__(self) -> str:
        return f"{self.resource_id} v{self.number} {self.get_act_display()}"


class Profile(AppendOnly):
    """What the standard table of a dataset looked like after one arrival."""

    resource = models.ForeignKey(Resource, on_delete=models.PROTECT, related_name="profiles")
    at = models.DateTimeField()
    table_version = models.CharField(max_length=128)
    """Version of the standard table that was looked at; the same table is not profiled twice."""
    rows = models.BigIntegerField()
    columns: models.JSONField[Any, Any] = models.JSONField(default=list)
    """Per column: name, type, nulls, distinct (approximate), least, greatest, lengths, top values, examples; masked."""

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["resource", "table_version"], name="table_profiled_once")]

    def __str__(self) -> str:
        return f"{self.resource_id} {self.at:%Y-%m-%d %H:%M} {self.rows}行"


class SchemaChange(AppendOnly):
    """A column that came, went, changed its type or its heading between two arrivals."""

    class Kind(models.TextChoices):
        NEW = "new", "新增列"
        LOST = "lost", "缺少列"
        TYPE = "type", "类型变化"
        HEADING = "head", "表头变化"

    profile = models.ForeignKey(Profile, on_delete=models.PROTECT, related_name="changes")
    column = models.CharField(max_length=128)
    kind = models.CharField(max_length=4, choices=Kind.choices)
    before = models.CharField(max_length=64, blank=True)
    after = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return f"{self.column} {self.get_kind_display()} {self.before}→{self.after}"


class SearchEntry(models.Model):
    """What a search shows and filters by: one for the working description, one for the published one.

    Its words are in the full-text table `catalogue_search` under the same number.
    """

    resource = models.ForeignKey(Resource, on_delete=models.CASCADE, related_name="entries")
    public = models.BooleanField()
    region = models.CharField(max_length=6)
    code = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    summary = models.CharField(max_length=2000)
    provider = models.CharField(max_length=100)
    category = models.CharField(max_length=3)
    """Class and item: the first three digits of the front code."""
    share_type = models.CharField(max_length=1)
    grade = models.CharField(max_length=1)
    kind = models.CharField(max_length=9)
    status = models.CharField(max_length=9)
    items = models.TextField()
    """Names of the items, one a line, for showing where the words were found."""
    item_count = models.PositiveIntegerField()

    class Meta:
        indexes = [models.Index(fields=["public", "region"])]
        constraints = [models.UniqueConstraint(fields=["resource", "public"], name="one_entry_a_face")]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"
