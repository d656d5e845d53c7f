from django.db import migrations, models
from django.db.models.deletion import CASCADE, SET_NULL


class Migration(migrations.Migration):
    dependencies = [("sebar", "0023_decision_evidence")]

    operations = [
        migrations.CreateModel(
            name="AlarmBrowser",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("sealed", models.BinaryField()),
                ("address_hash", models.CharField(max_length=64)),
                ("asked_at", models.DateTimeField()),
                ("trouble", models.CharField(blank=True, max_length=300)),
                ("trouble_at", models.DateTimeField(null=True)),
                (
                    "member",
                    models.ForeignKey(
                        db_index=False, on_delete=CASCADE, related_name="alarm_browsers", to="sebar.member"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("member", "address_hash"), name="browser_of_member_once")
                ],
            },
        ),
        migrations.AddField("alarmnotice", "is_note", models.BooleanField(default=False)),
        migrations.AddField(
            "alarmnotice",
            "browser",
            models.ForeignKey(null=True, on_delete=SET_NULL, related_name="+", to="sebar.alarmbrowser"),
        ),
        migrations.RemoveConstraint("alarmnotice", "notice_of_member_once"),
        migrations.AddConstraint(
            "alarmnotice",
            models.UniqueConstraint(
                condition=models.Q(("is_note", False)), fields=("alarm", "member"), name="notice_of_member_once"
            ),
        ),
        migrations.AddConstraint(
            "alarmnotice",
            models.UniqueConstraint(fields=("alarm", "browser"), name="notice_of_browser_once"),
        ),
    ]
