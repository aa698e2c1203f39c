-- 合同履行中、个税有工资的人，账册里不在缴费也不在领待遇，外地也没有参保。
-- 同号异名或同一单位同名的职工已参保的，多半是登记有误而没有归并，排在最后，先核对。
WITH wage AS (
  SELECT w.person_no, count(DISTINCT t.month) AS months, max(t.income_fen) AS wage_fen
  FROM tax_wage AS t
  JOIN person AS w ON w.dataset = 'tax_wage' AND w._row = t._row
  GROUP BY w.person_no
),
contract AS (
  SELECT w.person_no, min(c.id_number) AS id_number, min(c.name) AS name, min(c.employer_uscc) AS employer_uscc,
    min(c.starts_on) AS starts_on
  FROM labour_contract AS c
  JOIN person AS w ON w.dataset = 'labour_contract' AND w._row = c._row
  WHERE c.status = '1' AND (c.ends_on IS NULL OR c.ends_on >= $on)
  GROUP BY w.person_no
),
living AS (
  SELECT w.person_no, min(p.region) AS region, min(p.born_on) AS born_on, min(p.id_number) AS id_number
  FROM population AS p
  JOIN person AS w ON w.dataset = 'population' AND w._row = p._row
  GROUP BY w.person_no
),
covered AS (
  SELECT w.person_no FROM insured_person AS i
  JOIN person AS w ON w.dataset = 'insured_person' AND w._row = i._row WHERE i.status IN ('1', '3')
  UNION
  SELECT w.person_no FROM pension_elsewhere AS e
  JOIN person AS w ON w.dataset = 'pension_elsewhere' AND w._row = e._row
),
same_number AS (SELECT DISTINCT id_number FROM insured_person WHERE status IN ('1', '3')),
same_name AS (SELECT DISTINCT name, employer_uscc FROM insured_person WHERE status = '1')
SELECT c.person_no, COALESCE(l.id_number, c.id_number) AS id_number, c.name, l.region, c.employer_uscc, c.starts_on,
  g.months AS wage_months, g.wage_fen,
  CASE WHEN n.id_number IS NOT NULL THEN '1' WHEN k.name IS NOT NULL THEN '2' ELSE '0' END AS doubt
FROM contract AS c
JOIN wage AS g ON g.person_no = c.person_no
LEFT JOIN living AS l ON l.person_no = c.person_no
LEFT JOIN covered AS v ON v.person_no = c.person_no
LEFT JOIN same_number AS n ON n.id_number = COALESCE(l.id_number, c.id_number)
LEFT JOIN same_name AS k ON k.name = c.name AND k.employer_uscc = c.employer_uscc
WHERE v.person_no IS NULL AND g.months >= $months
  AND (l.born_on IS NULL OR (year($on) * 10000 + month($on) * 100 + day($on)
    - year(l.born_on) * 10000 - month(l.born_on) * 100 - day(l.born_on)) // 10000 < $age)
ORDER BY doubt, employer_uscc, person_no
