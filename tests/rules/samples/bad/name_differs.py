@rule("增发养老金")
def 增发():
    return 0
