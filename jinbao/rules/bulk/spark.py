"""The same run on a Spark cluster: one task a bucket file, each calling the native kernel; rows never enter the JVM."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from jinbao.kernel import spark
from jinbao.rules.bulk.run import Job, Part, finish, prepare_out, run_bucket

QUICK = {
    "spark.driver.defaultJavaOptions": "-XX:TieredStopAtLevel=1",
    "spark.executor.defaultJavaOptions": "-XX:TieredStopAtLevel=1",
    "spark.python.unix.domain.socket.enabled": "true",
}
"""Settings of a session for native kernels: the JVM only hands out tasks, so it is not worth its second compiler, and a
task reaches its Python without TCP (since Spark 4.1). Then an empty task costs half (docs/bulk.md). What a cluster sets
as `extraJavaOptions` comes after and stays."""


def session(master: str) -> AbstractContextManager[Any]:
    """Give the session of this process; one that has to be started is stopped in the end. Raises SparkError."""
    return spark.connect(master, "jinbao bulk", QUICK)


def run_on_spark(
    job: Job, master: str, *, resume: bool = False, progress: Callable[[Part], None] = lambda _: None
) -> dict[str, Any]:  # fmt: skip
    """Run a job on a cluster; lake and result folder must be reachable under the same path from every executor.

    A session that is already there is used and left running, so that further runs find the executors warm.
    Raises SparkError where there is no Spark, and what `run` raises.
    """
    spark.require()
    count = prepare_out(job, resume=resume)
    with session(master) as running:
        parts = running.sparkContext.parallelize(range(count), count).map(_task(job, resume)).collect()
    for part in parts:
        progress(part)
    return finish(job, parts)


def _task(job: Job, resume: bool) -> Callable[[int], Part]:
    def task(bucket: int) -> Part:
        return run_bucket(job, bucket, resume=resume)

    return task
