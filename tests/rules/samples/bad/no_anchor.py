@rule("增发养老金", cites="pension/basic#6-3")
def 增发养老金():
    return 0
