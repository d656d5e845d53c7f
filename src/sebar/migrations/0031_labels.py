from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sebar", "0030_sources")]

    operations = [
        migrations.AddField(model_name="rewardrule", name="labels", field=models.JSONField(default=dict)),
    ]
