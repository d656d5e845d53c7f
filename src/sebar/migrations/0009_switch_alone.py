from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("sebar", "0008_conversations")]
    operations = [migrations.RemoveField(model_name="switch", name="settings")]
