@rule("缴费年限", unit="年", cites="#sc-years", since="2006-01", until="2021-01", confidence="A-")
def 缴费年限(累计缴费月数):
    """累计缴费月数除以 12，不取整。"""
    if 累计缴费月数 == 0:
        return 拒绝("没有缴费记录，也没有给定缴费年限")
    return 累计缴费月数 / 12


@rule("缴费年限", unit="年", cites="#sc-years", since="2021-01", until="2023-01", confidence="C",
      note="2021、2022 年没有见到审批表，暂按未取整")
def 缴费年限(累计缴费月数):
    """累计缴费月数除以 12，不取整。"""
    if 累计缴费月数 == 0:
        return 拒绝("没有缴费记录，也没有给定缴费年限")
    return 累计缴费月数 / 12


@rule("缴费年限", unit="年", cites="#sc-years", since="2023-01", confidence="A-")
def 缴费年限(累计缴费月数):
    """累计缴费月数折合为年，四舍五入到两位小数。"""
    if 累计缴费月数 == 0:
        return 拒绝("没有缴费记录，也没有给定缴费年限")
    return 四舍五入(累计缴费月数 / 12, 2)


@rule("建账前缴费年限", unit="年", cites="#sc-account-start #sc-years", since="2006-01", until="2021-01", confidence="A-")
def 建账前缴费年限(建账前缴费月数):
    """没有建立个人账户的月数除以 12，不取整。"""
    return 建账前缴费月数 / 12


@rule("建账前缴费年限", unit="年", cites="#sc-account-start #sc-years", since="2021-01", until="2023-01", confidence="C",
      note="2021、2022 年没有见到审批表，暂按未取整")
def 建账前缴费年限(建账前缴费月数):
    """没有建立个人账户的月数除以 12，不取整。"""
    return 建账前缴费月数 / 12


@rule("建账前缴费年限", unit="年", cites="#sc-account-start #sc-years", since="2023-01", confidence="A-")
def 建账前缴费年限(建账前缴费月数):
    """没有建立个人账户的月数折合为年，四舍五入到两位小数。"""
    return 四舍五入(建账前缴费月数 / 12, 2)
