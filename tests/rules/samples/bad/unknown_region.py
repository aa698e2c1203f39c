@rule("增发养老金", region="440000")
def 增发养老金():
    return 0
