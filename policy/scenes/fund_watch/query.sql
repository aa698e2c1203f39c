-- 可支付月数 = 月末累计结余 ÷ 最近十二个月（不足则按已有月份）的平均支出，取整。
WITH run AS (
  SELECT region, fund, month, income_fen, expense_fen, balance_fen,
    sum(expense_fen) OVER (PARTITION BY region, fund ORDER BY month ROWS BETWEEN 11 PRECEDING AND CURRENT ROW) AS spent,
    count(*) OVER (PARTITION BY region, fund ORDER BY month ROWS BETWEEN 11 PRECEDING AND CURRENT ROW) AS months
  FROM fund_month
)
SELECT region, fund, month, income_fen, expense_fen, income_fen - expense_fen AS surplus_fen, balance_fen,
  CASE WHEN spent > 0 AND balance_fen > 0 THEN balance_fen * months // spent END AS payable_months
FROM run
ORDER BY region, fund, month
