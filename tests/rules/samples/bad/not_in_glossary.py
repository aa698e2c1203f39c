@rule("增发养老津")
def 增发养老津():
    return 0
