import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sebar", "0017_typed_addresses")]
    operations = [
        migrations.CreateModel(
            name="Pace",
            fields=[
                (
                    "campaign",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="pace",
                        serialize=False,
                        to="sebar.campaign",
                    ),
                ),
                ("hour", models.DateTimeField()),
                ("sent", models.PositiveIntegerField()),
            ],
        ),
        migrations.AddField(
            model_name="campaign",
            name="invitations_an_hour",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="campaign",
            name="statement",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="news",
            name="is_correction",
            field=models.BooleanField(default=False),
        ),
        migrations.AlterField(
            model_name="message",
            name="purpose",
            field=models.CharField(
                choices=[("invite", "Invite"), ("notice", "Notice"), ("correction", "Correction")], max_length=10
            ),
        ),
        migrations.CreateModel(
            name="CampaignDecision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "before",
                    models.CharField(
                        choices=[("watch", "Watch"), ("throttle", "Throttle"), ("hold", "Hold"), ("stop", "Stop")],
                        max_length=8,
                    ),
                ),
                (
                    "rung",
                    models.CharField(
                        choices=[("watch", "Watch"), ("throttle", "Throttle"), ("hold", "Hold"), ("stop", "Stop")],
                        max_length=8,
                    ),
                ),
                ("invitations_an_hour", models.PositiveIntegerField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("proposed", "Proposed"),
                            ("in_force", "In Force"),
                            ("refused", "Refused"),
                            ("overtaken", "Overtaken"),
                        ],
                        max_length=10,
                    ),
                ),
                ("watch", models.CharField(blank=True, max_length=20)),
                ("because", models.CharField(blank=True, max_length=300)),
                ("reason", models.CharField(blank=True, max_length=500)),
                ("who", models.CharField(blank=True, max_length=80)),
                ("second", models.CharField(blank=True, max_length=80)),
                ("made_at", models.DateTimeField()),
                ("acts_at", models.DateTimeField(null=True)),
                ("in_force_at", models.DateTimeField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("cut", models.JSONField(default=dict)),
                ("spared", models.JSONField(null=True)),
                (
                    "campaign",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="decisions",
                        to="sebar.campaign",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["campaign", "-made_at"], name="steps_of_campaign"),
                    models.Index(condition=models.Q(("state", "proposed")), fields=["acts_at"], name="step_to_take"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "proposed")),
                        fields=("campaign", "watch", "rung"),
                        name="decision_proposed_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Policy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("watch", models.CharField(max_length=20)),
                (
                    "rung",
                    models.CharField(
                        choices=[("watch", "Watch"), ("throttle", "Throttle"), ("hold", "Hold"), ("stop", "Stop")],
                        max_length=8,
                    ),
                ),
                ("invitations_an_hour", models.PositiveIntegerField(null=True)),
                (
                    "mode",
                    models.CharField(
                        choices=[
                            ("at_once", "At Once"),
                            ("approved", "Approved"),
                            ("unless_objected", "Unless Objected"),
                        ],
                        max_length=16,
                    ),
                ),
                ("minutes", models.PositiveSmallIntegerField(default=0)),
                ("who", models.CharField(blank=True, max_length=80)),
                ("made_at", models.DateTimeField()),
                (
                    "campaign",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="policies",
                        to="sebar.campaign",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("campaign", "watch"), name="policy_once")],
            },
        ),
    ]
