"""What looks ahead comes round by the clock: foreseeing, judging what was foreseen, learning from finished campaigns.

Only actions write; a job that is killed in the middle has done what its actions have committed, and no more.
"""

from __future__ import annotations

import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Final

from django.utils import timezone

from sebar import measures
from sebar.campaigns.models import Campaign
from sebar.measures import ahead
from sebar.steering import actions, foreseeing, queries, rules
from sebar.steering.models import Forecast, Quantity

_REST: Final = 1.0
_REST_SCORES: Final = 60.0
_REST_LEARNING: Final = 3600.0
_LATE_EVENTS: Final = timedelta(minutes=10)  # that long events may be on their way to the store
_SETTLED: Final = timedelta(days=7)  # after its end a campaign's figures hardly change
_SHARE_OF_TIME: Final = 0.3  # of one processor that foreseeing one campaign again and again may take
_OLDEST: Final = timedelta(minutes=5)  # silence is news too


class Foreseeing:
    """Looks ahead for every running campaign in which something has happened since the last look."""

    def __init__(self) -> None:
        self._seen: dict[int, int] = {}
        self._not_before: dict[int, float] = defaultdict(float)

    def turn(self) -> float:
        """Look ahead where there is news, longest without a look first; return how long to rest."""
        now = timezone.now()
        running = {campaign.pk: campaign for campaign in queries.running(now)}
        joined = ahead.joined([*running])
        made = queries.made(running)
        news = [
            number
            for number, participants in joined.items()
            if participants >= rules.ENOUGH
            and time.monotonic() >= self._not_before[number]
            and (participants != self._seen.get(number) or now - made.get(number, _NEVER) > _OLDEST)
        ]
        for number in sorted(news, key=lambda number: made.get(number, _NEVER)):
            began = time.monotonic()
            self._look(running[number], timezone.now())
            self._seen[number] = joined[number]
            took = time.monotonic() - began
            self._not_before[number] = began + took / _SHARE_OF_TIME
        return _REST

    def _look(self, campaign: Campaign, now: datetime) -> None:
        totals = ahead.totals(campaign.pk, until=now)
        if totals.first is None or totals.participants < rules.ENOUGH:
            return
        widening = rules.widening(queries.held_lately())
        found = foreseeing.foresee(campaign, totals, now=now, widening=widening)
        if found is None:
            return
        outlook, foreseen = found
        version = measures.version(campaign.pk).number
        if rules.is_due(totals.first, queries.last_made(campaign), now):
            actions.record(campaign=campaign, made_at=now, foreseen=foreseen)
        actions.show(campaign=campaign, made_at=now, version=version, outlook=outlook)


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
