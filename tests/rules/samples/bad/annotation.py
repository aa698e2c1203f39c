@rule("增发养老金", unit="元/月")
def 增发养老金(视同缴费月数: int):
    return 视同缴费月数
