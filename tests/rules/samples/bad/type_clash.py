@rule("增发养老金", unit="元/月")
def 增发养老金(出生年月, 缴费年限):
    return 1 if 出生年月 > 缴费年限 else 0
