"""From rows as they come to nodes: what a row says of a person, put right and made comparable.

Rows that say the same are one node. Input is a table `incoming` (dataset, _row, number, name, sex, birth, phone, single,
print), output the tables `came` (dataset, _row, node, …) and `nodes`. Identity numbers become their first 17 digits as an integer.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pypinyin import Style, lazy_pinyin

from jinbao.data.linkage.declared import Policy
from jinbao.kernel.duck import literal
from jinbao.kernel.identifiers.check_digits import MOD11_2_WEIGHTS

INVERSES = tuple(pow(weight, -1, 11) for weight in MOD11_2_WEIGHTS)
_WIDE = "０１２３４５６７８９ＸｘxＯＩｌＢ"
_NARROW = "0123456789XXXOILB"
_BLANKS = r"[\s\x{3000}\x{00a0}\x{200b}\x{27}\x{2019}]"
_HAN = range(0x4E00, 0xA000)


def normalise(connection: Any, policy: Policy, *, today: int) -> None:
    """Make `came` and `nodes` from `incoming`; `today` is yyyymmdd, later dates of birth are not believed."""
    _names(connection, policy)
    connection.execute(_came_sql(policy, today))
    connection.execute(_NODES)
    connection.execute("DROP TABLE spelled")


def _came_sql(policy: Policy, today: int) -> str:
    """Read each number, tell valid ones from those that only claim something, and join the name as it is spelled.

    Letters are read for digits only where it is not a number already. Recorded changes of numbers are followed.
    """
    letters, digits = literal(policy.ocr.letters), literal(policy.ocr.digits)
    clean = f"upper(translate(regexp_replace(number, '{_BLANKS}', '', 'g'), {literal(_WIDE)}, {literal(_NARROW)}))"
    total = " + ".join(f"body // {10 ** (16 - n)} % 10 * {weight}" for n, weight in enumerate(MOD11_2_WEIGHTS))
    return f"""
CREATE OR REPLACE TEMP TABLE came AS
WITH plain AS (SELECT *, regexp_full_match(number, '[0-9]{{17}}[0-9X]') AS is_plain FROM incoming),
cleaned AS (SELECT *, CASE WHEN is_plain THEN number ELSE {clean} END AS text FROM plain),
read_ AS (
  SELECT * REPLACE (CASE WHEN is_plain THEN text WHEN length(text) IN (15, 18) THEN translate(text, {letters}, {digits}) END AS text)
  FROM cleaned),
split AS (
  SELECT *, length(text) AS len, CASE length(text)
      WHEN 18 THEN TRY_CAST(text[1:17] AS BIGINT) WHEN 15 THEN TRY_CAST(text[1:6] || '19' || text[7:15] AS BIGINT) END AS body,
    CASE WHEN length(text) = 18 THEN CASE text[18] WHEN 'X' THEN 10 ELSE TRY_CAST(text[18] AS INTEGER) END END AS last
  FROM read_),
