-- 户籍正常、没有死亡记录、到了年龄的人，本地职工、居民、外地三处都没有领待遇，也不在缴费。
-- 同号异名或同名同生日的记录已在别处参保或领取的，多半是登记有误而没有归并，排在最后，先核对。
WITH living AS (
  SELECT w.person_no, min(p.id_number) AS id_number, min(p.name) AS name, min(p.region) AS region,
    min(p.born_on) AS born_on, max(CASE WHEN p.status = '1' THEN 0 ELSE 1 END) AS gone
  FROM population AS p
  JOIN person AS w ON w.dataset = 'population' AND w._row = p._row
  GROUP BY w.person_no
),
away AS (
  SELECT w.person_no FROM cremation AS c JOIN person AS w ON w.dataset = 'cremation' AND w._row = c._row
  UNION
  SELECT w.person_no FROM death_certificate AS c
  JOIN person AS w ON w.dataset = 'death_certificate' AND w._row = c._row
  UNION
  SELECT w.person_no FROM insured_person AS i JOIN person AS w ON w.dataset = 'insured_person' AND w._row = i._row
  WHERE i.status IN ('1', '3', '4')
  UNION
  SELECT w.person_no FROM pension_in_payment AS p
  JOIN person AS w ON w.dataset = 'pension_in_payment' AND w._row = p._row
  UNION
  SELECT w.person_no FROM resident_pension AS r JOIN person AS w ON w.dataset = 'resident_pension' AND w._row = r._row
  WHERE r.status IN ('1', '2')
  UNION
  SELECT w.person_no FROM pension_elsewhere AS e
  JOIN person AS w ON w.dataset = 'pension_elsewhere' AND w._row = e._row
),
claims AS (
  SELECT id_number, name, born_on FROM insured_person WHERE status IN ('1', '3')
  UNION ALL SELECT id_number, name, born_on FROM resident_pension WHERE status IN ('1', '2')
  UNION ALL SELECT id_number, name, born_on FROM pension_elsewhere
),
same_number AS (SELECT DISTINCT id_number FROM claims),
same_name AS (SELECT DISTINCT name, born_on FROM claims),
paid AS (
  SELECT w.person_no, max(i.paid_months) AS months
  FROM insured_person AS i JOIN person AS w ON w.dataset = 'insured_person' AND w._row = i._row
  GROUP BY w.person_no
),
old AS (
  SELECT person_no, id_number, name, region, born_on, (year($on) * 10000 + month($on) * 100 + day($on)
    - year(born_on) * 10000 - month(born_on) * 100 - day(born_on)) // 10000 AS age
  FROM living
  WHERE gone = 0
)
SELECT o.person_no, o.id_number, o.name, o.region, o.age, COALESCE(p.months, 0) AS paid_months,
  CASE WHEN COALESCE(p.months, 0) > 0 THEN '2' ELSE '1' END AS advice,
  CASE WHEN n.id_number IS NOT NULL THEN '1' WHEN k.name IS NOT NULL THEN '2' ELSE '0' END AS doubt
FROM old AS o
LEFT JOIN away AS a ON a.person_no = o.person_no
LEFT JOIN paid AS p ON p.person_no = o.person_no
LEFT JOIN same_number AS n ON n.id_number = o.id_number
LEFT JOIN same_name AS k ON k.name = o.name AND k.born_on = o.born_on
WHERE a.person_no IS NULL AND o.age >= $age
ORDER BY doubt, age DESC, person_no
