@rule("增发养老金", unit="元/月")
def 增发养老金(增发养老金):
    return 增发养老金 + 1
