"""Reads of alarms and of what is watched. Whoever asks brings a campaign that was found rightly."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from django.db.models import Count, Min, Q, QuerySet
from django.db.models.functions import TruncHour
from django.utils import timezone

from sebar import channels
from sebar.brands.queries import Membership
from sebar.campaigns.models import Campaign
from sebar.campaigns.models import Status as CampaignStatus
from sebar.channels.models import Message, State
from sebar.events import engine
from sebar.kit.errors import NotFound
from sebar.kit.words import gettext_noop
from sebar.measures import ahead, watched
from sebar.measures.ask import Ask
from sebar.measures.watched import Hour, Reaction
from sebar.participants.models import Participant
from sebar.rewards import queries as rewards
from sebar.steering.alarms import rules
from sebar.steering.alarms.models import Alarm, AlarmBrowser, AlarmHook, AlarmNotice, Lookout, Status, Watched
from sebar.steering.alarms.rules import HOUR, SHARES, Counted, Evidence, Said, Standard
from sebar.steering.decisions.models import CampaignDecision
from sebar.steering.decisions.models import State as DecisionState
from sebar.steering.experiments import queries as experiments
from sebar.steering.experiments import watching
from sebar.steering.experiments.models import Status as ExperimentStatus
from sebar.steering.models import Forecast, Quantity
from sebar.steering.watches import Watch

HISTORY: Final = timedelta(days=30)
"""How far a dry run goes back."""
_CLOSED: Final = 50
_TRIES: Final = 500
_LATELY: Final = timedelta(days=7)
_BEFORE: Final = timedelta(days=2)
_LONGEST: Final = timedelta(days=14)
_STEPS: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 3, 5, 10, 15, 30, 60, 180, 360))
_MOST_STEPS: Final = 60

Counts = Mapping[Watch, Sequence[Counted]]


@dataclass(frozen=True, slots=True)
class WatchNow:
    """A watch as it stands.

    Attributes
    ----------
    watch
        Which one.
    is_on
        Whether it may sound an alarm.
    level, people
        What the brand set; None where it set nothing.
    standard
        What is tolerated just now, and from where that is known.
    count
        How many people within an hour are too many; None where a level was learned or set, or none are counted.
    """

    watch: Watch
    is_on: bool
    level: float | None
    people: int | None
    standard: Standard
    count: int | None


@dataclass(frozen=True, slots=True)
class DryRun:
    """When a watch would have spoken.

    Attributes
    ----------
    since, until
        The time that was looked at: shares by its hours that are over, people up to its end.
    spoken
        The first evidence of each time.
    counted
        The hours it was looked at by; empty where the watch is no share.
    tolerated
        The level it went by; None where nobody can say yet.
    """

    since: datetime
    until: datetime
    spoken: list[Evidence]
    counted: Sequence[Counted]
    tolerated: float | None


def watched_campaigns() -> list[Campaign]:
    """Return the campaigns of all brands that are looked at: those that run or are paused."""
    statuses = (CampaignStatus.RUNNING, CampaignStatus.PAUSED)
    return list(Campaign.objects.filter(status__in=statuses).select_related("brand").order_by("pk"))


def lookouts(campaigns: Iterable[Campaign]) -> dict[int, Lookout]:
    """Return how far each of these campaigns has been looked at, of those that have."""
    return Lookout.objects.in_bulk([one.pk for one in campaigns])


def rows(campaigns: Iterable[Campaign]) -> dict[int, dict[Watch, Watched]]:
    """Return the watches of each of these campaigns."""
    found: dict[int, dict[Watch, Watched]] = defaultdict(dict)
    for row in Watched.objects.filter(campaign__in=[one.pk for one in campaigns]):
        found[row.campaign_id][Watch(row.watch)] = row
    return found


def open_alarms(campaigns: Iterable[Campaign]) -> dict[int, dict[Watch, Alarm]]:
    """Return the alarms of each of these campaigns that are not closed."""
    found: dict[int, dict[Watch, Alarm]] = defaultdict(dict)
    for alarm in Alarm.objects.filter(campaign__in=[one.pk for one in campaigns], closed_at__isnull=True):
        found[alarm.campaign_id][Watch(alarm.watch)] = alarm
    return found


def last_closed(campaigns: Iterable[Campaign]) -> dict[tuple[int, Watch], datetime]:
    """Return when the last alarm of each watch was closed: what happened before is no fresh evidence."""
    closed = Alarm.objects.filter(campaign__in=[one.pk for one in campaigns], closed_at__isnull=False)
    found = closed.order_by("closed_at").values_list("campaign_id", "watch", "closed_at")
    return {(campaign, Watch(watch)): at for campaign, watch, at in found if at is not None}


def hours(
    campaigns: Sequence[Campaign],
    *,
    since: datetime,
    until: datetime,
    version: int,
    after: int | None = None,
    ask: Ask | None = None,
) -> dict[int, Counts]:
    """Return, for each campaign and each watch that is a share, every hour between two moments.

    Parameters
    ----------
    since, until, version, after
        As for `measures.watched.hours`.

    Raises
    ------
    Unavailable
        When the event store cannot answer.
    """
    if since >= until or not campaigns:
        return {one.pk: {watch: [] for watch in SHARES} for one in campaigns}
    numbers = [one.pk for one in campaigns]
    letters = [one.name for one in channels.ALL.values() if one.sends]
    found = watched.hours(numbers, since=since, until=until, version=version, after=after, written=letters, ask=ask)
    sent = _messages(numbers, since, until)
    seen = {one: {hour.at: hour for hour in found.get(one, [])} for one in numbers}
    every = [since + place * HOUR for place in range(round((until - since) / HOUR))]
    return {one: {watch: _counted(watch, every, seen[one], sent[one]) for watch in SHARES} for one in numbers}


@dataclass(frozen=True, slots=True)
class _Sent:
    """Letters whose fate was known within an hour."""

    bounced: int
    failed: int
    whole: int


_NONE_SENT: Final = _Sent(0, 0, 0)
_ENDED: Final = (State.SENT, State.BOUNCED, State.FAILED, State.DOUBTFUL)


def _messages(campaigns: Sequence[int], since: datetime, until: datetime) -> dict[int, dict[datetime, _Sent]]:
    found: dict[int, dict[datetime, _Sent]] = {one: {} for one in campaigns}
    ended = Message.objects.filter(
        campaign__in=campaigns, state__in=_ENDED, changed_at__gte=since, changed_at__lt=until
    ).annotate(hour=TruncHour("changed_at", tzinfo=UTC))
    for row in (
        ended.values("campaign_id", "hour")
        .annotate(
            bounced=Count("pk", filter=Q(state=State.BOUNCED)),
            failed=Count("pk", filter=Q(state__in=(State.FAILED, State.DOUBTFUL))),
            whole=Count("pk"),
        )
        .order_by()
    ):
        found[row["campaign_id"]][row["hour"]] = _Sent(row["bounced"], row["failed"], row["whole"])
    return found


def _counted(
    watch: Watch, every: Iterable[datetime], seen: Mapping[datetime, Hour], sent: Mapping[datetime, _Sent]
) -> list[Counted]:
    return [Counted(at, *_of(watch, seen.get(at), sent.get(at, _NONE_SENT))) for at in every]


def _of(watch: Watch, hour: Hour | None, sent: _Sent) -> tuple[int, int]:
    """Return how many of how many a watch counts in one hour."""
    if watch is Watch.BOUNCES:
        return sent.bounced, sent.whole - sent.failed
    if watch is Watch.DELIVERY:
        return sent.failed, sent.whole - sent.bounced
    if hour is None:
        return 0, 0
    return {
        Watch.NEGATIVE: (hour.negative, hour.reactions),
        Watch.COMPLAINTS: (hour.complaints, hour.reactions),
        Watch.UNSUBSCRIBES: (hour.unsubscribes, hour.unsubscribes + hour.readers),
        # Whoever joined by a code said aloud, or was brought by a program, opened no link.
        Watch.CONVERSION_DROP: (hour.joins, max(hour.joins, hour.visitors)),
        Watch.BOTS: (hour.bots, hour.bots + hour.visitors),
    }[watch]


def said(watch: Watch, reactions: Iterable[Reaction], *, closed: datetime | None = None) -> list[Said]:
    """Return what people said, and whether it is what this watch counts.

    Parameters
    ----------
    closed
        When its last alarm was closed. What was said before is no fresh evidence; whoever said it did say something.
    """
    return [
        Said(one.at, one.who, one.label in rules.LABELS[watch] and (closed is None or one.at > closed))
        for one in reactions
    ]


def thresholds(
    campaigns: Sequence[Campaign], rows: Mapping[int, Mapping[Watch, Watched]], now: datetime
) -> dict[int, dict[Watch, list[Evidence]]]:
    """Return what stands beyond an exact threshold just now, of each campaign, watch by watch.

    Raises
    ------
    Unavailable
        When the event store cannot answer.
    """
    of_rewards = {one.pk: rows[one.pk][Watch.REWARD_EXPOSURE] for one in campaigns}
    levels = {one: row.level or rules.SPENT for one, row in of_rewards.items() if row.is_on}
    exposed = _exposed(levels, now)
    left = _left([one for one in campaigns if rows[one.pk][Watch.FORECAST].is_on], joined(campaigns), now)
    return {
        one.pk: {Watch.REWARD_EXPOSURE: exposed.get(one.pk, []), Watch.FORECAST: left.get(one.pk, [])}
        for one in campaigns
    }


def _exposed(levels: Mapping[int, float], now: datetime) -> dict[int, list[Evidence]]:
    """Return the budgets of which too much is spent, by campaign, of those with a level."""
    found: dict[int, list[Evidence]] = defaultdict(list)
    for campaign, budgets in rewards.budgets(levels).items():
        for rule, spent, budget in budgets:
            evidence = rules.exposure(
                rule.name, spent=spent, budget=budget, unit=rule.unit, level=levels[campaign], now=now
            )
            found[campaign] += [evidence] if evidence is not None else []
    return found


def _left(campaigns: Iterable[Campaign], joined: Mapping[int, int], now: datetime) -> dict[int, list[Evidence]]:
    """Return forecasts of record about participants that did not hold, of those whose time is near, by campaign."""
    about = Forecast.objects.filter(
        campaign__in=[one.pk for one in campaigns],
        quantity=Quantity.PARTICIPANTS,
        is_calibrated=True,
        horizon_at__gt=now - _LATELY,
    )
    found: dict[int, list[Evidence]] = defaultdict(list)
    for one in about.order_by("made_at", "horizon_at"):
        outcome = one.outcome if one.outcome is not None else joined.get(one.campaign_id, 0)
        moment = now if one.outcome is not None else min(now, one.horizon_at - timedelta(microseconds=1))
        evidence = rules.left(
            number=one.pk,
            made_at=one.made_at,
            horizon_at=one.horizon_at,
            low=one.quantiles[0],
            high=one.quantiles[-1],
            outcome=outcome,
            now=moment,
        )
        found[one.campaign_id] += [evidence] if evidence is not None else []
    return found


def unbalanced(campaign: Campaign, now: datetime) -> list[Evidence]:
    """Return the running experiments of a campaign whose arms are not dealt out as was meant.

    Raises
    ------
    Unavailable
        When the event store cannot answer.
    """
    found = []
    for experiment in experiments.of_campaign(campaign):
        if experiment.status == ExperimentStatus.RUNNING and experiment.started_at is not None:
            watch = watching.watch(experiment, now=now)
            if not watch.is_sound:
                chances = [one.p for one in (watch.balance, watch.balance_of_visitors) if one is not None]
                numbers: rules.Numbers = {"kind": "ratio", "experiment": experiment.name, "p": min(chances)}
                found.append(Evidence(experiment.started_at, now, f"experiment {experiment.pk}", numbers))
    return found


def joined(campaigns: Iterable[Campaign], *, ask: Ask | None = None) -> dict[int, int]:
    """Return how many have joined each campaign, of those somebody has joined."""
    return ahead.joined([one.pk for one in campaigns], ask=ask)


def standard(watch: Watch, row: Watched | None) -> Standard:
    """Return what is tolerated of a share just now: what the brand said, or was learned, or is usual."""
    rho = row.rho if row is not None and row.rho is not None else rules.ASSUMED_RHO
    if row is not None and row.level is not None:
        return Standard(row.level, rho)
    if row is not None and row.learned is not None:
        return Standard(row.learned, rho, is_learned=True)
    return Standard(SHARES[watch].usual, rho)


def people(watch: Watch, row: Watched | None) -> int | None:
    """Return how many people within an hour are too many; None where a share was learned, or nobody is counted."""
    if watch not in rules.PEOPLE or (row is not None and row.learned is not None):
        return None
    return (row.people if row is not None else None) or rules.PEOPLE[watch]


def chance(lookout_chance: float, rows: Mapping[Watch, Watched]) -> float:
    """Return the share of a campaign's chance of a false alarm that each of its watches over shares has."""
    on = sum(watch not in rows or rows[watch].is_on for watch in SHARES)
    return lookout_chance / max(on, 1)