summed AS (SELECT *, body // 1000 % 100000000 AS born, ({total} + last) % 11 AS total FROM split),
dated AS (
  SELECT *, COALESCE(born BETWEEN 18500101 AND {today} AND born // 100 % 100 BETWEEN 1 AND 12 AND born % 100 BETWEEN 1 AND
    CASE WHEN born // 100 % 100 = 2 THEN CASE WHEN born // 10000 % 4 = 0 AND (born // 10000 % 100 <> 0 OR born // 10000 % 400 = 0)
      THEN 29 ELSE 28 END WHEN born // 100 % 100 IN (4, 6, 9, 11) THEN 30 ELSE 31 END, false) AS is_date FROM summed),
judged AS (
  SELECT dataset, _row, print, single, sex, birth, phone, name AS raw,
    CASE WHEN len = 18 AND total = 1 AND is_date THEN COALESCE(c.new_number, body) END AS number,
    CASE WHEN len = 15 AND is_date THEN COALESCE(c.new_number, body)
      WHEN len = 18 AND body > 0 AND last IS NOT NULL AND (total <> 1 OR NOT is_date) THEN -body END AS claim,
    CASE WHEN len = 18 AND (total <> 1 OR NOT is_date) THEN last END AS last,
    CASE WHEN is_date THEN COALESCE(c.new_number // 1000 % 100000000, born) END AS born,
    COALESCE(c.new_number, body) % 2 AS odd
  FROM dated LEFT JOIN changes c ON c.old_number = body),
typed AS (
  SELECT j.dataset, j._row, j.print, j.single, j.number, j.claim, j.last, j.born, j.odd, s.name, s.sound, s.shape,
    CASE j.sex WHEN '1' THEN 1 WHEN '2' THEN 2 WHEN '男' THEN 1 WHEN '女' THEN 2 END AS sex,
    TRY_CAST(replace(j.birth, '-', '') AS INTEGER) AS birth,
    TRY_CAST(regexp_replace(j.phone, '[^0-9]', '', 'g') AS BIGINT) AS phone
  FROM judged j LEFT JOIN spelled s ON s.raw = j.raw)
SELECT *, CAST(hash(number, claim, last, name, sex, birth, phone,
    CASE WHEN single OR (number IS NULL AND claim IS NULL AND (birth IS NULL OR phone IS NULL))
      THEN dataset || '|' || _row END) >> 1 AS BIGINT) AS node
FROM typed
"""


def _names(connection: Any, policy: Policy) -> None:
    """Write each distinct name in the usual way, in sounds and in shapes."""
    names = connection.sql("SELECT DISTINCT name FROM incoming WHERE name IS NOT NULL").to_arrow_table()
    raw = names.column("name").combine_chunks().cast(pa.string())
    plain = pc.utf8_upper(pc.replace_substring_regex(raw, pattern=f"[{_dots(policy)}]", replacement="·"))
    plain = pc.replace_substring_regex(plain, pattern=r"[\s\x{3000}\x{00a0}\x{200b}]", replacement="")
    plain = pc.if_else(pc.match_substring_regex(plain, r"^·*$"), pa.scalar(None, pa.string()), plain)
    spelled = pa.table({"raw": raw, "name": plain, "sound": sounds(plain), "shape": shapes(plain, policy)})
    connection.register("spelled_arrow", spelled)
    connection.execute("CREATE TEMP TABLE spelled AS FROM spelled_arrow")
    connection.unregister("spelled_arrow")


def _dots(policy: Policy) -> str:
    return "".join(f"\\x{{{ord(dot):x}}}" for dot in policy.name_dots)


def sounds(names: pa.Array) -> pa.Array:
    """Return names with every character replaced by one that stands for its syllable (first reading, without tone)."""
    return _translated(names, _syllables())


def shapes(names: pa.Array, policy: Policy) -> pa.Array:
    """Return names with every character replaced by the first of those that look like it."""
    return _translated(names, {ord(c): ord(group[0]) for group in policy.shape_alike for c in group})


def _translated(names: pa.Array, table: dict[int, int]) -> pa.Array:
    """Translate all names in one call; none of them holds a line feed any more."""
    if not len(names):
        return names
    text = "\n".join(pc.fill_null(names, "").to_pylist())
    return pc.if_else(pc.is_valid(names), pa.array(text.translate(table).split("\n")), pa.scalar(None, pa.string()))


@cache
def _syllables() -> dict[int, int]:
    """Map each Chinese character to a private character that stands for its syllable."""
    codes: dict[str, int] = {}
    found = {}
    for code, syllable in zip(_HAN, lazy_pinyin([chr(c) for c in _HAN], style=Style.NORMAL), strict=True):
        found[code] = 0xE000 + codes.setdefault(syllable, len(codes))
    return found


_NODES = """
CREATE OR REPLACE TEMP TABLE nodes AS
WITH said AS (
  SELECT node, any_value(number) AS number, any_value(claim) AS claim, any_value(last) AS last,
    any_value(born) AS born, any_value(odd) AS odd, any_value(name) AS name, any_value(sound) AS sound,
    any_value(shape) AS shape, any_value(sex) AS sex_row, any_value(birth) AS birth_own, any_value(phone) AS phone,
    COUNT(*) AS size, bool_or(single) AS single
  FROM came GROUP BY node)
SELECT *, birth_own IS NULL AND number IS NULL AND born IS NOT NULL AS birth_guessed,
  COALESCE(birth_own, CASE WHEN number IS NULL THEN born END) AS birth_row,
  CASE WHEN number IS NOT NULL THEN born ELSE COALESCE(birth_own, born) END AS birth,
  CASE WHEN number IS NOT NULL THEN 2 - odd ELSE sex_row END AS sex,
  CASE WHEN birth_own % 100 BETWEEN 1 AND 12 THEN birth_own // 10000 * 10000 + birth_own % 100 * 100 + birth_own // 100 % 100 END
    AS birth_swapped
FROM said
"""
