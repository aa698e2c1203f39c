@rule("增发养老金", unit="元/月")
def 增发养老金(缴费年限):
    if 缴费年限 > 15:
        return 1
    else:
        return 2
    return 3
