"""What a plan may ask for, and what its worlds say. Pure functions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from sebar.kit import text
from sebar.kit.errors import Checks, UserError
from sebar.kit.words import gettext_noop
from sebar.rewards.rules import RuleKind, Terms, Trigger, What, Who
from sebar.steering.rules import LEVELS

if TYPE_CHECKING:
    from sebar.spread.planned import Outcomes, Setting

Counts = NDArray[np.int64]

NAME_LENGTH: Final = 80
MOST_COMPARED: Final = 4
MOST_INVITED: Final = 100_000
MOST_LISTED: Final = 5000
"""How many people are chosen from a graph at most; each is one line of the list."""
MOST_DAYS: Final = 180
MOST_TIES: Final = 2_000_000
MOST_FILE: Final = 60_000_000
"""Bytes of an uploaded graph."""
_MOST_MONEY: Final = 10**15
_TOLD: Final = 50_000
_TOLD_AT_MOST: Final = 200_000
_GROWTH: Final = 100
_COST_LEVELS: Final = (0.5, 0.9, 0.99)
_NORMAL_95: Final = 1.959964


class Source(StrEnum):
    """Where the graph of a plan comes from."""

    NONE = "none"  # everybody brings strangers
    PAST = "past"  # who brought whom in the brand's campaigns
    UPLOAD = "upload"  # ties that the brand uploaded


class WhatIf(StrEnum):
    """What is tried beside the plan, in the same worlds: first the plan itself, to compare with."""

    PLAN = "plan"
    QUALITY = "quality"
    REWARD = "reward"
    SEEDS = "seeds"
    LATER = "later"


QUALITY_LESS: Final = 0.9
"""What-if: the quality is multiplied by this."""
REWARD_TIMES: Final = 2.0
SEEDS_TIMES: Final = 1.5
LATER_DAYS: Final = 7


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanForm:
    """What somebody asks a plan for. `check` makes it fit to be computed.

    Attributes
    ----------
    name
        What the plan is called.
    source, graph
        Where the graph comes from, and the number of the one that was uploaded.
    invited
        How many people are invited first.
    comes
        Of 100 who are invited, how many join.
    cost
        What inviting one costs, in minor units of the brief's currency.
    days, starts
        How many days are looked at, and on which of them the first are invited (0: at once).
    quality
        Of 100 who hear of it, how many like it; the others turn against it.
    reward_times
        How many times as large as in the rules each reward is.
    reward_effect
        By how many percent people bring more when rewards double: what the brand supposes, nothing measured.
    conversions
        Of 100 participants, how many do what the brand wants.
    support
        How many of 1,000 participants ask for help.
    """

    name: str = ""
    source: str = Source.NONE
    graph: int | None = None
    invited: int = 100
    comes: float = 100.0
    cost: int = 0
    days: int = 30
    starts: int = 0
    quality: float = 100.0
    reward_times: float = 1.0
    reward_effect: float = 0.0
    conversions: float = 0.0
    support: float = 0.0


class Rule(msgspec.Struct, frozen=True):
    """A rule for rewards as it was when the plan was computed: what each costs, and what it gives one for.

    `spent` is what it had given of its budget by then, in all its versions; `pool` names where its coupons come from.
    """

    name: str
    unit: str
    amount: int
    budget: int | None
    on_conversion: bool
    referrer: bool
    friend: bool
    milestone: int
    most: int
    spent: int = 0
    pool: str = ""

    @property
    def left(self) -> int | None:
        """What is left of its budget; None without one."""
        return None if self.budget is None else max(self.budget - self.spent, 0)


class Inputs(msgspec.Struct, frozen=True, kw_only=True):
    """All that a computation starts from, as it is kept with it.

    `form` is a `PlanForm`; goal, population, budget and currency are the campaign's and the brief's at that time.
    `starts_at` is when its first day begins, and `joined` how many had joined by then, who are not counted. `spent` is
    what rewards had come to by then in the brief's currency, and `pools` how many coupons of each pool were free.
    """

    form: PlanForm
    graph_name: str
    goal: int | None
    population: int | None
    budget: int | None
    currency: str
    starts_at: datetime
    joined: int
    rules: list[Rule]
    spent: int = 0
    pools: dict[str, int] = {}

    @property
    def budget_left(self) -> int | None:
        """What rewards have left of the brief's budget; None without one."""
        return None if self.budget is None else max(self.budget - self.spent, 0)

    @property
    def left(self) -> int | None:
        """How many more the goal takes."""
        return None if self.goal is None else max(self.goal - self.joined, 1)

    @property
    def room(self) -> float:
        """How many more could take part."""
        return math.inf if self.population is None else float(max(self.population - self.joined, 1))


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What is supposed of how people pass on: the middle and the ends of 80 % of the worlds, and where it comes from.

    `campaigns` are the brand's own that it rests on, `learned_from` how many finished ones of the whole instance.
    `is_own` says that it is how this campaign itself has gone so far.
    """

    r: tuple[float, float, float]
    k: tuple[float, float, float]
    cycle_time: tuple[float, float, float]
    campaigns: list[str]
    learned_from: int
    is_own: bool = False


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """The graph, and how good the choice of those invited first provably is.

    `step` is how many people one of the samples counts that the choice rests on; 0 where that was not kept.
    """

    people: int
    ties: int
    has_chances: bool
    at_least: float
    at_most: float
    guarantee: float
    step: float = 0.0

    def doubt(self, adds: float) -> float:
        """Return by how much what somebody adds may be off, 95 of 100 times: it is counted in samples."""
        return _NORMAL_95 * math.sqrt(max(adds, 0.0) * self.step)


class Cost(msgspec.Struct, frozen=True, array_like=True):
    """What is given of one unit at 50, 90 and 99 % of the worlds: minor units of a currency, or whole things."""

    unit: str
    is_money: bool
    at: tuple[int, int, int]


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """One what-if: participants at `LEVELS`, and how many more than planned on average, with 95 %.

    `more` is None where too few worlds tell, since the others took off and were cut.
    """

    what: str
    value: float
    quantiles: tuple[float, ...]
    more: tuple[float, float, float] | None
    cost: int | None
    goal: float | None


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What the worlds of a plan say.

    Attributes
    ----------
    key
        Names the worlds: only plans with the same one can be compared.
    worlds, most, away
        How many, at how many participants they were cut, and which share was.
    fan
        Participants by the end of each day, at `LEVELS`; the first line is before the first day.
    nothing
        Chance that fewer join through others than were invited and came.
    over_budget
        Chance that invitations and rewards in the brief's currency come to more than is left of its budget; None
        without one.
    goal
        Chance that the goal is reached; worlds that were cut count as reaching it.
    costs
        What invitations and rewards come to, unit by unit.
    ends
        For each rule with a budget of its own, the chance that it is used up.
    run_out
        For each pool of coupons, the chance that more are wanted than it has.
    support, busiest
        How many ask for help in all, and on the busiest day, at 50, 90 and 99 % of the worlds; versions of before
        know no 99 %.
    negative
        How many turn against it, at `LEVELS`.
    turned
        In which share of the worlds those became more than `most`, and were not counted further.
    totals, spent
        (worlds,) participants, and what was to be paid in the brief's currency, in each world.
    """

    key: str
    worlds: int
    most: int
    away: float
    fan: list[tuple[float, ...]]
    nothing: float
    over_budget: float | None
    goal: float | None
    costs: list[Cost]
    ends: list[tuple[str, float]]
    support: tuple[int, ...]
    busiest: tuple[int, ...]
    negative: tuple[float, ...]
    totals: list[int]
    spent: list[int]
    known: Known
    chosen: Chosen | None
    tried: list[Tried]
    run_out: list[tuple[str, float]] = []
    turned: float = 0.0

    @property
    def took_off(self) -> NDArray[np.bool_]:
        """(worlds,) whether a world took off and was cut; along a graph none is."""
        return np.asarray(self.totals) >= (math.inf if self.chosen is not None else self.most)


