"""How good a linkage is where the truth is known: precision and recall of the pairs of rows that it joins."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinbao.data.supply import tables
from jinbao.kernel import duck
from jinbao.kernel.errors import FormatError


@dataclass(frozen=True)
class Quality:
    """Counts of pairs of rows."""

    true_pairs: int
    """Pairs that really are one person."""
    found_pairs: int
    """Pairs that were joined."""
    right_pairs: int
    """Both."""

    @property
    def precision(self) -> float:
        """Of what was joined, the share that is right; 1 where nothing was joined."""
        return self.right_pairs / self.found_pairs if self.found_pairs else 1.0

    @property
    def recall(self) -> float:
        """Of what should be joined, the share that was; 1 where nothing should be."""
        return self.right_pairs / self.true_pairs if self.true_pairs else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        together = self.precision + self.recall
        return 2 * self.precision * self.recall / together if together else 0.0


def compare(connection: Any, found: str, truth: str) -> Quality:
    """Compare two tables or views of (dataset, _row, person) and (dataset, _row, truth); rows in only one are left out."""
    sql = f"""
    WITH both_ AS (SELECT person, truth FROM {found} JOIN {truth} USING (dataset, _row)),
    count_ AS (SELECT person, truth, COUNT(*) AS n FROM both_ GROUP BY ALL)
    SELECT (SELECT sum(n * (n - 1) // 2) FROM (SELECT sum(n) AS n FROM count_ GROUP BY truth)),
      (SELECT sum(n * (n - 1) // 2) FROM (SELECT sum(n) AS n FROM count_ GROUP BY person)),
      (SELECT sum(n * (n - 1) // 2) FROM count_)
    """
    return Quality(*(int(value or 0) for value in connection.execute(sql).fetchall()[0]))


def evaluate_latest(truth: Path) -> Quality:
    """Compare the published people with a file of (dataset, _row, truth); raise FormatError for another file."""
    with duck.connect(threads=2) as connection:
        tables.attach(connection, ["person"])
        read = "read_csv" if truth.suffix.lower() == ".csv" else "read_parquet"
        options = ", all_varchar = true" if read == "read_csv" else ""
        try:
            connection.execute(
                f"CREATE TEMP TABLE truth AS SELECT dataset, _row, truth FROM {read}({duck.literal(str(truth))}{options})"
            )
        except duck.Error as error:
            raise FormatError(
                f"不能读真值文件 {truth}：{str(error).splitlines()[0][:200]}",
                advice="需要三列：dataset、_row、truth；同一个人的行 truth 相同。",
            ) from None
        connection.execute("CREATE TEMP VIEW found AS SELECT dataset, _row, person_no AS person FROM person")
        return compare(connection, "found", "truth")
