@rule("增发养老金", grain="日")
def 增发养老金():
    return 0
