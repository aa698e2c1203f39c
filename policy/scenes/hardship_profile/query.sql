-- 登记失业的人，逐项看困难；至少有一项的列出。
WITH seeker AS (
  SELECT w.person_no, min(s.id_number) AS id_number, min(s.name) AS name, min(s.sex) AS sex,
    min(s.born_on) AS born_on, min(s.registered_on) AS registered_on
  FROM job_seeker AS s
  JOIN person AS w ON w.dataset = 'job_seeker' AND w._row = s._row
  WHERE s.status = '1' AND s.registered_on <= $on
  GROUP BY w.person_no
),
living AS (
  SELECT w.person_no, min(p.region) AS region, min(p.id_number) AS id_number, min(p.born_on) AS born_on
  FROM population AS p JOIN person AS w ON w.dataset = 'population' AND w._row = p._row
  GROUP BY w.person_no
),
disabled AS (
  SELECT DISTINCT w.person_no
  FROM disability AS d JOIN person AS w ON w.dataset = 'disability' AND w._row = d._row
  WHERE d.status = '1'
),
poor AS (
  SELECT DISTINCT w.person_no
  FROM low_income AS p JOIN person AS w ON w.dataset = 'low_income' AND w._row = p._row
  WHERE p.category IN ('1', '2')
),
told AS (
  SELECT s.person_no, COALESCE(l.id_number, s.id_number) AS id_number, s.name, l.region, s.sex, s.registered_on,
    (year($on) * 10000 + month($on) * 100 + day($on) - year(COALESCE(l.born_on, s.born_on)) * 10000
      - month(COALESCE(l.born_on, s.born_on)) * 100 - day(COALESCE(l.born_on, s.born_on))) // 10000 AS age,
    CASE WHEN d.person_no IS NULL THEN 0 ELSE 1 END AS is_disabled,
    CASE WHEN p.person_no IS NULL THEN 0 ELSE 1 END AS is_poor,
    CASE WHEN date_diff('day', s.registered_on, $on) >= $days THEN 1 ELSE 0 END AS is_long
  FROM seeker AS s
  LEFT JOIN living AS l ON l.person_no = s.person_no
  LEFT JOIN disabled AS d ON d.person_no = s.person_no
  LEFT JOIN poor AS p ON p.person_no = s.person_no
),
judged AS (
  SELECT person_no, id_number, name, region, age, registered_on, is_disabled, is_poor, is_long,
    CASE WHEN (sex = '1' AND age >= $man) OR (sex = '2' AND age >= $woman) THEN 1 ELSE 0 END AS is_old
  FROM told
)
SELECT person_no, id_number, name, region, age, registered_on, CAST(is_old AS VARCHAR) AS is_old,
  CAST(is_disabled AS VARCHAR) AS is_disabled, CAST(is_poor AS VARCHAR) AS is_poor, CAST(is_long AS VARCHAR) AS is_long,
  is_old + is_disabled + is_poor + is_long AS hardships,
  CASE WHEN is_disabled = 1 THEN '1' WHEN is_poor = 1 THEN '2' WHEN is_old = 1 THEN '3' ELSE '4' END AS main
FROM judged
WHERE is_old + is_disabled + is_poor + is_long > 0
ORDER BY hardships DESC, person_no
