-- 在发待遇的人最近的就诊、医保结算（药店购药除外，常由家人代购）、实名入馆、本人银行交易；有死亡记录的不算。
WITH payee AS (
  SELECT w.person_no, min(p.id_number) AS id_number, min(p.name) AS name, min(p.region) AS region,
    min(p.award_no) AS award_no
  FROM pension_in_payment AS p
  JOIN person AS w ON w.dataset = 'pension_in_payment' AND w._row = p._row
  WHERE p.suspended = '0'
  GROUP BY w.person_no
),
trace AS (
  SELECT w.person_no, v.visited_on AS seen_on, '1' AS source
  FROM medical_visit AS v JOIN person AS w ON w.dataset = 'medical_visit' AND w._row = v._row
  UNION ALL
  SELECT w.person_no, s.settled_on, '2'
  FROM medical_settlement AS s JOIN person AS w ON w.dataset = 'medical_settlement' AND w._row = s._row
  WHERE s.kind <> '4'
  UNION ALL
  SELECT w.person_no, v.entered_on, '3'
  FROM venue_entry AS v JOIN person AS w ON w.dataset = 'venue_entry' AND w._row = v._row
  UNION ALL
  SELECT w.person_no, b.last_active_on, '4'
  FROM pension_account AS b JOIN person AS w ON w.dataset = 'pension_account' AND w._row = b._row
  WHERE b.status = '1'
),
dead AS (
  SELECT w.person_no FROM cremation AS c JOIN person AS w ON w.dataset = 'cremation' AND w._row = c._row
  UNION
  SELECT w.person_no FROM death_certificate AS c
  JOIN person AS w ON w.dataset = 'death_certificate' AND w._row = c._row
  UNION
  SELECT w.person_no FROM population AS p JOIN person AS w ON w.dataset = 'population' AND w._row = p._row
  WHERE p.status = '2'
),
recent AS (
  SELECT person_no, seen_on, source,
    row_number() OVER (PARTITION BY person_no ORDER BY seen_on DESC, source) AS place
  FROM trace
  WHERE seen_on <= $on AND date_diff('day', seen_on, $on) <= $days
),
seen AS (
  SELECT person_no, max(seen_on) AS last_on, count(*) AS traces, count(DISTINCT source) AS sources,
    max(CASE WHEN place = 1 THEN source END) AS last_source
  FROM recent
  GROUP BY person_no
)
SELECT p.person_no, p.id_number, p.name, p.region, p.award_no, s.last_on, s.traces, s.sources, s.last_source
FROM payee AS p
JOIN seen AS s ON s.person_no = p.person_no
LEFT JOIN dead AS d ON d.person_no = p.person_no
WHERE d.person_no IS NULL AND s.sources >= $sources
ORDER BY last_on, person_no
