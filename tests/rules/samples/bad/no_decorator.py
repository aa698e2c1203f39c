def 增发养老金():
    return 0