_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(Result)


def encode(result: Result) -> bytes:
    """Return a result as it is stored."""
    return _encoder.encode(result)


def decode(content: bytes) -> Result:
    """Return what `encode` wrote.

    Raises
    ------
    msgspec.MsgspecError
        When another version of this program wrote it.
    """
    return _decoder.decode(content)


def as_stored(inputs: Inputs) -> object:
    """Return inputs as JSON holds them."""
    return msgspec.to_builtins(inputs)


def from_stored(stored: object) -> Inputs:
    """Return what `as_stored` wrote."""
    return msgspec.convert(stored, Inputs)


def check(form: PlanForm) -> PlanForm:
    """Return the form, tidied.

    Raises
    ------
    UserErrors
        With one sentence for every field that cannot be used.
    """
    checks = Checks()
    source = checks(text.one_of, form.source, [one.value for one in Source], field="source")
    listed = MOST_INVITED if source == Source.NONE else MOST_LISTED
    name = checks(text.title, form.name, field="name", most=NAME_LENGTH)
    for field, least, most in (("invited", 1, listed), ("days", 1, MOST_DAYS), ("cost", 0, _MOST_MONEY)):
        checks(_within, getattr(form, field), field, least, most)
    checks(_within, form.starts, "starts", 0, max(form.days - 1, 0))
    bounds: tuple[tuple[str, float, float], ...] = (
        ("comes", 0.1, 100), ("quality", 1, 100), ("conversions", 0, 100), ("support", 0, 1000),
        ("reward_times", 0, 100), ("reward_effect", -50, 200),
    )  # fmt: skip
    for field, lowest, highest in bounds:
        checks(_within, getattr(form, field), field, lowest, highest)
    if source == Source.UPLOAD and form.graph is None:
        checks.errors.append(
            UserError(gettext_noop("No file is chosen: upload one first, then choose it."), field="graph")
        )
    checks.finish()
    return replace(form, name=name, graph=form.graph if source == Source.UPLOAD else None)


