@rule("预发计发基数", unit="元/月", cites="#provisional", since="2006-01", confidence="A-")
def 预发计发基数(公布计发基数, 退休年月):
    """退休上一年度公布的计发基数。"""
    return 按年(公布计发基数, 年份(退休年月) - 1)


@rule("重核差额", unit="元/月", cites="#recompute", since="2006-01", confidence="A-")
def 重核差额(基本养老金, 预发基本养老金):
    """按公布后的计发基数重新核定的基本养老金减去预发的基本养老金。"""
    return 基本养老金 - 预发基本养老金


@rule("重核补发金额", unit="元", cites="#recompute", since="2006-01", confidence="A-")
def 重核补发金额(重核差额, 预发月数):
    """每月差额乘以已预发的月数。"""
    return 重核差额 * 预发月数
