from django.db import migrations, models
from django.db.models.deletion import SET_NULL


def _notice_once(name: str, fields: tuple[str, ...], **condition: bool) -> models.UniqueConstraint:
    only = models.Q(*condition.items()) if condition else None
    return models.UniqueConstraint(condition=only, fields=fields, name=name)


class Migration(migrations.Migration):
    dependencies = [("sebar", "0024_alarm_browsers")]

    operations = [
        migrations.AddField(
            "alarm",
            "proposal",
            models.ForeignKey(
                db_index=False, null=True, on_delete=SET_NULL, related_name="+", to="sebar.campaigndecision"
            ),
        ),
        migrations.AddIndex(
            "alarm",
            models.Index(condition=models.Q(("proposal__isnull", False)), fields=["id"], name="alarm_with_proposal"),
        ),
        migrations.AddField("alarmnotice", "is_end", models.BooleanField(default=False)),
        migrations.RemoveConstraint("alarmnotice", "notice_of_member_once"),
        migrations.RemoveConstraint("alarmnotice", "notice_of_browser_once"),
        migrations.RemoveConstraint("alarmnotice", "notice_of_program_once"),
        migrations.AddConstraint(
            "alarmnotice", _notice_once("notice_of_member_once", ("alarm", "member", "is_end"), is_note=False)
        ),
        migrations.AddConstraint("alarmnotice", _notice_once("notice_of_browser_once", ("alarm", "browser", "is_end"))),
        migrations.AddConstraint(
            "alarmnotice", _notice_once("notice_of_program_once", ("alarm", "is_end"), member__isnull=True)
        ),
    ]
