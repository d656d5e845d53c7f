from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sebar", "0029_arrivals")]

    operations = [migrations.AddField("creative", "source", models.CharField(blank=True, max_length=2000))]
