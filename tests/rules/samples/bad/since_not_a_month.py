@rule("增发养老金", since="2006年")
def 增发养老金():
    return 0
