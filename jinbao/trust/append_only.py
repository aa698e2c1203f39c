"""Tables to which rows are only ever added: refused by the model, and by triggers for whoever goes around it.

The triggers are (re)installed after every `migrate`, because SQLite drops a table's triggers whenever a later migration
rebuilds the table. See docs/decisions/0003-audit-chain.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn, TypeVar

from django.apps import apps
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from jinbao.kernel.errors import JinbaoError

M = TypeVar("M", bound=models.Model)


class AppendOnlyViolation(JinbaoError):
    """Somebody tried to change or delete what is only ever added to."""

    code = "append-only"


def _refuse(model: type[models.Model], verb: str) -> NoReturn:
    raise AppendOnlyViolation(f"{model._meta.label} 只能新增，不能{verb}", advice="用一条新的记录更正，原记录保留。")


class AppendOnlyQuerySet(models.QuerySet[M]):
    """A queryset that only reads and adds."""

    def update(self, **kwargs: Any) -> int:
        """Refuse with AppendOnlyViolation."""
        _refuse(self.model, "修改")

    def bulk_update(self, objs: Iterable[M], fields: Iterable[str], batch_size: int | None = None) -> int:
        """Refuse with AppendOnlyViolation."""
        _refuse(self.model, "修改")

    def delete(self) -> tuple[int, dict[str, int]]:
        """Refuse with AppendOnlyViolation."""
        _refuse(self.model, "删除")


class AppendOnly(models.Model):
    """Base of models whose rows are only ever added."""

    objects: models.Manager[Any] = models.Manager.from_queryset(AppendOnlyQuerySet)()

    class Meta:
        abstract = True

    def save(self, **kwargs: Any) -> None:
        """Insert a new row; refuse with AppendOnlyViolation to save a row again."""
        if not self._state.adding:
            _refuse(type(self), "修改")
        super().save(**(kwargs | {"force_insert": True}))

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refuse with AppendOnlyViolation."""
        _refuse(type(self), "删除")


def guarded_tables() -> list[str]:
    """Name the tables of every append-only model."""
    return sorted(model._meta.db_table for model in apps.get_models() if issubclass(model, AppendOnly))


_FUNCTION = """
CREATE OR REPLACE FUNCTION jinbao_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'integrity_constraint_violation';
END $$
"""

_TRIGGERS = {
    "sqlite": {
        "update": "CREATE TRIGGER {name} BEFORE UPDATE ON {table} "
        "BEGIN SELECT RAISE(ABORT, '{table} is append-only: UPDATE refused'); END",
        "delete": "CREATE TRIGGER {name} BEFORE DELETE ON {table} "
        "BEGIN SELECT RAISE(ABORT, '{table} is append-only: DELETE refused'); END",
    },
    "postgresql": {
        verb: f"CREATE TRIGGER {{name}} BEFORE {verb.upper()} ON {{table}} "
        "FOR EACH STATEMENT EXECUTE FUNCTION jinbao_append_only()"
        for verb in ("update", "delete", "truncate")
    },
}


def install_guards(connection: BaseDatabaseWrapper) -> None:
    """Create the triggers of every append-only table that exists; one that is already there is made anew."""
    with connection.cursor() as cursor:
        existing = set(connection.introspection.table_names(cursor))
        if connection.vendor == "postgresql":
            cursor.execute(_FUNCTION)
        for table in sorted(existing.intersection(guarded_tables())):
            _drop(cursor, connection.vendor, table)
            for verb, sql in _TRIGGERS[connection.vendor].items():
                cursor.execute(sql.format(name=f"{table}_no_{verb}", table=table))


def missing_guards(connection: BaseDatabaseWrapper) -> list[str]:
    """Name the triggers that should be there and are not (or are switched off)."""
    wanted = {f"{table}_no_{verb}" for table in guarded_tables() for verb in _TRIGGERS[connection.vendor]}
    listing = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'",
    }
    with connection.cursor() as cursor:
        cursor.execute(listing[connection.vendor])
        return sorted(wanted - {name for (name,) in cursor.fetchall()})


@contextmanager
def guards_lifted(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Take the triggers away for a while: for tests that empty or tamper with tables, and for nothing else."""
    with connection.cursor() as cursor:
        for table in guarded_tables():
            _drop(cursor, connection.vendor, table)
    try:
        yield
    finally:
        install_guards(connection)


def _drop(cursor: Any, vendor: str, table: str) -> None:
    place = f" ON {table}" if vendor == "postgresql" else ""
    for verb in _TRIGGERS[vendor]:
        cursor.execute(f"DROP TRIGGER IF EXISTS {table}_no_{verb}{place}")
