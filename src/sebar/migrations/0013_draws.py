import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('sebar', '0012_rewards'),
    ]

    operations = [
        migrations.CreateModel(
            name='Draw',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('state', models.CharField(choices=[('planned', 'Planned'), ('open', 'Open'), ('frozen', 'Frozen'), ('drawn', 'Drawn'), ('settled', 'Settled'), ('cancelled', 'Cancelled')], default='planned', max_length=10)),
                ('mark', models.CharField(max_length=32, unique=True)),
                ('texts', models.JSONField(default=dict)),
                ('prizes', models.JSONField(default=list)),
                ('entries_until', models.DateTimeField()),
                ('source', models.JSONField()),
                ('reserves', models.PositiveIntegerField()),
                ('is_once', models.BooleanField(default=True)),
                ('minimum_age', models.PositiveSmallIntegerField(default=0)),
                ('jurisdictions', models.JSONField(default=list)),
                ('law', models.JSONField(default=dict)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('opened_at', models.DateTimeField(null=True)),
                ('frozen_at', models.DateTimeField(null=True)),
                ('list_hash', models.CharField(blank=True, max_length=64)),
                ('people', models.PositiveIntegerField(default=0)),
                ('tickets', models.PositiveBigIntegerField(default=0)),
                ('free_tickets', models.PositiveIntegerField(default=0)),
                ('drawn_at', models.DateTimeField(null=True)),
                ('outcome', models.JSONField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('reason', models.CharField(blank=True, max_length=500)),
                ('campaign', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='draws', to='sebar.campaign')),
            ],
        ),
        migrations.CreateModel(
            name='DrawList',
            fields=[
                ('draw', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='sebar.draw')),
                ('packed', models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name='DrawNaming',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('draw', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='sebar.draw')),
                ('participant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='sebar.participant')),
            ],
        ),
        migrations.CreateModel(
            name='FreeEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('mark', models.CharField(max_length=32, unique=True)),
                ('known_by', models.CharField(max_length=64)),
                ('sealed', models.BinaryField()),
                ('is_named', models.BooleanField(default=False)),
                ('entered_at', models.DateTimeField(auto_now_add=True)),
                ('draw', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='sebar.draw')),
            ],
        ),
        migrations.CreateModel(
            name='Entrant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('mark', models.CharField(max_length=32)),
                ('tickets', models.PositiveBigIntegerField()),
                ('draw', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='sebar.draw')),
                ('free_entry', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='sebar.freeentry')),
                ('participant', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sebar.participant')),
            ],
        ),
        migrations.CreateModel(
            name='DrawWinner',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('place', models.PositiveIntegerField()),
                ('prize', models.CharField(max_length=120)),
                ('reserve', models.PositiveIntegerField(default=0)),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('reached', 'Reached'), ('passed_on', 'Passed On')], default='waiting', max_length=10)),
                ('reason', models.CharField(blank=True, max_length=500)),
                ('decided_at', models.DateTimeField(null=True)),
                ('draw', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='sebar.draw')),
                ('entrant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='sebar.entrant')),
            ],
        ),
        migrations.AddIndex(
            model_name='draw',
            index=models.Index(fields=['state', 'entries_until'], name='draw_by_end_of_entries'),
        ),
        migrations.AddConstraint(
            model_name='draw',
            constraint=models.UniqueConstraint(fields=('campaign', 'number'), name='draw_number_once'),
        ),
        migrations.AddConstraint(
            model_name='drawnaming',
            constraint=models.UniqueConstraint(fields=('draw', 'participant'), name='draw_named_once'),
        ),
        migrations.AddConstraint(
            model_name='drawwinner',
            constraint=models.UniqueConstraint(fields=('draw', 'place', 'reserve'), name='draw_winner_once'),
        ),
        migrations.AddConstraint(
            model_name='drawwinner',
            constraint=models.UniqueConstraint(condition=models.Q(('reserve__gt', 0)), fields=('draw', 'reserve'), name='draw_reserve_once'),
        ),
        migrations.AddConstraint(
            model_name='drawwinner',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'passed_on'), _negated=True), fields=('draw', 'place'), name='draw_place_of_one'),
        ),
        migrations.AddConstraint(
            model_name='freeentry',
            constraint=models.UniqueConstraint(fields=('draw', 'known_by'), name='draw_entered_once'),
        ),
        migrations.AddConstraint(
            model_name='entrant',
            constraint=models.UniqueConstraint(fields=('draw', 'mark'), name='draw_entrant_once'),
        ),
    ]
