-- 在发职工待遇的人里，谁在居民养老或者外地也是待遇领取状态。
WITH payee AS (
  SELECT w.person_no, min(p.id_number) AS id_number, min(p.name) AS name, min(p.region) AS region,
    min(p.award_no) AS award_no, sum(p.monthly_fen) AS monthly_fen, min(p.start) AS start
  FROM pension_in_payment AS p
  JOIN person AS w ON w.dataset = 'pension_in_payment' AND w._row = p._row
  WHERE p.suspended = '0'
  GROUP BY w.person_no
),
resident AS (
  SELECT w.person_no, max(r.monthly_fen) AS monthly_fen, min(r.since) AS since
  FROM resident_pension AS r
  JOIN person AS w ON w.dataset = 'resident_pension' AND w._row = r._row
  WHERE r.status = '2'
  GROUP BY w.person_no
),
elsewhere AS (
  SELECT w.person_no, max(e.monthly_fen) AS monthly_fen, min(e.since) AS since
  FROM pension_elsewhere AS e
  JOIN person AS w ON w.dataset = 'pension_elsewhere' AND w._row = e._row
  WHERE e.status = '2'
  GROUP BY w.person_no
)
SELECT p.person_no, p.id_number, p.name, p.region, p.award_no, p.monthly_fen, r.monthly_fen AS resident_fen,
  e.monthly_fen AS elsewhere_fen, greatest(p.start, COALESCE(least(r.since, e.since), r.since, e.since)) AS since,
  CASE WHEN e.person_no IS NULL THEN '1' WHEN r.person_no IS NULL THEN '2' ELSE '3' END AS other
FROM payee AS p
LEFT JOIN resident AS r ON r.person_no = p.person_no
LEFT JOIN elsewhere AS e ON e.person_no = p.person_no
WHERE r.person_no IS NOT NULL OR e.person_no IS NOT NULL
ORDER BY since, person_no
