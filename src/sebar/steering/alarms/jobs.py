"""By the clock: looking at every campaign once a minute, and telling of alarms beside it.

A look is kept in one transaction with how far it went, so that none is taken twice, whenever the process ends.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone

from sebar.campaigns.models import Campaign
from sebar.events import engine
from sebar.measures import watched
from sebar.measures.watched import Reaction
from sebar.spread.alarm import State
from sebar.steering.alarms import actions, notices, queries, rules
from sebar.steering.alarms.actions import Looked
from sebar.steering.alarms.models import Alarm, Lookout, Watched
from sebar.steering.alarms.rules import HOUR, SHARES, Evidence, Standard
from sebar.steering.watches import Watch

_log = logging.getLogger("sebar.worker")
_REST: Final = 60.0
_REST_TELLING: Final = 5.0
_ON_THE_WAY: Final = timedelta(minutes=10)  # that events of an hour may take to the store before it is looked at
_Rows = Mapping[Watch, Watched]


class Watching:
    """Looks at every campaign that runs or is paused."""

    def __init__(self, clock: Callable[[], datetime] = timezone.now) -> None:
        self._clock = clock

    def turn(self) -> float:
        """Look at all campaigns, and let follow what was decided beforehand; return how long to rest."""
        try:
            self._look(self._clock())
        finally:  # what was seen before is answered, whether there is an engine to ask or not
            _answer()
            _tell_ends()
        return _REST

    def _look(self, now: datetime) -> None:
        campaigns = queries.watched_campaigns()
        known, rows = queries.lookouts(campaigns), queries.rows(campaigns)
        for campaign in campaigns:
            if campaign.pk not in known or len(rows[campaign.pk]) < len(Watch):
                known[campaign.pk] = actions.begin(campaign=campaign, now=now)
                rows |= queries.rows([campaign])
        self._count_people(campaigns, rows, now)
        self._look_at_hours(campaigns, known, rows, now)
        joined = queries.joined(campaigns)
        for campaign in campaigns:
            found = queries.thresholds(campaign, rows[campaign.pk], joined.get(campaign.pk, 0), now)
            actions.sound(campaign=campaign, found=found, now=now)

    def _look_at_hours(
        self, campaigns: Sequence[Campaign], known: Mapping[int, Lookout], rows: Mapping[int, _Rows], now: datetime
    ) -> None:
        """Look at the hours that are over; campaigns that were last looked at together are asked for together."""
        until, version = queries.floor(now - _ON_THE_WAY), engine.status().version
        together: dict[tuple[datetime, int], list[Campaign]] = defaultdict(list)
        for campaign in campaigns:
            lookout = known[campaign.pk]
            if lookout.looked_until < until:
                together[lookout.looked_until, lookout.version].append(campaign)
        for (since, after), some in together.items():
            counts = queries.hours(some, since=since, until=until, version=version, after=after or None)
            is_open, closed = queries.open_alarms(some), queries.last_closed(some)
            for campaign in some:
                one = _One(campaign, known[campaign.pk], rows[campaign.pk], until, version)
                fresh = {
                    watch: [hour for hour in counted if hour.at >= closed.get((campaign.pk, watch), since)]
                    for watch, counted in counts[campaign.pk].items()
                }
                looked = one.looked(fresh, is_open[campaign.pk])
                actions.keep(lookout=one.lookout, looked=looked, now=now)

    def _count_people(self, campaigns: Sequence[Campaign], rows: Mapping[int, _Rows], now: datetime) -> None:
        """Look at what was said within the last hour, and since the last alarm was closed."""
        few = [one for one in campaigns if any(_counts_people(rows[one.pk], watch) for watch in rules.PEOPLE)]
        if not few:
            return
        reactions = watched.reactions([one.pk for one in few], since=now - HOUR, until=now)
        closed = queries.last_closed(few)
        for campaign in few:
            said = reactions.get(campaign.pk, [])
            found = {
                watch: _crowd(watch, rows[campaign.pk], said, closed.get((campaign.pk, watch)))
                for watch in rules.PEOPLE
                if _counts_people(rows[campaign.pk], watch)
            }
            actions.sound(campaign=campaign, found=found, now=now)


def _answer() -> None:
    """Let follow what was decided beforehand for the alarms that were opened."""
    for alarm in queries.unanswered():
        try:
            actions.answer(alarm=alarm)
        except Exception:  # noqa: BLE001 - one whose answer fails, and is tried again, must not keep the others from theirs
            _log.exception("alarm %s", alarm.pk)


def _tell_ends() -> None:
    """Let be told what became of what was proposed."""
    for alarm in queries.ended_proposals():
        actions.tell_end(alarm=alarm)


def _counts_people(rows: _Rows, watch: Watch) -> bool:
    return rows[watch].is_on and queries.people(watch, rows[watch]) is not None


def _crowd(watch: Watch, rows: _Rows, reactions: Sequence[Reaction], closed: datetime | None) -> list[Evidence]:
    people = queries.people(watch, rows[watch]) or rules.PEOPLE[watch]
    tolerated = queries.standard(watch, rows[watch]).tolerated or 0.0
    return rules.bursts(queries.said(watch, reactions, since=closed), people=people, tolerated=tolerated)


@dataclass(frozen=True, slots=True)
class _One:
    """One campaign that is looked at, and up to which hour and version of the store."""

    campaign: Campaign
    lookout: Lookout
    rows: _Rows
    until: datetime
    version: int

    def looked(self, counts: queries.Counts, is_open: Mapping[Watch, Alarm]) -> Looked:
        """Return what the detectors make of some hours more."""
        before: dict[Watch, list[float]] = {}
        states: dict[Watch, State] = {}
        found: dict[Watch, list[Evidence]] = {}
        each = queries.chance(self.lookout.false_alarm, self.rows)
        for watch in SHARES:
            row = self.rows[watch]
            if not row.is_on:
                continue
            before[watch], states[watch] = row.state, State.of(row.state) if row.state else State()
            standard = queries.standard(watch, row)
            detector = rules.detector(watch, standard, looks=queries.looks(self.campaign), chance=each)
            if detector is not None:
                states[watch], evidence = rules.look(detector, states[watch], counts[watch])
                found[watch] = [evidence] if evidence is not None else []
        learned = self._learned([watch for watch in states if watch not in is_open and not found.get(watch)])
        states |= dict.fromkeys(learned, State())  # with what was learned it is begun anew
        return Looked(self.until, self.version, before, states, learned, found)

    def _learned(self, may: Sequence[Watch]) -> dict[Watch, Standard]:
        """Return what the campaign's first days teach of these watches, of those that know nothing yet."""
        ignorant = [watch for watch in may if self.rows[watch].learned is None]
        if not ignorant:
            return {}
        since = queries.floor(queries.began(self.campaign) or self.campaign.created_at)
        is_first = not self.lookout.version
        moments = (since + hours * HOUR for hours in rules.LEARNING)
        if not (is_first or any(self.lookout.looked_until < at <= self.until for at in moments)):
            return {}
        until = min(self.until, since + rules.LEARNING[-1] * HOUR)
        counts = queries.hours([self.campaign], since=since, until=until, version=self.version)[self.campaign.pk]
        learned = {watch: rules.learn(watch, counts[watch]) for watch in ignorant}
        return {watch: standard for watch, standard in learned.items() if standard is not None}


class Balancing:
    """Looks once an hour whether running experiments are dealt out as was meant: that reads all of their visitors."""

    def __init__(self, clock: Callable[[], datetime] = timezone.now) -> None:
        self._clock = clock

    def turn(self) -> float:
        """Look at all experiments; return how long to rest."""
        now = self._clock()
        campaigns = queries.watched_campaigns()
        rows = queries.rows(campaigns)
        for campaign in campaigns:
            row = rows[campaign.pk].get(Watch.SAMPLE_RATIO)
            if row is not None and row.is_on:
                found = {Watch.SAMPLE_RATIO: queries.unbalanced(campaign, now)}
                actions.sound(campaign=campaign, found=found, now=now)
        return HOUR.total_seconds()


def tell() -> float:
    """Tell whoever is to be told of alarms; return how long to rest. In a thread of its own: servers may be slow."""
    for notice in queries.due_notices(timezone.now()):
        if actions.try_notice(notice, now=timezone.now()):
            actions.told(notice, outcome=notices.send(notice), now=timezone.now())
    return _REST_TELLING
