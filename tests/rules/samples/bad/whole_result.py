@rule("缴费月数", unit="月")
def 缴费月数(缴费年限):
    return 缴费年限 * 12
