"""The people of every test: 张三 (insured), 李四 (same employer), 王五 (must see nothing), and the officers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connections
from django.db.backends.base.operations import BaseDatabaseOperations

from jinbao.rules.paper import NoFont, chinese_fonts
from jinbao.trust.actors import Actor, actor_of
from jinbao.trust.append_only import guards_lifted
from jinbao.trust.models import Grant, Role, User

CITY, DISTRICT, OTHER_CITY = "990100", "990101", "990200"
ZHANG_SAN, LI_SI, WANG_WU = "990101196601151014", "990101197106202026", "99010219801103303X"
EMPLOYER, OTHER_EMPLOYER = "91990101MA0000001Y", "91990102MA0000002G"


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Test on a SQLite file, as in service: in memory there are no locks, no journal and no second process."""
    for connection in connections.all():
        if connection.vendor == "sqlite":
            connection.settings_dict["TEST"]["NAME"] = str(tmp_path_factory.mktemp("books") / "test.sqlite3")


@pytest.fixture(scope="session", autouse=True)
def emptying_lifts_the_guards() -> Iterator[None]:
    """Let Django empty the tables after a test that commits; nobody else gets past the append-only triggers."""
    original = BaseDatabaseOperations.execute_sql_flush

    def flush(operations: Any, sql_list: list[str]) -> None:
        lifted: AbstractContextManager[None] = guards_lifted(operations.connection)
        with lifted:
            original(operations, sql_list)

    BaseDatabaseOperations.execute_sql_flush = flush  # type: ignore[method-assign]  # for tests only
    yield
    BaseDatabaseOperations.execute_sql_flush = original  # type: ignore[method-assign]  # as it was


@pytest.fixture(autouse=True)
def var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give every test a var/ folder of its own, and passwords that are quick to hash."""
    folder = tmp_path / "var"
    folder.mkdir()
    monkeypatch.setattr(settings, "VAR", folder)
    monkeypatch.setattr(settings, "MEDIA_ROOT", folder / "media")
    monkeypatch.setattr(settings, "PASSWORD_HASHERS", ["django.contrib.auth.hashers.MD5PasswordHasher"])
    return folder


def make_actor(username: str, name: str, role: Role, *, region: str = "", subject: str = "") -> Actor:
    """Make a user with one grant, who cannot sign in until given a password, and return the actor."""
    user = User.objects.filter(username=username).first() or User(username=username, name=name)
    if user.pk is None:
        user.set_unusable_password()
        user.save()
    grant, _ = Grant.objects.get_or_create(user=user, role=role, region=region, subject=subject)
    return actor_of(user, grant)


@pytest.fixture
def zhang_san(db: None) -> Actor:
    """Insured, works for EMPLOYER."""
    return make_actor("zhangsan", "张三", Role.INSURED, subject=ZHANG_SAN)


@pytest.fixture
def li_si(db: None) -> Actor:
    """Insured, works for the same employer."""
    return make_actor("lisi", "李四", Role.INSURED, subject=LI_SI)


@pytest.fixture
def wang_wu(db: None) -> Actor:
    """Insured, has nothing to do with the others: must see nothing of them."""
    return make_actor("wangwu", "王五", Role.INSURED, subject=WANG_WU)


@pytest.fixture
def agent(db: None) -> Actor:
    """Acts for EMPLOYER."""
    return make_actor("danwei", "演示单位经办人", Role.EMPLOYER, subject=EMPLOYER)


@pytest.fixture
def other_agent(db: None) -> Actor:
    """Acts for another employer: must see nothing of the first."""
    return make_actor("danwei2", "另一单位经办人", Role.EMPLOYER, subject=OTHER_EMPLOYER)


@pytest.fixture
def clerk(db: None) -> Actor:
    """经办 of the city."""
    return make_actor("jingban", "陈经办", Role.CLERK, region=CITY)


@pytest.fixture
def other_clerk(db: None) -> Actor:
    """经办 of another city: must see nothing of the first."""
    return make_actor("jingban2", "外市经办", Role.CLERK, region=OTHER_CITY)


@pytest.fixture
def reviewer(db: None) -> Actor:
    """复核 of the city."""
    return make_actor("fuhe", "林复核", Role.REVIEWER, region=CITY)


@pytest.fixture
def auditor(db: None) -> Actor:
    """稽核 of the city."""
    return make_actor("jihe", "周稽核", Role.AUDITOR, region=CITY)


@pytest.fixture
def finance(db: None) -> Actor:
    """财务 of the city."""
    return make_actor("caiwu", "吴财务", Role.FINANCE, region=CITY)


@pytest.fixture
def admin(db: None) -> Actor:
    """系统管理 of the city."""
    return make_actor("guanli", "郑管理", Role.ADMIN, region=CITY)


@pytest.fixture
def system() -> Actor:
    """Automatic work."""
    return Actor.system()


@pytest.fixture(scope="session")
def has_fonts() -> None:
    """Skip where PDF cannot be made, with the reason."""
    try:
        chinese_fonts()
    except NoFont as error:
        pytest.skip(error.message)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what takes minutes, unless asked for: `pytest -m nightly`, or JINBAO_NIGHTLY=1."""
    if "nightly" in config.option.markexpr or os.environ.get("JINBAO_NIGHTLY") == "1":
        return
    for item in items:
        if item.get_closest_marker("nightly"):
            item.add_marker(pytest.mark.skip(reason="takes minutes; run with -m nightly"))
