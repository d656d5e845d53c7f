"""How much participants pass on: seen by day of joining, and in the end, for many have not had their time yet.

Both come from one query, asked in the same words, so that an engine that has just answered one has answered the other.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

from sebar.measures.ask import Ask, milliseconds, rows
from sebar.measures.figures import CascadeSizes, Day, PassingOn, Spreading
from sebar.measures.intervals import ENOUGH, Sums, ratio, share
from sebar.spread import branching
from sebar.spread.estimate import Estimate, Figure, TooEarly
from sebar.spread.sizes import Offspring, cascade_sizes

if TYPE_CHECKING:
    from sebar.spread.passing_on import Fit, Prior, Statistics

_LARGEST_EXPECTED: Final = 1023


def this_minute() -> datetime:
    """Return the end of the present minute: whoever looks within it asks the same question."""
    return datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)


def passing_on(
    campaign: int, *, zone: str = "UTC", now: datetime | None = None, by_day: bool = True, ask: Ask | None = None
) -> PassingOn:
    """Return what participants have brought so far, by the day on which they joined, and over all settled days.

    Parameters
    ----------
    campaign
        Its identifier.
    zone
        Time zone whose days count.
    now
        The moment of looking: nothing later counts, and it decides which days are still open; the end of the present
        minute when absent.
    by_day
        Whether each day is wanted by itself: its ranges take some milliseconds.
    ask
        Whom to ask; the engine when absent.
    """
    end = now or this_minute()
    found = rows(ask, "passing_on", campaign=campaign, zone=zone, now=milliseconds(end))
    cohorts = _by_day(found)
    everybody = _together(cohorts.values())
    half_came, most_came = found[0][-2:] if found else (-1, -1)
    patience = timedelta(milliseconds=most_came) if everybody.joins else None
    settled = {day for day in cohorts if _end_of(day, zone) + (patience or timedelta()) <= end}
    closed = _together(cohorts[day] for day in settled)
    is_open = closed.participants < ENOUGH
    judged = everybody if is_open else closed
    return PassingOn(
        days=tuple(_day(day, cohorts[day], everybody, is_open=day not in settled) for day in cohorts) if by_day else (),
        r=_r(judged, everybody),
        k_factor=_k_factor(judged, everybody),
        share_rate=share(judged.sharers, judged.participants, "of participants"),
        shares_each=_shares_each(judged, everybody),
        joins_each_share=_joins_each_share(judged),
        settled=judged.participants,
        is_open=is_open,
        cycle_time=timedelta(milliseconds=half_came) if everybody.joins else None,
        patience=patience,
    )


def spreading(campaign: int, *, zone: str = "UTC", now: datetime | None = None, ask: Ask | None = None) -> Spreading:
    """Return how much people pass on in the end, how soon, and what becomes of it. Parameters as in `passing_on`.

    People who just joined have not had their time, and slow friends have not come yet: both are corrected for, by the
    likelihood that `sebar.spread.passing_on` describes. `zone` changes nothing but the words in which the store is
    asked.
    """
    end = now or this_minute()
    found = rows(ask, "passing_on", campaign=campaign, zone=zone, now=milliseconds(end))
    # The compiler comes with these, and most processes never need it.
    from sebar.spread import passing_on as science  # noqa: PLC0415 - the compiler comes with it
    from sebar.spread.forecasting import dies_out  # noqa: PLC0415 - the compiler comes with it
    from sebar.spread.pace import pace  # noqa: PLC0415 - the compiler comes with it

    known = science.from_groups(row[1:8] for row in found)
    everybody, friends, seeds = fitted(known.together), fitted(known.participants), fitted(known.seeds)
    r, r_of_friends, r_of_seeds = figure(everybody, "r"), figure(friends, "r"), figure(seeds, "r")
    decides = everybody if isinstance(r_of_friends, TooEarly) else friends
    begins = everybody if isinstance(r_of_seeds, TooEarly) else seeds
    ahead = pace(decides) if decides and isinstance(r, Estimate) else None
    return Spreading(
        statistics=known,
        r=r,
        k=figure(everybody, "k"),
        cycle_time=figure(everybody, "cycle_time"),
        r_of_seeds=r_of_seeds,
        r_of_friends=r_of_friends,
        growth=ahead.growth if ahead else r,
        doubling_time=ahead.doubling if ahead else r,
        die_out=dies_out(known) if ahead else None,
        laws=(_law(begins), _law(decides)) if ahead and begins and decides else None,
    )


def expected_sizes(sizes: CascadeSizes, spreading: Spreading) -> tuple[float | None, ...]:
    """Return how many cascades of each of the sizes' bins there would be in the end, given R and k.

    None for bins beyond 1,023 people, and while it is too early.
    """
    if spreading.laws is None:
        return (None,) * len(sizes.bins)
    chances = cascade_sizes(*spreading.laws, most=_LARGEST_EXPECTED)
    return tuple(
        float(chances[one.low - 1 : one.high].sum()) * sizes.cascades if one.high <= _LARGEST_EXPECTED else None
        for one in sizes.bins
    )


def _law(fit: Fit) -> Offspring:
    return Offspring(math.exp(fit.theta[0]), math.exp(fit.theta[1]))


def fitted(known: Statistics, prior: Prior | None = None) -> Fit | None:
    """Return what is most likely of these people; None when there are none."""
    from sebar.spread import passing_on as science  # noqa: PLC0415 - the compiler comes with it

    return science.fit(known, prior=prior or science.VAGUE) if known.everybody else None


def figure(fit: Fit | None, which: Literal["r", "k", "cycle_time"]) -> Figure:
    """Return an estimate once 30 people have had their time.

    Many who had a part of it count as fewer who had all: each as the share of their friends that has come by their age.
    """
    if fit is None or fit.statistics.everybody < ENOUGH:
        return TooEarly(fit.statistics.everybody if fit else 0, ENOUGH)
    from sebar.spread.pace import had_their_time  # noqa: PLC0415 - the compiler comes with it

    had = math.floor(had_their_time(fit))
    if had < ENOUGH:
        return TooEarly(had, ENOUGH, "participants who had their time")
    found: Estimate = getattr(fit, which)()
    return found


class _Cohort(NamedTuple):
    """Sums over people: those of one day, or of several.

    `sharers` have shared; what they brought is `joins_shared`. The last four are sums of squares and of a product.
    """

    participants: int = 0
    joins: int = 0
    shares: int = 0
    sharers: int = 0
    joins_shared: int = 0
    joins_squared: int = 0
    shares_squared: int = 0
    joins_shared_squared: int = 0
    shares_by_joins: int = 0


def _by_day(found: Iterable[Sequence[Any]]) -> dict[date, _Cohort]:
    parts: dict[str, list[tuple[int, ...]]] = defaultdict(list)
    for day, _, _, brought, people, _, _, _, sharers, shares, shares_squared, _, _ in found:
        squared = brought * brought
        parts[day].append(
            (
                people,
                brought * people,
                shares,
                sharers,
                brought * sharers,
                squared * people,
                shares_squared,
                squared * sharers,
                brought * shares,
            )
        )
    return {date.fromisoformat(day): _added(some) for day, some in parts.items()}


def _together(cohorts: Iterable[_Cohort]) -> _Cohort:
    return _added([_Cohort(), *cohorts])


def _added(parts: Iterable[tuple[int, ...]]) -> _Cohort:
    return _Cohort(*map(sum, zip(*parts, strict=True)))


def _day(day: date, cohort: _Cohort, everybody: _Cohort, *, is_open: bool) -> Day:
    return Day(
        day=day,
        participants=cohort.participants,
        shares=cohort.shares,
        joins=cohort.joins,
        shares_per_participant=cohort.shares / cohort.participants,
        joins_per_share=cohort.joins_shared / cohort.shares if cohort.shares else None,
        r=_r(cohort, everybody),
        k_factor=_k_factor(cohort, everybody),
        is_open=is_open,
    )


def _end_of(day: date, zone: str) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=ZoneInfo(zone)).astimezone(UTC)


def _r(cohort: _Cohort, everybody: _Cohort) -> Figure:
    """Return R of a cohort; how uneven people are is taken from everybody, as one day's would be too uncertain."""
    if cohort.participants < ENOUGH:
        return TooEarly(cohort.participants, ENOUGH)
    k = branching.dispersion(everybody.participants, everybody.joins, everybody.joins_squared)
    return branching.offspring(cohort.participants, cohort.joins, k=k)


