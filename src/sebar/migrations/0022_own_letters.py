from django.db import migrations, models
from django.db.models.deletion import CASCADE


class Migration(migrations.Migration):
    dependencies = [("sebar", "0021_leaving")]

    operations = [
        migrations.AddField("participant", "email_confirmed_at", models.DateTimeField(null=True)),
        migrations.AlterField(
            "message",
            "purpose",
            models.CharField(
                max_length=10,
                choices=[("invite", "Invite"), ("notice", "Notice"), ("correction", "Correction"), ("own", "Own")],
            ),
        ),
        migrations.CreateModel(
            name="OwnLetter",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("is_welcome", models.BooleanField()),
                ("address_hash", models.CharField(max_length=64)),
                ("sealed", models.BinaryField()),
                ("language", models.CharField(max_length=8)),
                ("asked_at", models.DateTimeField()),
                ("written_at", models.DateTimeField(null=True)),
                ("mark_hash", models.CharField(max_length=64, null=True, unique=True)),
                ("used_at", models.DateTimeField(null=True)),
                (
                    "campaign",
                    models.ForeignKey(db_index=False, on_delete=CASCADE, related_name="+", to="sebar.campaign"),
                ),
                ("participant", models.ForeignKey(null=True, on_delete=CASCADE, related_name="+", to="sebar.participant")),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["id"], condition=models.Q(("written_at__isnull", True)), name="own_letter_to_write"
                    ),
                    models.Index(fields=["asked_at"], name="own_letter_by_age"),
                ],
            },
        ),
    ]
