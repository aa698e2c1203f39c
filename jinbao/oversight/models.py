"""Monthly figures, kept so that a page need not count millions of rows; rebuilt from the rows at any time."""

from __future__ import annotations

from django.db import models

from jinbao.insurance.registry.models import Scheme
from jinbao.trust.fields import FenField, MonthField


class MonthlyFigures(models.Model):
    """What one month looked like in one region and scheme, counted from the rows themselves."""

    region = models.CharField(max_length=6)
    scheme = models.CharField(max_length=3, choices=Scheme.choices)
    month = MonthField()
    contributors = models.PositiveIntegerField()
    """缴费人数: persons with a live row for the month."""
    employers = models.PositiveIntegerField()
    base_fen = FenField()
    """缴费基数总额."""
    due_fen = FenField()
    received_fen = FenField()
    """Of what was due for this month, what has been paid."""
    pensioners = models.PositiveIntegerField()
    """待遇领取人数: persons with an award for the month."""
    benefits_fen = FenField()
    """应发待遇: sum of the monthly awards."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["region", "scheme", "month"], name="monthly_figures_once")]
        indexes = [models.Index(fields=["scheme", "month"])]

    def __str__(self) -> str:
        return f"{self.region} {self.scheme} {self.month}"
