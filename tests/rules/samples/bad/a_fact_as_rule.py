@rule("出生年月")
def 出生年月(选择年月):
    return 选择年月
