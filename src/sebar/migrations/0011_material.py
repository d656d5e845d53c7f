import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sebar", "0010_audit")]
    operations = [
        migrations.CreateModel(
            name='Creative',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=10)),
                ('name', models.CharField(max_length=20)),
                ('position', models.PositiveIntegerField()),
                ('is_on', models.BooleanField(default=True)),
                ('texts', models.JSONField(default=dict)),
                ('content', models.JSONField(default=dict)),
                ('files', models.JSONField(default=dict)),
                ('size', models.PositiveBigIntegerField(default=0)),
                ('state', models.CharField(choices=[('working', 'Working'), ('ready', 'Ready'), ('refused', 'Refused')], default='ready', max_length=8)),
                ('progress', models.PositiveSmallIntegerField(default=0)),
                ('trouble', models.JSONField(default=dict)),
                ('made_at', models.DateTimeField(auto_now_add=True)),
                ('changed_at', models.DateTimeField(auto_now=True)),
                ('campaign', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='creatives', to='sebar.campaign')),
            ],
            options={
                'indexes': [models.Index(fields=['campaign', 'position'], name='creative_in_order')],
                'constraints': [models.UniqueConstraint(fields=('campaign', 'name'), name='creative_name_once')],
            },
        ),
        migrations.CreateModel(
            name='Best',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('score', models.PositiveIntegerField()),
                ('made_at', models.DateTimeField()),
                ('creative', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='bests', to='sebar.creative')),
                ('participant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='sebar.participant')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('creative', 'participant'), name='best_score_once')],
            },
        ),
    ]
