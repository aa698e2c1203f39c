-- 同一单位的备案合同、最近一个月的个税工资、账册里的在职参保人数，逐单位对账。
WITH newest AS (SELECT max(month) AS month FROM tax_wage),
waged AS (
  SELECT t.employer_uscc AS uscc, count(DISTINCT w.person_no) AS people, sum(t.income_fen) AS income_fen,
    count(*) AS declared
  FROM tax_wage AS t
  JOIN newest AS n ON n.month = t.month
  JOIN person AS w ON w.dataset = 'tax_wage' AND w._row = t._row
  GROUP BY t.employer_uscc
),
contracts AS (
  SELECT c.employer_uscc AS uscc, count(DISTINCT w.person_no) AS people
  FROM labour_contract AS c JOIN person AS w ON w.dataset = 'labour_contract' AND w._row = c._row
  WHERE c.status = '1'
  GROUP BY c.employer_uscc
),
insured AS (
  SELECT employer_uscc AS uscc, count(*) AS people FROM insured_person WHERE status = '1' GROUP BY employer_uscc
),
told AS (
  SELECT e.uscc, e.name, e.region, COALESCE(m.status, '0') AS status, COALESCE(c.people, 0) AS contracts,
    COALESCE(g.people, 0) AS waged, COALESCE(i.people, 0) AS insured,
    COALESCE(g.people, 0) - COALESCE(i.people, 0) AS gap, g.income_fen // g.declared AS mean_fen
  FROM insured_employer AS e
  LEFT JOIN enterprise AS m ON m.uscc = e.uscc
  LEFT JOIN contracts AS c ON c.uscc = e.uscc
  LEFT JOIN waged AS g ON g.uscc = e.uscc
  LEFT JOIN insured AS i ON i.uscc = e.uscc
)
SELECT uscc, name, region, status, contracts, waged, insured, gap, mean_fen,
  CASE WHEN status IN ('2', '3') AND insured > 0 THEN '1' WHEN gap >= 3 THEN '2' WHEN gap > 0 THEN '3'
    WHEN gap = 0 THEN '4' ELSE '5' END AS band
FROM told
ORDER BY band, gap DESC, uscc