def watches(campaign: Campaign) -> list[WatchNow]:
    """Return every watch of a campaign as it stands, also before it was looked at for the first time."""
    mine = rows([campaign])[campaign.pk]
    return [now_of(watch, mine.get(watch)) for watch in Watch]


def now_of(watch: Watch, row: Watched | None) -> WatchNow:
    """Return one watch as it stands."""
    if watch in SHARES:
        found = standard(watch, row)
    else:
        level = row.level if row is not None else None
        found = Standard(level or rules.LEVELS.get(watch))
    return WatchNow(
        watch=watch,
        is_on=row is None or row.is_on,
        level=row.level if row is not None else None,
        people=row.people if row is not None else None,
        standard=found,
        count=people(watch, row),
    )


def false_alarm(campaign: Campaign) -> float:
    """Return the chance of any false alarm that a campaign bears."""
    lookout = Lookout.objects.filter(campaign=campaign).first()
    return rules.FALSE_ALARM if lookout is None else lookout.false_alarm


def looks(campaign: Campaign) -> int:
    """Return for how many hourly looks a campaign's promise is made."""
    return rules.looks(campaign.starts_at or campaign.published_at or campaign.created_at, campaign.ends_at)


def dry_runs(
    campaign: Campaign, given: Sequence[WatchNow], *, now: datetime | None = None, ask: Ask | None = None
) -> dict[Watch, DryRun]:
    """Return when watches would have spoken in the last 30 days, had they been on as they are given here.

    Parameters
    ----------
    given
        The watches, as they are or as somebody thinks of setting them.

    Raises
    ------
    Unavailable
        When the event store cannot answer.
    """
    now = now or timezone.now()
    until = floor(now)
    since = max(until - HISTORY, floor(began(campaign) or until))
    version = engine.status().version if ask is None else _ANY
    shares = hours([campaign], since=since, until=until, version=version, ask=ask)
    spoke = watched.reactions([campaign.pk], since=since - HOUR, until=now, ask=ask) if _count_people(given) else {}
    mine = rows([campaign])[campaign.pk]
    each = chance(false_alarm(campaign), mine)
    found = {}
    for one in given:
        if one.watch not in SHARES:
            found[one.watch] = DryRun(since, now, _past(campaign, one, now), [], one.standard.tolerated)
            continue
        counted = shares[campaign.pk][one.watch]
        known = one.standard
        if one.level is None and not known.is_learned:
            known = rules.learn(one.watch, counted) or known
        detector = rules.detector(one.watch, known, looks=looks(campaign), chance=each)
        spoken = [] if detector is None else rules.episodes(detector, counted)
        if one.count is not None and not known.is_learned:
            heard = said(one.watch, spoke.get(campaign.pk, []))
            crowds = rules.bursts(heard, people=one.count, tolerated=known.tolerated or 0.0)
            spoken += [crowd for crowd in crowds if crowd.at >= since]
        found[one.watch] = DryRun(since, now, rules.affairs(spoken), counted, known.tolerated)
    return found


