from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sebar", "0026_waiting_joins")]

    operations = [
        migrations.AddField(
            model_name="experiment",
            name="usual",
            field=models.CharField(blank=True, default="", max_length=20),
            preserve_default=False,
        ),
    ]
