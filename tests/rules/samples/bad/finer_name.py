@rule("增发养老金", unit="元/月")
def 增发养老金(缴费基数):
    return 缴费基数
