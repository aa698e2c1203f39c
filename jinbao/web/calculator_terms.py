"""What policy/calculators.yaml says to visitors, listed to be translated; a test compares the two."""

from __future__ import annotations

from django.utils.translation import gettext_noop

CALCULATORS = (
    gettext_noop("法定退休年龄计算"),
    gettext_noop("什么时候退休"),
    gettext_noop("按出生年月和退休类别，给出法定退休年月、延迟月数和最低缴费年限。"),
    gettext_noop("企业职工养老金测算"),
    gettext_noop("能领多少养老金"),
    gettext_noop("基础养老金、个人账户养老金、过渡性养老金和增发养老金，逐项列出算式和依据。"),
    gettext_noop("城乡居民养老金测算"),
    gettext_noop("没有单位的居民"),
    gettext_noop("基础养老金、年限加发和个人账户养老金之和；年满六十周岁、缴费年限达到的可以领取。"),
    gettext_noop("失业保险金测算"),
    gettext_noop("失业以后"),
    gettext_noop("每月领多少、领几个月；缴费不满一年或者因本人意愿离职的不能领取，并说明差在哪里。"),
    gettext_noop("工伤待遇测算"),
    gettext_noop("因工受伤以后"),
    gettext_noop("一次性伤残补助金、伤残津贴、生活护理费和一次性工伤医疗、就业补助金。"),
    gettext_noop("遗属待遇测算"),
    gettext_noop("参保人去世以后"),
    gettext_noop("因病或者非因工去世的，丧葬补助金与抚恤金之和。"),
    gettext_noop("养老保险关系转移资金测算"),
    gettext_noop("换地方工作"),
    gettext_noop("跨省转移时随同转移的统筹基金和个人账户储存额，以及待遇领取地。"),
    gettext_noop("养老金调整测算"),
    gettext_noop("每年涨多少"),
    gettext_noop("当年养老金调整的定额、挂钩和倾斜三部分，及调整后的月养老金。"),
    gettext_noop("社会保险缴费测算"),
    gettext_noop("每月交多少"),
    gettext_noop("按申报工资核定缴费基数，算出单位和个人每月应缴的养老、失业和工伤保险费。"),
)
