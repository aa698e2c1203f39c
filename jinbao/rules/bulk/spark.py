"""The same run on a Spark cluster: one task a bucket file, each calling the native kernel; rows never enter the JVM."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

from jinbao.rules.bulk.errors import LakeError
from jinbao.rules.bulk.run import Job, Part, finish, prepare_out, run_bucket


def run_on_spark(
    job: Job, master: str, *, resume: bool = False, progress: Callable[[Part], None] = lambda _: None
) -> dict[str, Any]:  # fmt: skip
    """Run a job on a cluster; lake and result folder must be reachable under the same path from every executor.

    A session that is already there is used and left running, so that further runs find the executors warm.
    Raises LakeError where pyspark is not installed, and what `run` raises.
    """
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise LakeError("没有安装 pyspark", advice="pip install 'jinbao[spark]'，并装好 Java 17。") from None
    count = prepare_out(job, resume=resume)
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    running = SparkSession.getActiveSession()
    session = running or (
        SparkSession.builder.master(master).appName("jinbao bulk").config("spark.ui.enabled", "false").getOrCreate()
    )
    try:
        parts = session.sparkContext.parallelize(range(count), count).map(_task(job, resume)).collect()
    finally:
        if running is None:
            session.stop()
    for part in parts:
        progress(part)
    return finish(job, parts)


def _task(job: Job, resume: bool) -> Callable[[int], Part]:
    def task(bucket: int) -> Part:
        return run_bucket(job, bucket, resume=resume)

    return task
