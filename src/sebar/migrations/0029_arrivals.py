from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sebar", "0028_resuming")]

    operations = [migrations.AddField("message", "has_arrived", models.BooleanField(default=False))]