def rule_of(terms: Terms, *, spent: int = 0, pool: str = "") -> Rule:
    """Return what a rule for rewards costs, what it gives one for, and what it has given already."""
    is_milestone = terms.kind == RuleKind.MILESTONE
    return Rule(
        name=terms.name,
        unit=terms.unit,
        amount=terms.amount,
        budget=terms.budget,
        on_conversion=terms.trigger == Trigger.CONVERSION,
        referrer=is_milestone or terms.who in {Who.REFERRER, Who.BOTH},
        friend=not is_milestone and terms.who in {Who.FRIEND, Who.BOTH},
        milestone=terms.milestone or 0 if is_milestone else 0,
        most=terms.most or 0,
        spent=spent,
        pool=pool,
    )


def setting_of(inputs: Inputs, what: WhatIf | None = None) -> Setting:
    """Return what is simulated: the plan, or the plan with one thing changed."""
    from sebar.spread.planned import Rewarding, Setting  # noqa: PLC0415 - it brings the compiler, which web never needs

    form = inputs.form
    times = form.reward_times * (REWARD_TIMES if what == WhatIf.REWARD else 1.0)
    return Setting(
        days=form.days,
        starts=form.starts + (LATER_DAYS if what == WhatIf.LATER else 0),
        comes=form.comes / 100,
        quality=form.quality / 100 * (QUALITY_LESS if what == WhatIf.QUALITY else 1.0),
        boost=boost(times, form.reward_effect),
        conversions=form.conversions / 100,
        rewards=tuple(
            Rewarding(one.on_conversion, one.referrer, one.friend, one.milestone, one.most) for one in inputs.rules
        ),
    )


