@rule("增发养老金", unit="元/月")
def 增发养老金(出生年月):
    return 出生年月.year
