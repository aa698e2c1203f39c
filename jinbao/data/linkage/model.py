"""The frozen model: how rare each name is, how many people there are, which phones say nothing.

It is estimated by a full run and kept, so that a row which arrives later is weighed as it would have been then, and an
incremental run gives what a full run with the same model gives.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from jinbao.data.linkage.declared import Policy, hundredths


@dataclass(frozen=True)
class Model:
    """Frequencies among the people of one day."""

    persons: int
    names: pa.Table
    """value, kind (name or sound), bits: hundredths of bits; what is missing here is as rare as can be told."""
    rarest: int
    """Hundredths of bits of a value that the table does not hold."""
    stop_phones: pa.Table
    """phone"""


def estimate(connection: Any, policy: Policy) -> Model:
    """Estimate a model from `nodes`."""
    persons, total = connection.execute(
        "SELECT GREATEST(2, COUNT(DISTINCT number) + COUNT(*) FILTER (number IS NULL) // 3), GREATEST(2, COUNT(name)) FROM nodes"
    ).fetchall()[0]
    names = connection.sql(
        """
        WITH counted AS (
          SELECT name AS value, 'name' AS kind, COUNT(*) AS n FROM nodes WHERE name IS NOT NULL GROUP BY name
          UNION ALL SELECT sound, 'sound', COUNT(*) FROM nodes WHERE sound IS NOT NULL GROUP BY sound)
        SELECT value, kind, CAST(round(100 * log2(? / n)) AS INTEGER) AS bits FROM counted WHERE n > 3
        """,
        params=[total],
    ).to_arrow_table()
    phones = connection.sql(
        "SELECT phone FROM nodes WHERE phone IS NOT NULL GROUP BY phone HAVING COUNT(*) > ?",
        params=[policy.thresholds.stop_phone],
    ).to_arrow_table()
    rarest = connection.execute("SELECT CAST(round(100 * log2(? / 3)) AS INTEGER)", [total]).fetchall()[0][0]
    return Model(int(persons), names, max(0, int(rarest)), phones)


def apply(connection: Any, policy: Policy, model: Model) -> None:
    """Add to `nodes` how rare its names are, and forget phones that say nothing; makes the table `weighed`."""
    connection.register("model_names", model.names)
    connection.register("model_phones", model.stop_phones)
    rare = hundredths(policy.thresholds.rare_bits)
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE weighed AS
        SELECT n.* EXCLUDE (phone), CASE WHEN p.phone IS NULL THEN n.phone END AS phone,
          COALESCE(a.bits, {model.rarest}) AS name_bits, COALESCE(b.bits, {model.rarest}) AS sound_bits,
          CASE WHEN COALESCE(a.bits, {model.rarest}) >= {rare} THEN n.name END AS rare_name
        FROM nodes n LEFT JOIN model_names a ON a.kind = 'name' AND a.value = n.name
          LEFT JOIN model_names b ON b.kind = 'sound' AND b.value = n.sound
          LEFT JOIN model_phones p ON p.phone = n.phone
        """
    )
