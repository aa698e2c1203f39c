"""The functions that SQL of the workbench may call: those that compute from their arguments and nothing else.

Left out on purpose: whatever reads files, settings, the catalogue or the environment; whatever gives another answer
each time (random, the clock), because what was previewed must be what is delivered; and what makes long texts out of
nothing.
"""

from __future__ import annotations

_OPERATORS = "+ - * / // % ^ ** || ~~ !~~ ~~* !~~* ~ !~ ~~~ & | << >> @ !"
_NUMBERS = """
abs ceil ceiling floor round round_even trunc sign mod greatest least sqrt pow power exp ln log log2 log10 gcd lcm even
divide fdiv fmod isnan isinf isfinite
"""
_TEXTS = """
length len strlen char_length character_length lower upper lcase ucase trim ltrim rtrim left right substr substring
substring_grapheme left_grapheme right_grapheme length_grapheme replace translate reverse concat concat_ws contains
starts_with ends_with prefix suffix position strpos instr split_part string_split str_split string_to_array
regexp_matches regexp_replace regexp_extract regexp_extract_all regexp_full_match like_escape
not_like_escape ilike_escape
not_ilike_escape ascii unicode chr strip_accents nfc_normalize levenshtein editdist3 jaccard damerau_levenshtein
jaro_similarity jaro_winkler_similarity hamming mismatches
"""
_DATES = """
date_part datepart date_trunc datetrunc date_diff datediff date_sub datesub date_add year month day quarter week
weekofyear dayofweek isodow dayofyear isoyear yearweek last_day make_date strftime strptime
try_strptime age to_years to_months
to_days to_weeks to_hours to_minutes to_seconds to_quarters monthname dayname epoch date
"""
_CHOICES = "coalesce ifnull nullif if try typeof"
_LISTS = """
list_value list_contains list_has array_contains list_position list_extract array_extract
struct_extract struct_pack row
list_sort list_distinct list_unique list_transform list_filter list_sum list_min list_max list_count list_aggregate
array_length cardinality array_to_string list_concat list_slice array_slice unnest
"""
_TOGETHER = """
count count_star count_if countif sum sum_no_overflow avg mean min max median mode quantile quantile_cont quantile_disc
stddev stddev_samp stddev_pop variance var_samp var_pop first last any_value arg_min arg_max min_by max_by string_agg
group_concat listagg list array_agg bool_and bool_or bit_and bit_or bit_xor product
approx_count_distinct histogram corr
covar_pop covar_samp regr_slope regr_intercept skewness kurtosis entropy grouping grouping_id
"""
_WINDOWS = (
    "row_number rank dense_rank rank_dense percent_rank cume_dist ntile lag lead first_value last_value nth_value"
)

ALLOWED = frozenset(" ".join((_OPERATORS, _NUMBERS, _TEXTS, _DATES, _CHOICES, _LISTS, _TOGETHER, _WINDOWS)).split())
TABLES = frozenset({"unnest", "range", "generate_series"})
"""Functions that may stand in FROM."""
CHANGING = frozenset(
    """
    current_date current_time current_timestamp localtime localtimestamp user current_user session_user current_role
    current_catalog current_schema
    """.split()  # noqa: SIM905  # a list of names is read more easily so
)
"""Words that look like columns and say another thing each time or to each person."""
