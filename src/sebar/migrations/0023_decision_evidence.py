from __future__ import annotations

from typing import Any

from django.db import migrations, models


def keep_evidence(apps: Any, _schema: Any) -> None:
    """Give each decision that an alarm brought about what that alarm rests on: the last one opened before it."""
    alarms = apps.get_model("sebar", "Alarm")
    decisions = apps.get_model("sebar", "CampaignDecision")
    for decision in decisions.objects.exclude(watch=""):
        before = alarms.objects.filter(
            campaign=decision.campaign_id, watch=decision.watch, opened_at__lte=decision.made_at
        )
        alarm = before.order_by("-opened_at", "-pk").first()
        if alarm is not None:
            decision.numbers, decision.began_at = alarm.numbers, alarm.began_at
            decision.save(update_fields=["numbers", "began_at"])


class Migration(migrations.Migration):
    dependencies = [("sebar", "0022_own_letters")]

    operations = [
        migrations.AddField("campaigndecision", "numbers", models.JSONField(default=dict)),
        migrations.AddField("campaigndecision", "began_at", models.DateTimeField(null=True)),
        migrations.RunPython(keep_evidence, migrations.RunPython.noop),
        migrations.RemoveField("campaigndecision", "because"),
    ]
