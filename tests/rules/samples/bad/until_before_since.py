@rule("增发养老金", since="2006-01", until="2005-01")
def 增发养老金():
    return 0