def around(alarm: Alarm, *, now: datetime | None = None, ask: Ask | None = None) -> list[Counted]:
    """Return how many of how many were counted around the time in which an alarm had its evidence.

    Of a share by the hour or more, from two days before it began until it was closed; of a count of people in the hour
    up to each moment, from an hour before it began until an hour after its last evidence. Of the last 14 days at most,
    in about 60 steps; empty of exact thresholds.

    Raises
    ------
    Unavailable
        When the event store cannot answer.
    """
    kind, end = alarm.numbers["kind"], alarm.closed_at or now or timezone.now()
    if kind == "share":
        return _around_share(alarm, floor(end), ask)
    return _around_crowd(alarm, min(end, alarm.spoke_at + HOUR), ask) if kind == "people" else []


def _around_share(alarm: Alarm, until: datetime, ask: Ask | None) -> list[Counted]:
    first = floor(began(alarm.campaign) or alarm.began_at)
    since = max(floor(alarm.began_at - _BEFORE), until - _LONGEST, first)
    found = hours([alarm.campaign], since=since, until=until, version=_ANY, ask=ask)
    every = found[alarm.campaign_id][Watch(alarm.watch)]
    width = math.ceil(len(every) / _MOST_STEPS)
    parts = (every[start : start + width] for start in range(0, len(every), width or 1))
    return [Counted(part[0].at, sum(one.events for one in part), sum(one.total for one in part)) for part in parts]


