"""Drawing more and more sets until enough is proved, with the bounds and the rule for stopping of OPIM-C.

One collection of sets is there to choose by; a fresh one judges the choice, and only that is reported.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from sebar.spread.estimate import Estimate
from sebar.spread.reverse_sets import CHOOSING, NO_SETS, NOBODY, TRYING, Drawn, joined
from sebar.spread.seed_choice import NO_CHOICE, Choice, Counts, choose, most_in_group
from sebar.spread.seed_question import GREEDY, WITH_COSTS, Limits, Nodes, Seeding, StoppedBy, Task, Values, mask

_NEARLY_PROVED: Final = 0.99
_WORTH_SENTINELS: Final = 100  # mean size of a set from which they pay
_CERTAIN_HITS: Final = 3  # of a sentinel, in the trial
_PIECES: Final = 8  # of a doubling, between two looks at the clock
_TASTE: Final = 16  # part of the fresh sets that tells whether to look at all
_NOTHING: Final = 0.01  # share of the best possible below which nothing more needs to be known of a list
_NORMAL_95: Final = 1.959964


def answer(task: Task, limits: Limits, sentinels: bool | None, progress: Callable[[Seeding], None] | None) -> Seeding:
    """Answer with sentinels where they pay; when they turn out to be bad seeds, once more without them.

    Each of the two attempts may be wrong with half of the failure probability.
    """
    began = time.monotonic()
    fixed = _sentinels(task, limits, wanted=sentinels)
    failure = limits.failure / 2 if len(fixed.seeds) else limits.failure
    found = _proved(task, limits, fixed, failure, progress)
    if len(fixed.seeds) and found.stopped_by == "sets":
        found = _proved(task, limits, NO_CHOICE, failure, progress)
    return replace(found, seconds=time.monotonic() - began)


def _proved(
    task: Task, limits: Limits, fixed: Choice, failure: float, progress: Callable[[Seeding], None] | None
) -> Seeding:
    """Double the sets until enough is proved, or a limit is reached."""
    first, most = _set_counts(task, limits)
    rounds = max(math.ceil(math.log2(most / first)), 1)
    slack = math.log(3 * rounds / failure)
    drawn, wanted, known = NO_SETS, first, None
    try:
        for number in range(1, rounds + 1):
            began, last = time.monotonic(), number == rounds
            drawn = _extend(task, limits, drawn, wanted, fixed)
            if not drawn.sets:
                raise ValueError("The memory limit is too low for a single set.")
            choice = choose(task, drawn, fixed, slack)
            wanted = 2 * drawn.sets
            full = not drawn.complete or 2 * len(drawn.pool) > limits.members
            promising = _promising(task, limits, drawn, choice, slack)
            unasked = progress is None and limits.until == math.inf and not limits.stop()
            if unasked and not (promising or last or full):
                continue
            if unasked and not (last or full or _likely(task, limits, drawn, choice, slack)):
                continue
            known = _judge(task, limits, drawn, choice, slack=slack, known=known)
            if progress is not None:
                progress(known)
            target = _target(task, limits, drawn, choice, slack)
            enough = known.guarantee >= target and _minima(task, known, slack) != "open"
            reason = _reason(limits, enough=enough, took=time.monotonic() - began, full=full, last=last)
            if reason is not None and (promising or last or reason != "error"):
                _check_minima(task, known, drawn, slack)
                return _stopped(known, choice, reason)
    except KeyboardInterrupt:
        if known is None:
            raise
        return _stopped(known, choice, "interrupt")
    raise AssertionError  # the last round has a reason to stop


def _stopped(known: Seeding, choice: Choice, reason: StoppedBy) -> Seeding:
    """Return what is known; that so few sets are not sure of anybody does not mean that nobody is best."""
    early = reason in {"seconds", "memory", "interrupt"}
    if early and not len(known.seeds) and choice.hoped > 0 and known.at_most > 0:
        raise ValueError(
            f"{known.sets:,} sets are too few to tell if anybody is worth starting with: allow more time or memory."
        )
    return replace(known, stopped_by=reason)


def _reason(limits: Limits, *, enough: bool, took: float, full: bool, last: bool) -> StoppedBy | None:
    """Return why to stop now, if so; the next round takes about twice as long as this one."""
    if limits.stop():
        return "interrupt"
    if enough:
        return "error"
    if full:
        return "memory"
    if time.monotonic() + 2 * took > limits.until:
        return "seconds"
    return "sets" if last else None


def _target(task: Task, limits: Limits, drawn: Drawn, choice: Choice, slack: float) -> float:
    """Return which share of the best possible shall be proved.

    Theory promises nothing for seeds chosen by hand, for all groups or with harm: there, what the sets say is enough,
    and of little the error is taken as a share, for below an error of 0.1 everything would be proved at once.
    """
    if limits.timed_only:
        return _NEARLY_PROVED
    promised = WITH_COSTS if task.costs.size else GREEDY
    if task.harm:  # few sets say of nobody that they bring more than they cost: that proves nothing yet
        said = min(promised, choice.hoped / choice.bound if choice.bound > 0 else 1.0)
        return max(said - limits.error, said / 2) if choice.hoped > 0 else _NEARLY_PROVED
    if task.fixed is None and not task.groups.minimum.size:
        return promised - limits.error
    hoped = max(choice.hoped, _themselves(task, choice.seeds) * drawn.sets / task.source.total)
    if hoped > 0:
        return min(promised, hoped / choice.bound if choice.bound > 0 else 1.0) * (1 - limits.error / GREEDY)
    return 0.0 if _high(0, slack) <= _NOTHING * choice.bound else _NEARLY_PROVED


def _promising(task: Task, limits: Limits, drawn: Drawn, choice: Choice, slack: float) -> bool:
    """Say whether fresh sets might prove enough: not if even the sets chosen by, which flatter, would not."""
    if task.harm or limits.timed_only or choice.bound <= 0:
        return True
    low, high = _low(choice.hoped, slack), _high(choice.bound, slack)
    themselves = _themselves(task, choice.seeds) * drawn.sets / task.source.total
    return max(low, themselves) >= _target(task, limits, drawn, choice, slack) * high


def _likely(task: Task, limits: Limits, drawn: Drawn, choice: Choice, slack: float) -> bool:
    """Say whether a part of the fresh sets lets expect that all of them prove enough."""
    part = -(-drawn.sets // _TASTE)
    if task.harm or limits.timed_only or choice.bound <= 0:
        return True
    hit = int(_hits(task, limits, choice.seeds, part)[:, 0].sum())
    hoped = min((hit + 3 * math.sqrt(hit)) * drawn.sets / part, drawn.sets)
    themselves = _themselves(task, choice.seeds) * drawn.sets / task.source.total
    return max(_low(hoped, slack), themselves) >= _target(task, limits, drawn, choice, slack) * _high(
        choice.bound, slack
    )


def _hits(task: Task, limits: Limits, seeds: Nodes, sets: int) -> Counts:
    return task.source.hits(
        0, sets, chosen=mask(task.graph, seeds), already=task.already, group=task.groups.number,
        groups=task.groups.count + 1, threads=limits.threads,
    )  # fmt: skip


def _low(hits: float, slack: float) -> float:
    """Return what the number of hits surely is at least, in expectation (OPIM-C, lemma 4.2)."""
    return max(max(math.sqrt(hits + 2 * slack / 9) - math.sqrt(slack / 2), 0.0) ** 2 - slack / 18, 0.0)


def _high(hits: float, slack: float) -> float:
    """Return what the number of hits surely is at most, in expectation (OPIM-C, lemma 4.3)."""
    return (math.sqrt(hits + slack / 2) + math.sqrt(slack / 2)) ** 2


def _set_counts(task: Task, limits: Limits) -> tuple[int, int]:
    """Return how many sets to begin with, and how many suffice for sure (OPIM-C, lemma 6.1)."""
    people, count = task.graph.nodes, min(task.count, task.graph.nodes)
    choices = math.lgamma(people + 1) - math.lgamma(count + 1) - math.lgamma(people - count + 1)
    tail = math.log(6 / limits.failure)
    root = GREEDY * math.sqrt(tail) + math.sqrt(GREEDY * (choices + tail))
    most = 2 * people * root**2 / (limits.error**2 * count)
    first = max(most * limits.error**2 * count / people, 1.0)
    return math.ceil(first), math.ceil(max(most, 2 * first))


def _sentinels(task: Task, limits: Limits, *, wanted: bool | None) -> Choice:
    """Choose a few seeds by a small trial where sets are large; none where they do not pay or may mislead."""
    plain = not (task.costs.size or task.already.size or task.harm or task.groups.minimum.size)
    if wanted is False or not plain or task.fixed is not None:
        return NO_CHOICE
    sets = math.ceil(5 * math.log(max(task.graph.nodes, 2)))
    drawn = task.source.draw(0, sets, TRYING, stop=NOBODY, threads=1, most=limits.members)
    if not wanted and len(drawn.pool) < _WORTH_SENTINELS * drawn.sets:
        return NO_CHOICE
    choice = choose(task, drawn, NO_CHOICE, 0.0)
    sure = choice.gain >= _CERTAIN_HITS
    return Choice(choice.seeds[sure], choice.gain[sure], 0.0, 0.0)


def _extend(task: Task, limits: Limits, drawn: Drawn, wanted: int, fixed: Choice) -> Drawn:
    """Draw up to `wanted` sets, looking at clock and memory in between."""
    ending = mask(task.graph, fixed.seeds) if len(fixed.seeds) else task.already
    piece = wanted if limits.patient else max(-(-wanted // _PIECES), 256)
    half = (limits.until + time.monotonic()) / 2
    parts = [drawn]
    have, members = drawn.sets, len(drawn.pool)
    while have < wanted and parts[-1].complete and not (have and (limits.stop() or time.monotonic() > half)):
        upto, room = min(have + piece, wanted), max(limits.members - members, 1)
        parts.append(task.source.draw(have, upto, CHOOSING, stop=ending, threads=limits.threads, most=room))
        have += parts[-1].sets
        members += len(parts[-1].pool)
    return joined(parts if drawn.sets else parts[1:] or parts)


def _judge(task: Task, limits: Limits, drawn: Drawn, choice: Choice, *, slack: float, known: Seeding | None) -> Seeding:
    """Judge the choice by as many fresh sets, and bound it and the best possible."""
    if task.harm:
        return _judge_with_harm(task, limits, drawn, choice, slack=slack, known=known)
    seeds, gain = choice.seeds, choice.gain
    if not task.costs.size and len(seeds) < task.count:
        seeds, gain = _filled(task, seeds, gain)
    groups = task.groups
    by_group = _hits(task, limits, seeds, drawn.sets)
    hit, total, sets = int(by_group[:, 0].sum()), task.source.total, drawn.sets
    at_most = min(_high(choice.bound, slack) * total / sets, total, known.at_most if known else math.inf)
    themselves = _themselves(task, seeds)
    at_least = min(max(_low(hit, slack) * total / sets, themselves), at_most)
    reach = _share(hit, sets, total, themselves)
    return Seeding(
        seeds=seeds,
        gain=gain * (reach.value / max(float(gain.sum()), 1.0)),
        reach=reach,
        at_least=at_least,
        at_most=at_most,
        guarantee=at_least / at_most if at_most > 0 else 1.0,
        failure=limits.failure,
        sets=sets,
        stopped_by="sets",
        seconds=0.0,
        by_group=tuple(
            _share(int(by_group[one, 0]), int(by_group[one, 1]), float(groups.weight[one]))
            for one in range(groups.count)
        ),
    )


def _judge_with_harm(
    task: Task, limits: Limits, drawn: Drawn, choice: Choice, *, slack: float, known: Seeding | None
) -> Seeding:
    """Do the same where harm counts: a set is worth from -harm to 1, so its spread bounds it (Maurer, Pontil 2009)."""
    sets, total = drawn.sets, task.source.total
    found = task.source.distances(0, sets, chosen=mask(task.graph, choice.seeds), threads=limits.threads)
    dislike = 1.0 - np.power(task.model.quality, np.arange(1.0, len(found) + 1))
    gained = 1.0 - (1.0 + task.harm) * dislike
    nothing = Estimate(0.0, 0.0, 0.0, unit="people")
    worth, negative = (
        _mean(found, values, sets, total) if len(choice.seeds) else nothing for values in (gained, dislike)
    )
    mean = worth.value / total
    spread = max(float(found @ gained**2) / sets - mean**2, 0.0) * sets / max(sets - 1, 1)
    term = slack + math.log(2)
    low = mean - math.sqrt(2 * spread * term / sets) - 7 * (1 + task.harm) * term / (3 * max(sets - 1, 1))
    hopeless = (1 + task.harm) * task.model.quality <= task.harm
    at_most = 0.0 if hopeless else min(_high(choice.bound, slack) * total / sets, known.at_most if known else math.inf)
    at_least = min(low * total, at_most) if len(choice.seeds) else 0.0
    return Seeding(
        seeds=choice.seeds,
        gain=choice.gain * (worth.value / max(float(choice.gain.sum()), 1.0)),
        reach=worth,
        at_least=at_least,
        at_most=at_most,
        guarantee=max(at_least, 0.0) / at_most if at_most > 0 else 1.0,
        failure=limits.failure,
        sets=sets,
        stopped_by="sets",
        seconds=0.0,
        negative=negative,
    )


def _share(hit: int, sets: int, total: float, least: float = 0.0) -> Estimate:
    """Return what the share of hits is of the total, surely the least, with its 95 % interval (never of no width)."""
    share = hit / max(sets, 1)
    half = _NORMAL_95 * math.sqrt(max(share * (1 - share), 1 / max(sets, 1)) / max(sets, 1)) * total
    value = max(share * total, least)
    return Estimate(value, max(value - half, least), max(min(value + half, total), value), unit="people reached")


def _mean(found: Counts, values: Values, sets: int, total: float) -> Estimate:
    """Return the total times the mean of values that so many of the sets have, with its 95 % interval."""
    mean = float(found @ values) / sets
    half = _NORMAL_95 * math.sqrt(max(float(found @ values**2) / sets - mean**2, 1 / sets) / sets)
    return Estimate(mean * total, (mean - half) * total, (mean + half) * total, unit="people")


def _minima(task: Task, known: Seeding, slack: float) -> str:
    """Say whether every group gets its minimum: met, missed, or open where fresh sets cannot tell yet."""
    pairs = zip(known.by_group, task.groups.minimum.tolist(), strict=False)
    if all(found.value >= least for found, least in pairs):
        return "met"
    return "missed" if _short(task, known, slack) else "open"


def _short(task: Task, known: Seeding, slack: float) -> list[int]:
    """Return the groups that these seeds surely give less than their minimum, whatever chance did to the sets."""
    a_set = task.source.total / known.sets
    pairs = enumerate(zip(known.by_group, task.groups.minimum.tolist(), strict=False))
    return [one for one, (found, least) in pairs if _high(found.value / a_set, slack) * a_set < least]


def _check_minima(task: Task, known: Seeding, drawn: Drawn, slack: float) -> None:
    """Refuse minima that these seeds surely miss, naming the groups and the most found for each alone.

    That none was found proves nothing: by largest gain, not all are found that there are.
    """
    short = _short(task, known, slack)
    if not short:
        return
    a_set, names = task.source.total / drawn.sets, task.groups.names
    said = "; ".join(
        f"group {names[one]} gets {known.by_group[one].value:.1f} of {task.groups.minimum[one]:g}"
        f" (for it alone {most_in_group(task, drawn, one) * a_set:.1f} was the most found)"
        for one in short
    )
    seeds = "1 seed was found that gives" if task.count == 1 else f"{task.count} seeds were found that give"
    raise ValueError(
        f"No {seeds} every group its minimum: {said}. There may be some: ask for less, or allow more seeds."
    )


def _themselves(task: Task, seeds: Nodes) -> float:
    """Return what seeds surely reach: themselves, if everybody reached counts."""
    if task.model.quality < 1 or task.already.size:
        return 0.0
    return float(task.weights[seeds].sum()) if task.weights.size else float(len(seeds))


def _filled(task: Task, seeds: Nodes, gain: Values) -> tuple[Nodes, Values]:
    """Return as many seeds as were asked for, although the last add nothing that the sets can tell."""
    free = task.allowed.copy()
    free[seeds] = 0
    more = np.flatnonzero(free)[: task.count - len(seeds)].astype(np.uint32)
    return np.concatenate([seeds, more]), np.concatenate([gain, np.zeros(len(more))])
