@rule("增发养老金", units="元")
def 增发养老金():
    return 0
