-- 归并为同一个人的全部行；页面再从每张表取出该行的各列。
SELECT w.dataset, w._row AS row, w.link
FROM person AS w
WHERE w.person_no = $person_no
ORDER BY dataset, row
