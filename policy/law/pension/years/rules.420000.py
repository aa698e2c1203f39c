@rule("缴费年限", unit="年", cites="#38-6 #hb-years", since="2006-01", confidence="A-")
def 缴费年限(累计缴费月数):
    """累计缴费月数折合为年，四舍五入到两位小数。"""
    if 累计缴费月数 == 0:
        return 拒绝("没有缴费记录，也没有给定缴费年限")
    return 四舍五入(累计缴费月数 / 12, 2)


@rule("视同缴费年限", unit="年", cites="#hb-account-start #hb-years", since="2006-01", confidence="A-")
def 视同缴费年限(建账前缴费月数):
    """1996 年 1 月建立个人账户以前的连续工龄折合为年，四舍五入到两位小数。"""
    return 四舍五入(建账前缴费月数 / 12, 2)


@rule("建账前缴费年限", unit="年", cites="#hb-account-start #hb-years", since="2006-01", confidence="A-")
def 建账前缴费年限(建账前缴费月数):
    """与视同缴费年限同口径。"""
    return 四舍五入(建账前缴费月数 / 12, 2)
