"""Database fields for the kernel's values: a month as YYYYMM, money as whole fen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from django.db import models

from jinbao.kernel.months import Month

if TYPE_CHECKING:
    S_contra = TypeVar("S_contra", contravariant=True)
    G_co = TypeVar("G_co", covariant=True)

    class _Integer(models.IntegerField[S_contra, G_co]): ...

    class _BigInteger(models.BigIntegerField[S_contra, G_co]): ...
else:
    S_contra = G_co = object

    class _Generic:
        def __class_getitem__(cls, _: Any) -> Any:
            return cls

    class _Integer(_Generic, models.IntegerField): ...

    class _BigInteger(_Generic, models.BigIntegerField): ...


class MonthField(_Integer[S_contra, G_co]):
    """Keep a calendar month as the integer YYYYMM, so that it sorts, ranges and reads well in SQL."""

    description = "年月"
    if TYPE_CHECKING:  # what the type checker lets in, gives out and looks up
        _pyi_private_set_type: Month | int | str  # type: ignore[assignment]  # it is not the integer inside
        _pyi_private_get_type: Month  # type: ignore[assignment]  # it is not the integer inside
        _pyi_lookup_exact_type: Month | int | str  # type: ignore[assignment]  # as above

    def from_db_value(self, value: int | None, *_: Any) -> Month | None:
        """Turn the stored integer into a Month."""
        return None if value is None else Month.from_yyyymm(value)

    def to_python(self, value: Any) -> Month | None:
        """Accept a Month, YYYYMM or text such as 2026-01."""
        if value is None or isinstance(value, Month):
            return value
        return Month.from_yyyymm(value) if isinstance(value, int) else Month.parse(str(value))

    def get_prep_value(self, value: Any) -> int | None:
        """Give the database the integer YYYYMM."""
        month = self.to_python(value)
        return None if month is None else month.yyyymm

    def value_to_string(self, obj: models.Model) -> str:
        """Write the month for serializers as 2026-01."""
        return str(self.value_from_object(obj) or "")


class FenField(_BigInteger[S_contra, G_co]):
    """Keep money as whole fen; never a float, never a fraction."""

    description = "金额（分）"
    if TYPE_CHECKING:
        _pyi_private_set_type: int | models.expressions.Combinable
        _pyi_private_get_type: int
        _pyi_lookup_exact_type: int
