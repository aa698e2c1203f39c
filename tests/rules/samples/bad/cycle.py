@rule("缴费月数", unit="月", region="420000")
def 缴费月数(缴费年限):
    return 四舍五入(缴费年限 * 12)