def _around_crowd(alarm: Alarm, until: datetime, ask: Ask | None) -> list[Counted]:
    since = max(alarm.began_at - HOUR, until - _LONGEST)
    step = next(step for step in _STEPS if until - since <= _MOST_STEPS * step)
    reactions = watched.reactions([alarm.campaign_id], since=since - HOUR, until=until, ask=ask)
    before = Alarm.objects.filter(campaign=alarm.campaign_id, watch=alarm.watch, closed_at__lte=alarm.opened_at)
    closed = before.order_by("-closed_at").values_list("closed_at", flat=True).first()
    heard = said(Watch(alarm.watch), reactions.get(alarm.campaign_id, []), closed=closed)
    found = []
    for place in range((until - since) // step, -1, -1):
        at = until - place * step
        within = [one for one in heard if at - HOUR < one.at <= at]
        found.append(Counted(at, len({one.who for one in within if one.is_bad}), len({one.who for one in within})))
    return found


def began(campaign: Campaign) -> datetime | None:
    """Return since when a campaign has a past: its publishing, or the first join where one was brought along."""
    first: datetime | None = Participant.objects.filter(campaign=campaign).aggregate(first=Min("joined_at"))["first"]
    return min((moment for moment in (first, campaign.published_at) if moment is not None), default=None)


def _count_people(given: Iterable[WatchNow]) -> bool:
    return any(one.count is not None for one in given)


def _past(campaign: Campaign, one: WatchNow, now: datetime) -> list[Evidence]:
    """Return what an exact threshold says of now; what it said before is not kept anywhere but in alarms."""
    if one.watch is Watch.REWARD_EXPOSURE:
        return _exposed({campaign.pk: one.level or rules.SPENT}, now).get(campaign.pk, [])
    if one.watch is Watch.FORECAST:
        return _left([campaign], joined([campaign]), now).get(campaign.pk, [])
    return unbalanced(campaign, now)


def floor(at: datetime) -> datetime:
    """Return when the hour of a moment began, in UTC."""
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def of_campaign(campaign: Campaign) -> list[Alarm]:
    """Return a campaign's alarms that are not closed, newest first."""
    return list(Alarm.objects.filter(campaign=campaign, closed_at__isnull=True).order_by("-opened_at", "-pk"))


def closed(campaign: Campaign) -> list[Alarm]:
    """Return a campaign's alarms that were closed, newest first."""
    found = Alarm.objects.filter(campaign=campaign, closed_at__isnull=False)
    return list(found.order_by("-closed_at", "-pk")[:_CLOSED])


def of_number(campaign: Campaign, number: int) -> Alarm:
    """Return the campaign's alarm of this number.

    Raises
    ------
    NotFound
        When the campaign has none.
    """
    found = Alarm.objects.filter(campaign=campaign, pk=number).first()
    if found is None:
        raise NotFound(gettext_noop("There is no such alarm."), field="alarm")
    return found


def ringing(campaign: Campaign, *, now: datetime | None = None) -> list[Alarm]:
    """Return the alarms that a campaign's pages show at their top: open ones, and those that were snoozed until now."""
    moment = now or timezone.now()
    is_quiet = Q(status=Status.SNOOZED, snoozed_until__gt=moment) | Q(status=Status.ACKNOWLEDGED)
    return list(
        Alarm.objects.filter(campaign=campaign, closed_at__isnull=True).exclude(is_quiet).order_by("-opened_at", "-pk")
    )


def followed(alarm: Alarm) -> CampaignDecision | None:
    """Return what a policy did or proposed when an alarm spoke; None where nothing followed, or nothing yet.

    What an earlier alarm of the watch had proposed counts too where it waited still: nothing is proposed beside it.
    """
    found = CampaignDecision.objects.filter(campaign=alarm.campaign_id, watch=alarm.watch)
    found = found.exclude(in_force_at__lt=alarm.opened_at).exclude(ended_at__lt=alarm.opened_at)
    if alarm.closed_at is not None:
        found = found.filter(made_at__lte=alarm.closed_at)
    return found.select_related("campaign__brand").order_by("-made_at", "-pk").first()


def proposed(campaign: Campaign) -> list[CampaignDecision]:
    """Return what policies proposed when alarms spoke, and still waits for its time or for somebody, newest first."""
    found = CampaignDecision.objects.filter(campaign=campaign, state=DecisionState.PROPOSED)
    return list(found.select_related("campaign__brand").order_by("-made_at", "-pk"))


def unanswered() -> list[Alarm]:
    """Return the alarms of all brands after which nothing has followed yet, oldest first."""
    found = Alarm.objects.filter(answered_at__isnull=True).select_related("campaign__brand")
    return list(found.order_by("pk")[:_TRIES])


def ended_proposals() -> list[Alarm]:
    """Return the alarms of all brands whose proposal was carried out, refused or overtaken, untold so far."""
    found = Alarm.objects.filter(proposal__isnull=False).exclude(proposal__state=DecisionState.PROPOSED)
    return list(found.select_related("campaign__brand").order_by("pk")[:_TRIES])


def hook(campaign: Campaign) -> AlarmHook | None:
    """Return where the brand's own program is told; None when it has none."""
    return AlarmHook.objects.filter(brand=campaign.brand_id).first()


def browsers(membership: Membership) -> QuerySet[AlarmBrowser]:
    """Return the browsers in which a member is told of the brand's alarms."""
    return AlarmBrowser.objects.filter(member__brand=membership.brand, member__user=membership.user)


def due_notices(now: datetime) -> list[AlarmNotice]:
    """Return who is to be told just now, oldest first, with all that it takes."""
    due = AlarmNotice.objects.filter(done_at__isnull=True, due_at__lte=now)
    return list(due.select_related("alarm__campaign__brand", "member", "browser").order_by("due_at", "pk")[:_TRIES])


def letters(alarm: Alarm) -> list[AlarmNotice]:
    """Return who was told of an alarm, or is to be."""
    return list(AlarmNotice.objects.filter(alarm=alarm).select_related("member").order_by("pk"))


_ANY: Final = 2**63 - 1  # no store's version is beyond
