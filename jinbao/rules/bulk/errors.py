"""What can go wrong in the bulk reading."""

from __future__ import annotations

from jinbao.kernel.errors import JinbaoError
from jinbao.rules.errors import RuleError


class NotCompilable(RuleError):
    """A rule cannot be turned into the bulk kernel; says where and what to write instead."""

    code = "not-compilable"


class LakeError(JinbaoError):
    """Careers in the lake are missing, damaged, out of order or contradict themselves."""

    code = "lake"
