import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('sebar', '0005_spoken'),
    ]

    operations = [
        migrations.CreateModel(
            name='BuzzRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('label', models.CharField(max_length=10)),
                ('words', models.JSONField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('campaign', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='buzz_rules', to='sebar.campaign')),
            ],
        ),
        migrations.CreateModel(
            name='BuzzSource',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(max_length=10)),
                ('name', models.CharField(max_length=80)),
                ('address', models.CharField(blank=True, max_length=500)),
                ('words', models.JSONField(default=list)),
                ('sealed', models.BinaryField(default=b'')),
                ('code', models.CharField(max_length=32, null=True, unique=True)),
                ('keep_days', models.PositiveSmallIntegerField()),
                ('position', models.CharField(blank=True, max_length=40)),
                ('known', models.JSONField(default=dict)),
                ('due_at', models.DateTimeField(null=True)),
                ('heard_at', models.DateTimeField(null=True)),
                ('trouble', models.JSONField(default=dict)),
                ('failures', models.PositiveSmallIntegerField(default=0)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('removed_at', models.DateTimeField(null=True)),
                ('campaign', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='buzz_sources', to='sebar.campaign')),
            ],
        ),
        migrations.CreateModel(
            name='Mention',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('external_id_hash', models.CharField(max_length=64)),
                ('at', models.DateTimeField()),
                ('taken_at', models.DateTimeField()),
                ('url', models.CharField(blank=True, max_length=500)),
                ('author', models.CharField(blank=True, max_length=64)),
                ('text', models.TextField(blank=True)),
                ('language', models.CharField(blank=True, max_length=8)),
                ('reach', models.BigIntegerField(null=True)),
                ('label', models.CharField(max_length=10)),
                ('labelled_by', models.CharField(blank=True, max_length=8)),
                ('event', models.UUIDField(null=True)),
                ('campaign', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='mentions', to='sebar.campaign')),
                ('source', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='mentions', to='sebar.buzzsource')),
            ],
            options={
                'indexes': [models.Index(fields=['campaign', '-at', '-id'], name='mention_by_time'), models.Index(fields=['campaign', 'label', '-at'], name='mention_by_label'), models.Index(condition=models.Q(('text', ''), _negated=True), fields=['source', 'taken_at'], name='mention_to_forget')],
                'constraints': [models.UniqueConstraint(fields=('source', 'external_id_hash'), name='mention_once')],
            },
        ),
    ]
