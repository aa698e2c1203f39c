"""The rows of a table judged on a Spark cluster: the same conditions, translated; what fails comes back as Parquet.

Only failing rows leave the cluster. They are counted, and their origins kept, by the same statements as everywhere.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import sqlglot
from sqlglot import exp

from jinbao.data.scoring import identity
from jinbao.kernel import spark
from jinbao.kernel.duck import literal


class OnSpark:
    """Reads tables that are views of a Spark session (`tables.attach_to_spark`).

    Failing rows come through `folder`, which the cluster writes and the connection reads under the same path.
    """

    def __init__(self, session: Any, connection: Any, folder: Path) -> None:
        self.session = session
        self.connection = connection
        self.folder = folder
        identity.register_on_spark(session)

    def keep(self, name: str, sql: str) -> None:
        """Make a table of the connection from the rows of a statement."""
        self.session.sql(self._said(sql)).write.parquet(str(self.folder / name))
        files = ", ".join(literal(str(path)) for path in sorted((self.folder / name).glob("*.parquet")))
        self.connection.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet([{files}])")  # noqa: S608  # our files

    def count(self, sql: str) -> list[int]:
        """Return the one row of numbers that answers a statement."""
        return [int(value or 0) for value in self.session.sql(self._said(sql)).first()]

    def _said(self, sql: str) -> str:
        return sqlglot.parse_one(sql, read="duckdb").transform(self._matching).sql(dialect="spark")

    def _matching(self, node: exp.Expr) -> exp.Expr:
        """Ask patterns as Spark can: a GLOB of ours is a regular expression too, any other is left to RE2."""
        if isinstance(node, exp.Glob):
            whole = exp.Literal.string(rf"\A(?:{node.expression.name})\z")
            return exp.RegexpLike(this=node.this, expression=whole)
        if isinstance(node, exp.RegexpFullMatch):
            return exp.Anonymous(this=self._re2(node.expression.name), expressions=[node.this])
        return node

    def _re2(self, pattern: str) -> str:
        """Give the session a function that tells whether a whole text matches an RE2 pattern; return its name.

        Java's expressions differ from RE2's in what a space, a class or a dot is.
        """

        def matches(column: pa.Array) -> pa.Array:
            return pc.match_substring_regex(column, rf"\A(?:{pattern})\z")

        name = f"matches_{hashlib.sha256(pattern.encode()).hexdigest()[:16]}"
        spark.give(self.session, name, "boolean", matches)
        return name