def boost(times: float, effect: float) -> float:
    """Return how many times as many people bring when rewards are so many times as large.

    `effect` is by how many percent they bring more with each doubling. Without rewards nothing is supposed.
    """
    return (1 + effect / 100) ** math.log2(times) if times > 0 else 1.0


def invited_with(inputs: Inputs, what: WhatIf | None = None) -> int:
    """Return how many are invited first."""
    return math.ceil(inputs.form.invited * (SEEDS_TIMES if what == WhatIf.SEEDS else 1.0))


def value_of(inputs: Inputs, what: WhatIf) -> float:
    """Return to what a what-if sets the thing it changes, in the form's own terms."""
    form = inputs.form
    return {
        WhatIf.PLAN: 0.0,
        WhatIf.QUALITY: form.quality * QUALITY_LESS,
        WhatIf.REWARD: form.reward_times * REWARD_TIMES,
        WhatIf.SEEDS: float(invited_with(inputs, what)),
        WhatIf.LATER: float(form.starts + LATER_DAYS),
    }[what]


def what_ifs(inputs: Inputs) -> list[WhatIf]:
    """Return what can be tried beside the plan."""
    found = [WhatIf.QUALITY]
    if inputs.rules:
        found.append(WhatIf.REWARD)
    found.append(WhatIf.SEEDS)
    if inputs.form.starts + LATER_DAYS < inputs.form.days:
        found.append(WhatIf.LATER)
    return found


def cut_at(inputs: Inputs, invited: int) -> int:
    """Return at how many participants a world without a graph is cut: beyond, it took off, and nobody knows how far."""
    wanted = max(min(_GROWTH * invited, _TOLD), 2 * invited, min(inputs.left or 0, _TOLD_AT_MOST), 1000)
    return max(wanted, invited + 1)


def quantiles(values: Counts) -> tuple[float, ...]:
    """Return the quantiles at `LEVELS`, whole numbers."""
    return tuple(float(one) for one in np.rint(np.quantile(values, LEVELS)))


def fan(outcomes: Outcomes) -> list[tuple[float, ...]]:
    """Return participants by the end of each day at `LEVELS`, after a line before the first day."""
    rows = np.rint(np.quantile(outcomes.by_day, LEVELS, axis=0)).T
    return [(0.0,) * len(LEVELS), *(tuple(map(float, row)) for row in rows)]


def nothing(outcomes: Outcomes, inputs: Inputs, invited: int) -> float:
    """Return the chance that fewer join through others than were invited and came: hardly anybody passes it on."""
    came = round(invited * inputs.form.comes / 100)
    return float(np.mean(outcomes.total < 2 * max(came, 1)))


def reaching(outcomes: Outcomes, goal: int | None) -> float | None:
    """Return the chance that the goal is reached; whoever was cut counts as reaching it."""
    return None if goal is None else float(np.mean((outcomes.total >= goal) | outcomes.away))


def spending(inputs: Inputs, outcomes: Outcomes, *, invited: int, times: float, is_capped: bool) -> dict[str, Counts]:
    """Return (worlds,) what is spent of each unit.

    Parameters
    ----------
    inputs, outcomes
        The plan and what became of it.
    invited
        How many are paid for.
    times
        How many times as large as in the rules rewards are.
    is_capped
        Whether rules stop where their budgets or coupons end, as they do; else what would be asked for.
    """
    found: dict[str, Counts] = {}
    if inputs.form.cost:
        found[inputs.currency] = np.full(len(outcomes.total), inputs.form.cost * invited, np.int64)
    for (unit, pool), amount in _wanted(inputs, outcomes, times, is_capped=is_capped).items():
        given = np.minimum(amount, inputs.pools[pool]) if is_capped and pool else amount
        found[unit] = found[unit] + given if unit in found else given
    return found