def _k_factor(cohort: _Cohort, everybody: _Cohort) -> Figure:
    if cohort.participants < ENOUGH:
        return TooEarly(cohort.participants, ENOUGH)
    if cohort.shares < ENOUGH:
        return TooEarly(cohort.shares, ENOUGH, "shares")
    k = branching.dispersion(everybody.participants, everybody.joins_shared, everybody.joins_shared_squared)
    return branching.offspring(cohort.participants, cohort.joins_shared, k=k)


def _shares_each(cohort: _Cohort, everybody: _Cohort) -> Figure:
    if cohort.participants < ENOUGH:
        return TooEarly(cohort.participants, ENOUGH)
    k = branching.dispersion(everybody.participants, everybody.shares, everybody.shares_squared)
    return branching.offspring(cohort.participants, cohort.shares, k=k, unit="shares per participant")


def _joins_each_share(cohort: _Cohort) -> Figure:
    if cohort.shares < ENOUGH:
        return TooEarly(cohort.shares, ENOUGH, "shares")
    sums = Sums(
        above=cohort.joins_shared,
        below=cohort.shares,
        above_squared=cohort.joins_shared_squared,
        below_squared=cohort.shares_squared,
        product=cohort.shares_by_joins,
    )
    return ratio(sums, "joins per share")
