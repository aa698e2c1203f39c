-- 一年里最早三个月与最近三个月的开票相比；再看个税申报人数是不是也在减少。
WITH placed AS (
  SELECT uscc, month, sales_fen, headcount,
    row_number() OVER (PARTITION BY uscc ORDER BY month DESC) AS back,
    row_number() OVER (PARTITION BY uscc ORDER BY month) AS place
  FROM enterprise_sales
),
trend AS (
  SELECT uscc, sum(CASE WHEN place <= 3 THEN sales_fen ELSE 0 END) AS before_fen,
    sum(CASE WHEN back <= 3 THEN sales_fen ELSE 0 END) AS now_fen,
    max(CASE WHEN back = 4 THEN headcount END) AS heads_before, max(CASE WHEN back = 1 THEN headcount END) AS heads_now
  FROM placed
  GROUP BY uscc
  HAVING count(*) >= 6
),
fallen AS (
  SELECT uscc, before_fen, now_fen, heads_before, heads_now, (before_fen - now_fen) * 100 // before_fen AS fall
  FROM trend
  WHERE before_fen > 0
)
SELECT t.uscc, e.name, e.region, e.headcount AS insured, t.before_fen, t.now_fen, t.fall, t.heads_before, t.heads_now,
  CASE WHEN t.heads_now < t.heads_before THEN '1' ELSE '2' END AS level
FROM fallen AS t
JOIN insured_employer AS e ON e.uscc = t.uscc
WHERE t.fall >= $drop AND e.closed_on IS NULL
ORDER BY fall DESC, uscc
