-- 在发待遇的人里，谁在押；或者有正在执行的实刑判决，而监狱没有他已释放或监外执行的记录。
WITH payee AS (
  SELECT w.person_no, min(p.id_number) AS id_number, min(p.name) AS name, min(p.region) AS region,
    min(p.award_no) AS award_no, sum(p.monthly_fen) AS monthly_fen
  FROM pension_in_payment AS p
  JOIN person AS w ON w.dataset = 'pension_in_payment' AND w._row = p._row
  WHERE p.suspended = '0'
  GROUP BY w.person_no
),
held AS (
  SELECT w.person_no, min(f.admitted_on) AS since_on, max(f.release_due_on) AS until_on,
    max(CASE WHEN f.status = '1' AND f.release_due_on > $on THEN 1 ELSE 0 END) AS now
  FROM prisoner AS f
  JOIN person AS w ON w.dataset = 'prisoner' AND w._row = f._row
  GROUP BY w.person_no
),
judged AS (
  SELECT w.person_no, min(j.starts_on) AS since_on, max(j.ends_on) AS until_on
  FROM criminal_judgment AS j
  JOIN person AS w ON w.dataset = 'criminal_judgment' AND w._row = j._row
  WHERE j.sentence IN ('1', '3') AND j.starts_on <= $on AND j.ends_on > $on
  GROUP BY w.person_no
)
SELECT p.person_no, p.id_number, p.name, p.region, p.award_no, p.monthly_fen,
  COALESCE(h.since_on, j.since_on) AS since_on, COALESCE(h.until_on, j.until_on) AS until_on,
  CASE WHEN h.now = 1 THEN '1' ELSE '0' END AS in_prison,
  CASE WHEN j.person_no IS NULL THEN '0' ELSE '1' END AS judged
FROM payee AS p
LEFT JOIN held AS h ON h.person_no = p.person_no
LEFT JOIN judged AS j ON j.person_no = p.person_no
WHERE h.now = 1 OR (h.person_no IS NULL AND j.person_no IS NOT NULL)
ORDER BY until_on DESC, person_no
