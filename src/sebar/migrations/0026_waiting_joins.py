from django.db import migrations, models
from django.db.models.deletion import CASCADE


class Migration(migrations.Migration):
    dependencies = [("sebar", "0025_ends_of_proposals")]

    operations = [
        migrations.CreateModel(
            name="WaitingJoin",
            fields=[
                ("number", models.BigIntegerField(primary_key=True, serialize=False)),
                ("submission", models.CharField(max_length=64)),
                ("sealed", models.BinaryField()),
                ("asked_at", models.DateTimeField()),
                (
                    "campaign",
                    models.ForeignKey(
                        db_index=False, on_delete=CASCADE, related_name="waiting_joins", to="sebar.campaign"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("campaign", "submission"), name="waiting_join_once")],
                "indexes": [models.Index(fields=["campaign", "asked_at"], name="waiting_join_by_time")],
            },
        ),
    ]
