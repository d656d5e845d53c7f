"""What looks ahead comes round by the clock: foreseeing, judging what was foreseen, learning from finished campaigns.

Only actions write; a job that is killed in the middle has done what its actions have committed, and no more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from django.utils import timezone

from sebar import measures
from sebar.campaigns.models import Campaign
from sebar.measures import ahead
from sebar.measures.intervals import ENOUGH
from sebar.steering import actions, foreseeing, queries, rules
from sebar.steering.models import Forecast, Quantity

_REST: Final = 1.0
_REST_SCORES: Final = 60.0
_REST_LEARNING: Final = 3600.0
_LATE_EVENTS: Final = timedelta(minutes=10)  # that long events may be on their way to the store
_SETTLED: Final = timedelta(days=7)  # after its end a campaign's figures hardly change
_SHARE_OF_TIME: Final = 0.3  # of one processor that foreseeing one campaign again and again may take
_OLDEST: Final = timedelta(minutes=5)  # silence is news too
_ON_THEIR_WAY: Final = timedelta(minutes=1)  # joins of the last minute may still come to the store by themselves
_A_MOMENT: Final = timedelta(seconds=3)  # without joins of before, after which what is foreseen may be shown
_QUIET: Final = timedelta(minutes=2)  # and after which it may be judged


_State = tuple[int, datetime]  # stored events, and when the campaign's settings were changed


@dataclass(frozen=True, slots=True)
class _Watched:
    """How many had joined until a moment, and since when looking there has shown nobody new."""

    since: datetime
    until: datetime
    participants: int


class Foreseeing:
    """Looks ahead for every running campaign of which something has changed since the last look: events or settings."""

    def __init__(self, clock: Callable[[], datetime] = timezone.now) -> None:
        self._clock = clock
        self._seen: dict[int, _State] = {}
        self._not_before: dict[int, datetime] = defaultdict(lambda: _NEVER)
        self._watched: dict[int, _Watched] = {}

    def turn(self) -> float:
        """Look ahead where there is news, longest without a look first; return how long to rest."""
        now = self._clock()
        running = {campaign.pk: campaign for campaign in queries.running(now)}
        joined = ahead.joined([*running])
        made = queries.made(running)
        may = [number for number in joined if joined[number] >= ENOUGH and now >= self._not_before[number]]
        states = {number: (measures.version(number).number, running[number].changed_at) for number in may}
        news = [
            number
            for number, state in states.items()
            if state != self._seen.get(number) or now - made.get(number, _NEVER) > _OLDEST
        ]
        for number in sorted(news, key=lambda number: made.get(number, _NEVER)):
            began = self._clock()
            quiet = self._quiet(number, began)
            if quiet < _A_MOMENT:
                continue
            self._look(running[number], began, is_whole=quiet >= _QUIET)
            self._seen[number] = states[number]
            self._not_before[number] = began + (self._clock() - began) / _SHARE_OF_TIME
        return _REST

    def _look(self, campaign: Campaign, now: datetime, *, is_whole: bool) -> None:
        totals = ahead.totals(campaign.pk, until=now)
        if totals.first is None:
            return
        widening = rules.widening(queries.held_lately())
        found = foreseeing.foresee(campaign, totals, now=now, widening=widening)
        if found is None:
            actions.withdraw(campaign=campaign)
            return
        outlook, foreseen = found
        version = measures.version(campaign.pk).number
        if is_whole and rules.is_due(totals.first, queries.last_made(campaign), now):
            actions.record(campaign=campaign, made_at=now, foreseen=foreseen)
        actions.show(campaign=campaign, made_at=now, version=version, outlook=outlook)

    def _quiet(self, campaign: int, now: datetime) -> timedelta:
        """Return for how long nobody has come who joined before: only then is nobody loading such people.

        What is foreseen in the middle of an import knows a part of what has long happened; it must not be shown, and
        still less be judged.
        """
        until, watched = now - _ON_THEIR_WAY, self._watched.get(campaign)
        is_same = watched is not None and _joined(campaign, watched.until) == watched.participants
        since = watched.since if watched is not None and is_same else now
        self._watched[campaign] = _Watched(since, until, _joined(campaign, until))
        return now - since


def _joined(campaign: int, until: datetime) -> int:
    return ahead.totals(campaign, until=until).participants


def score() -> float:
    """Judge the forecasts whose time has come; return how long to rest."""
    due: dict[tuple[int, datetime], list[Forecast]] = defaultdict(list)
    for forecast in queries.to_be_scored(timezone.now() - _LATE_EVENTS):
        due[forecast.campaign_id, forecast.horizon_at].append(forecast)
    for (campaign, horizon_at), forecasts in due.items():
        totals = ahead.totals(campaign, until=horizon_at)
        came = {
            Quantity.PARTICIPANTS: totals.participants,
            Quantity.REACH: totals.reached,
            Quantity.CONVERSIONS: totals.conversions,
        }
        outcomes = {one.pk: came[Quantity(one.quantity)] for one in forecasts}
        actions.score(
            outcomes={
                one.pk: (outcomes[one.pk], foreseeing.interval_score(one.quantiles, outcomes[one.pk]))
                for one in forecasts
            }
        )
    return _REST_SCORES


def learn() -> float:
    """Learn anew when campaigns have finished since the last time; return how long to rest."""
    finished = queries.finished(timezone.now() - _SETTLED)
    newest = queries.newest_learned()
    if len(finished) > (newest.campaigns if newest else 0):
        content = foreseeing.learn(finished)
        actions.remember(campaigns=len(finished), content=content)
    return _REST_LEARNING


_NEVER: Final = datetime(1, 1, 2, tzinfo=UTC)
