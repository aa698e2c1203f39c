-- 账册里正在缴费的人，谁在居民养老或者外地也有参保关系。
WITH insured AS (
  SELECT w.person_no, min(p.id_number) AS id_number, min(p.name) AS name, min(p.region) AS region,
    min(p.employer_uscc) AS employer_uscc, max(p.last_month) AS last_month
  FROM insured_person AS p
  JOIN person AS w ON w.dataset = 'insured_person' AND w._row = p._row
  WHERE p.status = '1'
  GROUP BY w.person_no
),
resident AS (
  SELECT w.person_no, min(r.since) AS since
  FROM resident_pension AS r
  JOIN person AS w ON w.dataset = 'resident_pension' AND w._row = r._row
  WHERE r.status IN ('1', '2')
  GROUP BY w.person_no
),
elsewhere AS (
  SELECT w.person_no, min(e.since) AS since
  FROM pension_elsewhere AS e
  JOIN person AS w ON w.dataset = 'pension_elsewhere' AND w._row = e._row
  WHERE e.status IN ('1', '2')
  GROUP BY w.person_no
)
SELECT p.person_no, p.id_number, p.name, p.region, p.employer_uscc, p.last_month,
  COALESCE(least(r.since, e.since), r.since, e.since) AS since,
  CASE WHEN e.person_no IS NULL THEN '1' WHEN r.person_no IS NULL THEN '2' ELSE '3' END AS other
FROM insured AS p
LEFT JOIN resident AS r ON r.person_no = p.person_no
LEFT JOIN elsewhere AS e ON e.person_no = p.person_no
WHERE r.person_no IS NOT NULL OR e.person_no IS NOT NULL
ORDER BY other, person_no
