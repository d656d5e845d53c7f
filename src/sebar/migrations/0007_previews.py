import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sebar", "0006_buzz")]

    operations = [
        migrations.CreateModel(
            name="NamedCard",
            fields=[
                (
                    "participant",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="sebar.participant",
                    ),
                ),
                ("allowed_at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
    ]
