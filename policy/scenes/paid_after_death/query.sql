-- 在发待遇的人里，谁在民政、卫健、公安任何一家有死亡记录；死亡次月起已发的待遇合计多少。
WITH payee AS (
  SELECT w.person_no, min(p.id_number) AS id_number, min(p.name) AS name, min(p.region) AS region,
    min(p.award_no) AS award_no, sum(p.monthly_fen) AS monthly_fen
  FROM pension_in_payment AS p
  JOIN person AS w ON w.dataset = 'pension_in_payment' AND w._row = p._row
  WHERE p.suspended = '0'
  GROUP BY w.person_no
),
death AS (
  SELECT w.person_no, c.died_on AS cremation_on, CAST(NULL AS DATE) AS certificate_on, CAST(NULL AS DATE) AS cancelled_on
  FROM cremation AS c JOIN person AS w ON w.dataset = 'cremation' AND w._row = c._row
  UNION ALL
  SELECT w.person_no, CAST(NULL AS DATE), c.died_on, CAST(NULL AS DATE)
  FROM death_certificate AS c JOIN person AS w ON w.dataset = 'death_certificate' AND w._row = c._row
  UNION ALL
  SELECT w.person_no, CAST(NULL AS DATE), CAST(NULL AS DATE), c.changed_on
  FROM population AS c JOIN person AS w ON w.dataset = 'population' AND w._row = c._row
  WHERE c.status = '2'
),
dead AS (
  SELECT person_no, min(COALESCE(cremation_on, certificate_on, cancelled_on)) AS died_on,
    min(cremation_on) AS cremation_on, min(certificate_on) AS certificate_on, min(cancelled_on) AS cancelled_on
  FROM death
  GROUP BY person_no
),
paid AS (
  SELECT w.person_no, count(*) AS months, sum(y.amount_fen) AS amount_fen
  FROM pension_payment AS y
  JOIN person AS w ON w.dataset = 'pension_payment' AND w._row = y._row
  JOIN dead AS d ON d.person_no = w.person_no
  WHERE y.status = '2' AND y.month > year(d.died_on) * 100 + month(d.died_on)
  GROUP BY w.person_no
)
SELECT p.person_no, p.id_number, p.name, p.region, p.award_no, p.monthly_fen, d.died_on, d.cremation_on,
  d.certificate_on, d.cancelled_on, COALESCE(y.months, 0) AS overpaid_months, COALESCE(y.amount_fen, 0) AS overpaid_fen
FROM payee AS p
JOIN dead AS d ON d.person_no = p.person_no
LEFT JOIN paid AS y ON y.person_no = p.person_no
WHERE d.died_on <= $on
ORDER BY overpaid_fen DESC, person_no