def _wanted(inputs: Inputs, outcomes: Outcomes, times: float, *, is_capped: bool) -> dict[tuple[str, str], Counts]:
    """Return (worlds,) what all rules give together by unit and pool of coupons, as if no pool had an end."""
    found: dict[tuple[str, str], Counts] = {}
    for place, rule in enumerate(inputs.rules):
        amount = outcomes.rewards[:, place] * round(rule.amount * times)
        if is_capped and rule.left is not None:
            amount = np.minimum(amount, rule.left)
        source = rule.unit, rule.pool
        found[source] = found[source] + amount if source in found else amount
    return found


def costs(paid: dict[str, Counts]) -> list[Cost]:
    """Return what is spent of each unit at 50, 90 and 99 % of the worlds."""
    things = {one.value for one in What}
    found = []
    for unit, amounts in paid.items():
        half, most, almost = (int(one) for one in np.ceil(np.quantile(amounts, _COST_LEVELS)))
        found.append(Cost(unit, unit not in things, (half, most, almost)))
    return found


def over(inputs: Inputs, asked: dict[str, Counts]) -> float | None:
    """Return the chance that more is asked for than is left of the brief's budget; None without a budget."""
    if inputs.budget_left is None:
        return None
    amounts = asked.get(inputs.currency)
    return 0.0 if amounts is None else float(np.mean(amounts > inputs.budget_left))


def used_up(inputs: Inputs, outcomes: Outcomes, times: float) -> list[tuple[str, float]]:
    """Return the chance that each rule's own budget is used up, of rules that have one."""
    return [
        (rule.name, float(np.mean(outcomes.rewards[:, place] * round(rule.amount * times) > rule.left)))
        for place, rule in enumerate(inputs.rules)
        if rule.left is not None
    ]


def run_out(inputs: Inputs, outcomes: Outcomes, times: float) -> list[tuple[str, float]]:
    """Return the chance that more coupons of each pool are wanted than it has; rules stop at their own budgets."""
    wanted = _wanted(inputs, outcomes, times, is_capped=True)
    return [(pool, float(np.mean(amount > inputs.pools[pool]))) for (_, pool), amount in wanted.items() if pool]


def help_wanted(outcomes: Outcomes, per_thousand: float) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return how many ask for help in all, and on the busiest day, at 50, 90 and 99 % of the worlds."""
    by_day = np.diff(outcomes.by_day, axis=1, prepend=0)

    def at(counts: Counts) -> tuple[int, ...]:
        return tuple(math.ceil(one * per_thousand / 1000) for one in np.quantile(counts, _COST_LEVELS))

    return at(outcomes.total), at(by_day.max(axis=1))


def judged(days: int, start: datetime, over_at: datetime | None, now: datetime) -> tuple[int, datetime] | None:
    """Return by which line of the fan a plan is judged, and until when participants count; None while it is too early.

    It is judged when its days have passed or the campaign is over, whichever comes first: by the last day that was
    whole. Of a campaign that was over within its first day nothing can be judged.
    """
    end = start + timedelta(days=days)
    until = min(end, over_at) if over_at is not None else end
    whole = math.floor((until - start) / timedelta(days=1))
    if until > now or whole < 1:
        return None
    return whole, start + timedelta(days=whole)


def check_compared(plans: Sequence[int]) -> list[int]:
    """Return which plans are to be compared, each once.

    Raises
    ------
    UserError
        When they are fewer than two or more than four.
    """
    found = list(dict.fromkeys(plans))
    if not 2 <= len(found) <= MOST_COMPARED:  # noqa: PLR2004 - it takes two
        raise UserError(
            gettext_noop("Choose from two to {most} plans to compare, not {count}."),
            field="plan",
            count=len(found),
            most=MOST_COMPARED,
        )
    return found


def _within(given: float, field: str, least: float, most: float) -> float:
    if not least <= given <= most:
        raise UserError(
            gettext_noop("{value:n} is out of bounds here: write a number from {least:n} to {most:n}."),
            field=field,
            value=given,
            least=least,
            most=most,
        )
    return given
