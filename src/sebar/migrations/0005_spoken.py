import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('sebar', '0004_footer'),
    ]

    operations = [
        migrations.CreateModel(
            name='Claim',
            fields=[
                ('participant', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='sebar.participant')),
                ('answer', models.CharField(max_length=12)),
                ('words', models.CharField(blank=True, max_length=200)),
                ('claimed_at', models.DateTimeField(auto_now_add=True)),
                ('campaign', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='sebar.campaign')),
                ('told_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='sebar.participant')),
            ],
            options={
                'indexes': [models.Index(fields=['campaign', 'claimed_at'], name='claim_of_campaign')],
            },
        ),
        migrations.CreateModel(
            name='SpokenCode',
            fields=[
                ('participant', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='sebar.participant')),
                ('number', models.BigIntegerField()),
                ('given_at', models.DateTimeField(auto_now_add=True)),
                ('campaign', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='sebar.campaign')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('number', 'campaign'), name='spoken_code_once')],
            },
        ),
    ]
