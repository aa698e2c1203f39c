@rule("办理方式", region="510000")
def 办理方式(出生年月, 办理年月):
    return "早" if 办理年月 < 出生年月 + 720 else "按时"
