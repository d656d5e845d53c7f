import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sebar", "0018_decisions"),
    ]

    operations = [
        migrations.CreateModel(
            name="AlarmHook",
            fields=[
                (
                    "brand",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="alarm_hook",
                        serialize=False,
                        to="sebar.brand",
                    ),
                ),
                ("address", models.CharField(max_length=500)),
                ("sealed", models.BinaryField()),
                ("trouble", models.CharField(blank=True, max_length=300)),
                ("trouble_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Lookout",
            fields=[
                (
                    "campaign",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="lookout",
                        serialize=False,
                        to="sebar.campaign",
                    ),
                ),
                ("false_alarm", models.FloatField()),
                ("since", models.DateTimeField()),
                ("looked_until", models.DateTimeField()),
                ("version", models.PositiveBigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="Alarm",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("watch", models.CharField(max_length=20)),
                ("opened_at", models.DateTimeField()),
                ("began_at", models.DateTimeField()),
                ("spoke_at", models.DateTimeField()),
                ("numbers", models.JSONField()),
                ("keys", models.JSONField(default=list)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("acknowledged", "Acknowledged"),
                            ("snoozed", "Snoozed"),
                            ("closed", "Closed"),
                        ],
                        default="open",
                        max_length=12,
                    ),
                ),
                ("answered_at", models.DateTimeField(null=True)),
                ("snoozed_until", models.DateTimeField(null=True)),
                ("closed_at", models.DateTimeField(null=True)),
                ("who", models.CharField(blank=True, max_length=80)),
                ("reason", models.CharField(blank=True, max_length=500)),
                (
                    "campaign",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="alarms",
                        to="sebar.campaign",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AlarmNotice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("due_at", models.DateTimeField()),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("done_at", models.DateTimeField(null=True)),
                ("trouble", models.CharField(blank=True, max_length=300)),
                (
                    "alarm",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notices",
                        to="sebar.alarm",
                    ),
                ),
                (
                    "member",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Watched",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("watch", models.CharField(max_length=20)),
                ("is_on", models.BooleanField(default=True)),
                ("level", models.FloatField(null=True)),
                ("people", models.PositiveSmallIntegerField(null=True)),
                ("learned", models.FloatField(null=True)),
                ("rho", models.FloatField(null=True)),
                ("state", models.JSONField(default=list)),
                (
                    "campaign",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="watches",
                        to="sebar.campaign",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="alarm",
            index=models.Index(fields=["campaign", "-opened_at"], name="alarm_of_campaign"),
        ),
        migrations.AddIndex(
            model_name="alarm",
            index=models.Index(
                condition=models.Q(("answered_at__isnull", True)), fields=["id"], name="alarm_to_be_answered"
            ),
        ),
        migrations.AddConstraint(
            model_name="alarm",
            constraint=models.UniqueConstraint(
                condition=models.Q(("closed_at__isnull", True)), fields=("campaign", "watch"), name="alarm_one_at_once"
            ),
        ),
        migrations.AddIndex(
            model_name="alarmnotice",
            index=models.Index(condition=models.Q(("done_at__isnull", True)), fields=["due_at"], name="notice_due"),
        ),
        migrations.AddConstraint(
            model_name="alarmnotice",
            constraint=models.UniqueConstraint(fields=("alarm", "member"), name="notice_of_member_once"),
        ),
        migrations.AddConstraint(
            model_name="alarmnotice",
            constraint=models.UniqueConstraint(
                condition=models.Q(("member__isnull", True)), fields=("alarm",), name="notice_of_program_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="watched",
            constraint=models.UniqueConstraint(fields=("campaign", "watch"), name="watched_once"),
        ),
    ]
