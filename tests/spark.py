"""One Spark session for the tests that want one, or the reason why there is none."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from typing import Any

import pytest

_found = importlib.util.find_spec("pyspark")
MISSING = (
    "pyspark is not installed (make test-spark)"
    if _found is None or _found.origin is None  # a folder that was left behind is no package
    else "" if shutil.which("java") else "there is no Java"
)  # fmt: skip

NEEDED = [
    pytest.mark.spark,
    pytest.mark.skipif(bool(MISSING), reason=MISSING or "none"),
    pytest.mark.xdist_group("spark"),
]
"""The marks of a test on Spark; `make test-spark` installs pyspark and runs them."""


def session() -> Any:
    """Return the session of this process; it is left running for the next test."""
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    settings = {"spark.sql.shuffle.partitions": "2", "spark.driver.memory": "1g", "spark.sql.session.timeZone": "UTC"}
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def stop() -> None:
    """Stop the session of this process, so that a test can start another kind."""
    from pyspark.sql import SparkSession

    running = SparkSession.getActiveSession()
    if running is not None:
        running.stop()
