@rule("增发养老金", unit="元/月", cites="#extra", since="2018-01", until="2021-01")
def 增发养老金():
    return 50


@rule("增发养老金", unit="元/月", cites="#extra", since="2021-01")
def 增发养老金():
    return 60
