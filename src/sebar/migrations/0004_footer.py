import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('sebar', '0003_channels'),
    ]

    operations = [
        migrations.CreateModel(
            name='FooterSender',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('address_hash', models.CharField(max_length=64)),
                ('is_on', models.BooleanField(default=False)),
                ('enrolled_at', models.DateTimeField()),
                ('proven_at', models.DateTimeField(null=True)),
                ('participant', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='footer_sender', to='sebar.participant')),
            ],
        ),
        migrations.CreateModel(
            name='FooterTally',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('outcome', models.CharField(max_length=20)),
                ('mails', models.PositiveBigIntegerField(default=0)),
                ('last_at', models.DateTimeField()),
                ('sender', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='tallies', to='sebar.footersender')),
            ],
        ),
        migrations.CreateModel(
            name='FooterThread',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('root_hash', models.CharField(max_length=64)),
                ('sender', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='threads', to='sebar.footersender')),
            ],
        ),
        migrations.AddIndex(
            model_name='footersender',
            index=models.Index(fields=['address_hash'], name='footer_of_address'),
        ),
        migrations.AddConstraint(
            model_name='footersender',
            constraint=models.UniqueConstraint(condition=models.Q(('is_on', True)), fields=('address_hash',), name='footer_on_once'),
        ),
        migrations.AddConstraint(
            model_name='footersender',
            constraint=models.CheckConstraint(condition=models.Q(('is_on', False), ('proven_at__isnull', False), _connector='OR'), name='footer_on_is_proven'),
        ),
        migrations.AddConstraint(
            model_name='footertally',
            constraint=models.UniqueConstraint(fields=('sender', 'outcome'), name='footer_tally_once'),
        ),
        migrations.AddConstraint(
            model_name='footerthread',
            constraint=models.UniqueConstraint(fields=('sender', 'root_hash'), name='footer_thread_once'),
        ),
    ]
