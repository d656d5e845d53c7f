import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('sebar', '0011_material'),
    ]

    operations = [
        migrations.CreateModel(
            name='RewardPosition',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('transaction', models.BigIntegerField(default=0)),
                ('seq', models.BigIntegerField(default=0)),
            ],
        ),
        migrations.AddField(
            model_name='conversion',
            name='refunded_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.CreateModel(
            name='CouponPool',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60)),
                ('low_at', models.PositiveIntegerField(default=20)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('campaign', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='coupon_pools', to='sebar.campaign')),
            ],
        ),
        migrations.CreateModel(
            name='Reward',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('trigger', models.CharField(max_length=132)),
                ('unit', models.CharField(max_length=8)),
                ('amount', models.BigIntegerField()),
                ('state', models.CharField(default='pending', max_length=10)),
                ('cause', models.CharField(blank=True, max_length=8)),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('happened_at', models.DateTimeField()),
                ('counts_on', models.DateTimeField()),
                ('granted_at', models.DateTimeField()),
                ('approved_at', models.DateTimeField(null=True)),
                ('fulfilled_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('campaign', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='rewards', to='sebar.campaign')),
                ('participant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rewards', to='sebar.participant')),
                ('referral', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rewards_for', to='sebar.participant')),
            ],
        ),
        migrations.CreateModel(
            name='LedgerEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('transaction', models.UUIDField()),
                ('account', models.CharField(max_length=10)),
                ('unit', models.CharField(max_length=8)),
                ('amount', models.BigIntegerField()),
                ('at', models.DateTimeField()),
                ('campaign', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sebar.campaign')),
                ('participant', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sebar.participant')),
                ('reward', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='sebar.reward')),
            ],
        ),
        migrations.CreateModel(
            name='Coupon',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=60)),
                ('given_at', models.DateTimeField(null=True)),
                ('redeemed_at', models.DateTimeField(null=True)),
                ('redeemed_by', models.CharField(blank=True, max_length=120)),
                ('campaign', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='sebar.campaign')),
                ('pool', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='coupons', to='sebar.couponpool')),
                ('reward', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='coupon', to='sebar.reward')),
            ],
        ),
        migrations.CreateModel(
            name='RewardHold',
            fields=[
                ('participant', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='sebar.participant')),
                ('is_rejected', models.BooleanField()),
                ('reason', models.CharField(max_length=300)),
                ('at', models.DateTimeField()),
                ('campaign', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='sebar.campaign')),
            ],
        ),
        migrations.CreateModel(
            name='RewardRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60)),
                ('version', models.PositiveIntegerField(default=1)),
                ('status', models.CharField(default='draft', max_length=8)),
                ('kind', models.CharField(max_length=12)),
                ('trigger', models.CharField(max_length=12)),
                ('who', models.CharField(max_length=8)),
                ('what', models.CharField(max_length=8)),
                ('unit', models.CharField(max_length=8)),
                ('amount', models.BigIntegerField()),
                ('hold_days', models.PositiveSmallIntegerField(default=0)),
                ('budget', models.BigIntegerField(null=True)),
                ('spent', models.BigIntegerField(default=0)),
                ('milestone', models.PositiveIntegerField(null=True)),
                ('most', models.PositiveIntegerField(null=True)),
                ('by_month', models.BooleanField(default=False)),
                ('address', models.URLField(blank=True, max_length=500)),
                ('valid_from', models.DateTimeField(null=True)),
                ('valid_to', models.DateTimeField(null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('on_at', models.DateTimeField(null=True)),
                ('off_at', models.DateTimeField(null=True)),
                ('campaign', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='reward_rules', to='sebar.campaign')),
                ('pool', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='rules', to='sebar.couponpool')),
            ],
        ),
        migrations.AddField(
            model_name='reward',
            name='rule',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rewards', to='sebar.rewardrule'),
        ),
        migrations.AddConstraint(
            model_name='couponpool',
            constraint=models.UniqueConstraint(fields=('campaign', 'name'), name='coupon_pool_once'),
        ),
        migrations.AddIndex(
            model_name='ledgerentry',
            index=models.Index(fields=['campaign', 'account', 'unit'], name='ledger_by_account'),
        ),
        migrations.AddIndex(
            model_name='coupon',
            index=models.Index(condition=models.Q(('reward', None)), fields=['pool', 'id'], name='coupon_free'),
        ),
        migrations.AddIndex(
            model_name='coupon',
            index=models.Index(fields=['pool'], name='coupon_of_pool'),
        ),
        migrations.AddConstraint(
            model_name='coupon',
            constraint=models.UniqueConstraint(fields=('campaign', 'code'), name='coupon_code_once'),
        ),
        migrations.AddConstraint(
            model_name='coupon',
            constraint=models.CheckConstraint(condition=models.Q(('redeemed_at', None), ('reward__isnull', False), _connector='OR'), name='coupon_given_first'),
        ),
        migrations.AddConstraint(
            model_name='rewardrule',
            constraint=models.UniqueConstraint(fields=('campaign', 'name', 'version'), name='reward_rule_version_once'),
        ),
        migrations.AddConstraint(
            model_name='rewardrule',
            constraint=models.CheckConstraint(condition=models.Q(('spent__gte', 0), models.Q(('budget', None), ('spent__lte', models.F('budget')), _connector='OR')), name='reward_rule_within_budget'),
        ),
        migrations.AddIndex(
            model_name='reward',
            index=models.Index(fields=['campaign', 'state', 'id'], name='reward_of_campaign'),
        ),
        migrations.AddIndex(
            model_name='reward',
            index=models.Index(condition=models.Q(('state', 'pending')), fields=['counts_on'], name='reward_due'),
        ),
        migrations.AddConstraint(
            model_name='reward',
            constraint=models.UniqueConstraint(fields=('rule', 'referral', 'trigger', 'participant'), name='reward_once'),
        ),
        migrations.AddConstraint(
            model_name='reward',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='reward_of_something'),
        ),
    ]
