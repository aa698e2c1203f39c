@rule("增发养老金", unit="元/月", grain="年")
def 增发养老金():
    return 0
