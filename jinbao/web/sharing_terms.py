"""Terms of the application for data, as policy/ writes them; listed to be translated."""

from __future__ import annotations

from django.utils.translation import gettext_noop

FORM = (
    gettext_noop("申请单位统一社会信用代码"),
    gettext_noop("须已登记为合作单位"),
    gettext_noop("资源代码"),
    gettext_noop("共享目录所列的英文代码"),
    gettext_noop("用途"),
    gettext_noop("用于办理什么业务"),
    gettext_noop("法定职责依据"),
    gettext_noop("法律、法规或规章的名称和条款"),
    gettext_noop("只选所需的字段；个人信息一律脱敏，确需原值的另行勾选并在用途中说明必要性"),
    gettext_noop("各条件须同时满足；不填为全部"),
    gettext_noop("比对核验（只回答是否）"),
    gettext_noop("接口查询"),
    gettext_noop("接口查询和比对核验"),
    gettext_noop("接口、比对和文件"),
    gettext_noop("使用起日"),
    gettext_noop("使用止日"),
    gettext_noop("如 2026-12-31，一次最长三年"),
    gettext_noop("如 2026-03-20"),
    gettext_noop("每日用量"),
    gettext_noop("每日查询、比对的行数合计"),
    gettext_noop("每秒次数"),
    gettext_noop("政务数据共享"),
    gettext_noop(
        "因履行法定职责需要使用本中心数据的单位，按资源申请；写明用途、依据、字段、范围、期限和用量，只给所需的最少数据。"
    ),
    gettext_noop("授权自使用起日生效；同一资源原有的授权由新授权替代。不予共享的，写明理由和依据。"),
    gettext_noop("职责依据文件"),
    gettext_noop("规范性文件、协议或会议纪要，可只写名称和文号"),
    gettext_noop("申请单位"),
    gettext_noop("公民身份号码"),
    gettext_noop("证件号码"),
    gettext_noop("姓名"),
    gettext_noop("金额"),
    gettext_noop("整数"),
    gettext_noop("年月"),
    gettext_noop("代码"),
    gettext_noop("银行账号"),
    gettext_noop("电话"),
    gettext_noop("行政区划"),
    gettext_noop("文本"),
    gettext_noop("核减"),
    gettext_noop("核减的理由"),
)
IDENTITIES = (
    gettext_noop("身份合并"),
    gettext_noop("社会保险参保信息维护"),
    gettext_noop("同一人以两个证件号码登记的，核实后合为一人，缴费和待遇连续计算；合并有误的，撤销后各归各的号码。"),
    gettext_noop("办理内容"),
    gettext_noop("撤销合并"),
    gettext_noop("保留的号码"),
    gettext_noop("以现在有效的证件为准"),
    gettext_noop("另一个号码"),
    gettext_noop("合并后并入保留的号码；其下的记录不动"),
    gettext_noop("核实的依据"),
    gettext_noop("看过什么材料、怎样确认是或者不是同一个人"),
    gettext_noop("号码变更证明"),
    gettext_noop("如户口簿、公安机关出具的号码更正证明"),
    gettext_noop(
        "两个身份自办结起按一人办理，可以撤销；同一月份两个号码都有缴费的，只计保留号码的一份，另一份须另行更正。"
    ),
    gettext_noop("保留的身份"),
    gettext_noop("另一个身份"),
    gettext_noop("合为一人"),
    gettext_noop("并入保留的身份"),
    gettext_noop("恢复为两人"),
    gettext_noop("两个号码都有缴费的月份"),
)
PREVIEW = (
    gettext_noop("数据共享授权"),
    gettext_noop("未授权"),
    gettext_noop("字段"),
    gettext_noop("不予提供（核减）"),
    gettext_noop("个人信息，须有必要性说明"),
    gettext_noop("每日额度"),
    gettext_noop("无"),
)
