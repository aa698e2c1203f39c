"""The bulk reading: the rules of one region and day as one native kernel over the careers of everybody."""

from jinbao.rules.bulk.compiler import Program, compile_rules
from jinbao.rules.bulk.errors import LakeError, NotCompilable

__all__ = ["LakeError", "NotCompilable", "Program", "compile_rules"]
