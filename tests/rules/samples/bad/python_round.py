@rule("增发养老金", unit="元/月")
def 增发养老金(缴费年限):
    return round(缴费年限, 2)
