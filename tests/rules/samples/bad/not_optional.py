@rule("办理年月")
def 办理年月(出生年月):
    return 出生年月 if 未填(出生年月) else 出生年月
