"""Clues are handed over as cases; what the former work list held waits again, its remark stays."""

from django.db import migrations, models
from django.db.models import Q
from django.db.migrations.state import StateApps
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def wait_again(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    findings = apps.get_model("scenes", "Finding").objects
    findings.exclude(state="new").update(
        state="new", handed_by="", handed_at=None, outcome="", settled_by="", settled_at=None
    )


class Migration(migrations.Migration):
    dependencies = [("scenes", "0001_initial")]

    operations = [
        migrations.RemoveConstraint(model_name="finding", name="handed_finding_has_an_assignee"),
        migrations.RemoveField(model_name="finding", name="assignee"),
        migrations.AddField(
            model_name="finding",
            name="evidence",
            field=models.CharField(default="", max_length=64),
        ),
        migrations.AddField(
            model_name="finding",
            name="case",
            field=models.CharField(blank=True, db_index=True, default="", max_length=32),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="finding",
            name="judged",
            field=models.CharField(blank=True, default="", max_length=64),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="finding",
            name="state",
            field=models.CharField(
                choices=[("new", "待交办"), ("handed", "核查中"), ("settled", "已办结")], default="new", max_length=7
            ),
        ),
        migrations.AlterField(
            model_name="finding",
            name="outcome",
            field=models.CharField(
                blank=True,
                choices=[("true", "属实"), ("false", "不属实"), ("handled", "已处理"), ("unknown", "无法核实")],
                max_length=7,
            ),
        ),
        migrations.RunPython(wait_again, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="finding",
            constraint=models.CheckConstraint(
                condition=Q(state="new", case="") | (~Q(state="new") & ~Q(case="") & Q(handed_at__isnull=False)),
                name="handed_finding_has_a_case",
            ),
        ),
    ]
