"""Terms of a recalculation campaign's sums and reasons that pages show; listed to be translated."""

from __future__ import annotations

from django.utils.translation import gettext_noop

CAMPAIGNS = (
    gettext_noop("自待遇起始月起补算"),
    gettext_noop("名单上的人"),
    gettext_noop("本地区全部在领的待遇"),
    gettext_noop("不含原系统移交的待遇"),
    gettext_noop("含原系统移交的待遇，只作比对，不改发"),
    gettext_noop("含原系统移交的待遇，移交后未经调整、可以比较的改发，其余只作比对"),
    gettext_noop("移交待遇，未经调整"),
    gettext_noop("移交待遇，含历年调整"),
    gettext_noop("移交待遇，不可比"),
    gettext_noop("与在发的标准比较"),
    gettext_noop("只与核定时的标准比较，不改发"),
    gettext_noop("没有移交核定时的标准，只报告重算数，不改发"),
    gettext_noop("原系统已发的月份"),
    gettext_noop("差额不在补发合计内，也不由本系统补发"),
    gettext_noop("批准以后待遇已另有变动"),
    gettext_noop("批准以后事实或规定已有变化，结果与批准的不同；请另行重算"),
    gettext_noop("批次已撤销"),
    gettext_noop("移交时没有核定时的标准，不能比较"),
    gettext_noop("移交的标准含历年调整，只与核定时的标准比较"),
    gettext_noop("移交的待遇，本批次只作比对"),
    gettext_noop("按现在的事实和规定不符合领取条件"),
    gettext_noop("账上的履历按规定不够领取条件，请核对移交的履历是否完整"),
    gettext_noop("湖中没有此人的履历"),
    gettext_noop("法规没有给出数值"),
)
