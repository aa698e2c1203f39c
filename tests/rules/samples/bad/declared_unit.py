@rule("增发养老金", unit="元")
def 增发养老金():
    return 0
