@rule("增发养老金", unit="元/月")
def 增发养老金(退休类别):
    return 1 if 退休类别 in ("男职工", "女职工") else 0
