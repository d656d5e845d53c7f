from django.db import migrations, models
from django.db.models.deletion import CASCADE


class Migration(migrations.Migration):
    dependencies = [("sebar", "0027_usual_creative")]

    operations = [
        migrations.AddField("invitation", "is_first", models.BooleanField(default=False)),
        migrations.AddField("campaign", "resumed_at", models.DateTimeField(null=True)),
        migrations.AddField("campaigndecision", "seeds_a_day", models.FloatField(null=True)),
        migrations.CreateModel(
            name="ToldJoin",
            fields=[
                (
                    "participant",
                    models.OneToOneField(
                        on_delete=CASCADE, primary_key=True, related_name="+", serialize=False, to="sebar.participant"
                    ),
                ),
                ("at", models.DateTimeField(db_index=True)),
            ],
        ),
    ]
