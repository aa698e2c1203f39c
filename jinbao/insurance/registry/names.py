"""Compare a name that was declared with the name that is registered, and say how they differ."""

from __future__ import annotations

from functools import lru_cache

_DOTS = str.maketrans(dict.fromkeys("·•・．.‧∙", "·") | dict.fromkeys(" \u3000\u00a0\t", ""))


def plain(name: str) -> str:
    """Bring a name into one form: no spaces, one kind of middle dot."""
    return name.strip().translate(_DOTS)


def difference(declared: str, registered: str) -> str:
    """Say how two names differ, as a reason an employer can act on; empty when they are the same.

    The registered name itself is not given away: a sender may not know it.
    """
    one, other = plain(declared), plain(registered)
    if one == other:
        return ""
    if sorted(one) == sorted(other):
        return "姓名字序与登记不同"
    if len(one) != len(other):
        return "姓名与登记不符"
    if all(_sounds_alike(a, b) for a, b in zip(one, other, strict=True)):
        return "姓名同音不同字"
    if len(one) > 2 and sum(a != b for a, b in zip(one, other, strict=True)) == 1:
        return "姓名有一字与登记不同"
    return "姓名与登记不符"


def _sounds_alike(a: str, b: str) -> bool:
    return a == b or bool(_readings(a) & _readings(b))


@lru_cache(maxsize=8192)
def _readings(character: str) -> frozenset[str]:
    """Return every reading of a character without its tone (姓名多音字 count as alike)."""
    from pypinyin import Style, pinyin

    return frozenset(pinyin(character, style=Style.NORMAL, heteronym=True)[0])
