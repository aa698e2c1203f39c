"""The one door to Spark: a session of a cluster, and SQL of DuckDB as Spark says it."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

import pyarrow as pa
import sqlglot

from jinbao.kernel.errors import JinbaoError


class SparkError(JinbaoError):
    """There is no Spark, its cluster cannot be reached, or it did not do what it was asked."""

    code = "spark"


def require() -> None:
    """Raise SparkError where pyspark is not installed."""
    try:
        importlib.import_module("pyspark.sql")
    except ImportError:
        raise SparkError("没有安装 pyspark", advice="pip install 'jinbao[spark]'，并装好 Java 17。") from None


@contextmanager
def connect(master: str, name: str, settings: Mapping[str, str] = MappingProxyType({})) -> Iterator[Any]:
    """Open a session on a cluster and stop it in the end.

    A session that is already there is used and left running, so that further runs find the executors warm.
    Raises SparkError where pyspark or Java is missing, the cluster cannot be reached, or a statement fails on it.
    """
    require()
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    running = SparkSession.getActiveSession()
    wanted: dict[str, Any] = {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false", **settings}
    session = running
    try:
        session = session or SparkSession.builder.master(master).appName(name).config(map=wanted).getOrCreate()
        yield session
    except (PySparkException, Py4JError) as error:
        said = " ".join(str(error).split())[:300]
        advice = "请核对 --master 的地址，Java 17 是否装好，湖的目录是否从每个执行器都能以同一路径读写。"
        raise SparkError(f"Spark（{master}）没有算成：{said}", advice=advice) from error
    finally:
        if running is None and session is not None:
            session.stop()


def give(session: Any, name: str, kind: str, answer: Callable[[pa.Array], pa.Array]) -> None:
    """Give SQL of a session a function of one column: `answer` sees vectors and returns a vector of SQL type `kind`.

    Spark reads from the annotations of `answer`, both pa.Array, that it takes vectors.
    """
    from pyspark.sql import functions

    of: Any = functions
    session.udf.register(name, of.arrow_udf(answer, kind))


def translated(sql: str) -> str:
    """Return SQL of DuckDB as Spark says it."""
    return sqlglot.transpile(sql, read="duckdb", write="spark")[0]
