from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sebar", "0020_plans")]

    operations = [
        migrations.AddField("participant", "left_at", models.DateTimeField(null=True)),
    ]
