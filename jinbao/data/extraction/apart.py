"""A query in a process of its own, which is ended when its time is over and has no more memory than it was given.

DuckDB's own limits are the inner ones: it does not count what one function makes of long texts, and asks nobody whether
to stop while it is inside of one.
"""

from __future__ import annotations

import json
import pickle
import resource
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from jinbao.kernel import duck

STOPPED, TOO_LARGE = "InterruptException", "OutOfMemoryException"
"""What DuckDB calls running out of time and of memory."""
_UNITS = {"MB": 10**6, "GB": 10**9}
_BESIDES = 2 * 10**9
"""Bytes of addresses that Python and DuckDB take before any query."""
_START = 3
"""Seconds in which a process has begun, even on a busy machine."""
_STEP = 5_000


@dataclass(frozen=True)
class Query:
    """What a process is asked: statements that make the views, the text, the limits."""

    prepare: Sequence[str]
    text: str
    folders: Sequence[str]
    memory: str
    seconds: int
    rows: int
    columns: int


@dataclass(frozen=True)
class Answer:
    """Names and types of the columns and the rows, of which one more than the limit if there are more.

    `failed` and `told` are the kind and the words of an error.
    """

    names: Sequence[str] = ()
    types: Sequence[str] = ()
    rows: Sequence[tuple[Any, ...]] = ()
    failed: str = ""
    told: str = ""


def ask(query: Query) -> Answer:
    """Run a query apart and wait for its answer; too long or too large is an answer too."""
    command = [sys.executable, "-m", __name__]
    given = json.dumps(asdict(query)).encode()
    try:
        done = subprocess.run(  # noqa: S603  # our own module; the text is data
            command, input=given, capture_output=True, timeout=query.seconds + _START, check=False
        )
    except subprocess.TimeoutExpired:
        return Answer(failed=STOPPED)
    if done.returncode:
        return Answer(failed=TOO_LARGE)
    return Answer(*pickle.loads(done.stdout))  # noqa: S301  # our own process wrote it


def size(memory: str) -> int:
    """Return the bytes of a text such as 1GB or 200MB."""
    return int(memory[:-2]) * _UNITS[memory[-2:]]


def _answered(query: Query) -> Answer:
    folders = [Path(folder) for folder in query.folders]
    with duck.connect(threads=1, memory=query.memory, folders=folders, spill_limit="0KB") as connection:
        for statement in query.prepare:
            connection.execute(statement)
        cursor = connection.execute(query.text)
        names, types = [str(one[0]) for one in cursor.description], [str(one[1]) for one in cursor.description]
        rows: list[tuple[Any, ...]] = []
        while len(names) <= query.columns and len(rows) <= query.rows and (part := cursor.fetchmany(_STEP)):
            rows += part
        return Answer(names, types, rows[: query.rows + 1])


def main() -> None:
    """Answer the query on the standard input; whoever asked may be gone, so the time of this process is limited too."""
    query = Query(**json.load(sys.stdin))
    most = size(query.memory) + _BESIDES
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (query.seconds + _START, query.seconds + _START))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        answer = _answered(query)
    except duck.Error as error:
        answer = Answer(failed=type(error).__name__, told=str(error))
    except MemoryError:
        answer = Answer(failed=TOO_LARGE)
    told = answer.names, answer.types, answer.rows, answer.failed, answer.told  # the class has another name here
    pickle.dump(told, sys.stdout.buffer)


if __name__ == "__main__":
    main()
