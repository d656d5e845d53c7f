from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sebar", "0016_brief")]
    operations = [
        migrations.RemoveConstraint(model_name="participant", name="participant_email_once"),
        migrations.AddConstraint(
            model_name="participant",
            constraint=models.UniqueConstraint(
                fields=["campaign", "email"],
                condition=models.Q(email__isnull=False, consent_text__isnull=True),
                name="participant_email_once",
            ),
        ),
    ]
