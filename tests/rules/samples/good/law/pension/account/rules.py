@rule("月缴费指数", cites="#index", grain="月", until="2021-01")
def 月缴费指数(缴费基数, 月平均工资):
    return 缴费基数 / 月平均工资


@rule("月缴费指数", cites="#index", grain="月", since="2021-01")
def 月缴费指数(缴费基数, 月平均工资, 年度):
    return 缴费基数 / 按年(月平均工资, 年度 - 1)


@rule("平均缴费工资指数", cites="#index")
def 平均缴费工资指数(月缴费指数, 视同缴费月数):
    return 四舍五入((合计(月缴费指数) + 视同缴费月数) / (计数(月缴费指数 > 0) + 视同缴费月数), 4)


@rule("缴费月数", unit="月", cites="#index")
def 缴费月数(缴费基数, 视同缴费月数):
    return 计数(缴费基数 > 0) + 视同缴费月数


@rule("缴费年限", unit="年", cites="#index")
def 缴费年限(缴费月数):
    return 缴费月数 / 12


@rule("年记账额", unit="元", cites="#interest", grain="年")
def 年记账额(缴费基数, 记账比例):
    return 四舍五入(合计(缴费基数 * 记账比例), 2)


@rule("年末储存额", unit="元", cites="#interest", grain="年")
def 年末储存额(年末储存额, 年记账额, 记账利率):
    return 四舍五入(上年(年末储存额, 0) * (1 + 记账利率) + 年记账额 * (1 + 记账利率 * 1.083 / 2), 2)


@rule("个人账户储存额", unit="元", cites="#interest")
def 个人账户储存额(年末储存额, 出生年月):
    return 取年(年末储存额, 年份(出生年月) + 60, 0)


@rule("个人账户养老金", unit="元/月", cites="pension/basic#table")
def 个人账户养老金(个人账户储存额, 计发月数表, 退休年龄):
    return 四舍五入(个人账户储存额 / 查表(计发月数表, 满岁(退休年龄)), 2)
