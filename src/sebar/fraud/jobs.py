"""What comes round by the clock: looking at campaigns in which something happened, and forgetting old evidence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone

from sebar import measures
from sebar.fraud import actions, queries, rules

_REST: Final = 5.0
_REST_FORGETTING: Final = 3600.0
_SHARE_OF_TIME: Final = 0.1  # of one processor that looking at one campaign again and again may take
_SOONEST: Final = timedelta(seconds=10)


class Judging:
    """Looks at every campaign in which something has happened since the last look."""

    def __init__(self, clock: Callable[[], datetime] = timezone.now) -> None:
        self._clock = clock
        self._seen: dict[int, int] = {}
        self._not_before: dict[int, datetime] = {}

    def turn(self) -> float:
        """Look where there is news; return how long to rest."""
        for campaign in queries.published():
            began = self._clock()
            if began < self._not_before.get(campaign.pk, began):
                continue
            version = measures.version(campaign.pk).number
            if version == self._seen.get(campaign.pk, 0):
                continue
            last = queries.last_join(campaign)
            if last is not None and began - last < timedelta(days=rules.KEEP_DAYS):
                actions.judge(campaign=campaign, now=began)
            self._seen[campaign.pk] = version
            self._not_before[campaign.pk] = began + max((self._clock() - began) / _SHARE_OF_TIME, _SOONEST)
        return _REST


def forget() -> float:
    """Delete evidence that is too old; return how long to rest."""
    actions.forget(before=timezone.now().date() - timedelta(days=rules.KEEP_DAYS))
    return _REST_FORGETTING
