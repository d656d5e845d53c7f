"""Plans in words: what they come to, what is supposed, what if."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sebar.pages import words
from sebar.pages.rewards import amount
from sebar.rewards.rules import What
from sebar.spread.estimate import Estimate
from sebar.steering.plans import rules
from sebar.steering.plans.models import PlanGraph, State
from sebar.steering.plans.queries import Invitee, Measured
from sebar.steering.plans.rules import Chosen, Inputs, Known, Result, Source, WhatIf

_DAYS_SHOWN: Final = (1, 3, 7, 14, 30, 60, 90, 120)
_WORTH_A_WORD: Final = 0.005
_WAITING: Final = (State.WAITING, State.RUNNING)


@dataclass(frozen=True)
class Day:
    """How many there will be by the end of a day."""

    day: int
    likely: str
    half: str
    almost: str


@dataclass(frozen=True)
class Tried:
    """One what-if in words."""

    what: str
    likely: str
    more: str
    goal: str
    cost: str


def sentence(inputs: Inputs, result: Result) -> str:
    """Return what a plan comes to, in words that a marketer reads."""
    quantiles = result.fan[-1]
    low, high = words.rounded(quantiles[2], quantiles[4])
    days = inputs.form.days
    values = {"low": words.number(low), "high": words.number(high), "days": words.number(days)}
    if _is_open(result, quantiles[4], result.away):
        said = _("Three of four outcomes lie above %(low)s people within %(days)s days; some take off.") % values
    else:
        said = _("Half of the outcomes lie between %(low)s and %(high)s people within %(days)s days.") % values
    if result.goal is not None and inputs.goal is not None:
        goal = {
            "wanted": words.number(inputs.goal),
            "chance": words.percent(result.goal),
            "people": words.people(inputs.joined),
        }
        reached = (
            _("The chance of reaching %(wanted)s, with the %(people)s there already, is %(chance)s.")
            if inputs.joined
            else _("The chance of reaching %(wanted)s is %(chance)s.")
        )
        said += " " + reached % goal
    nothing = words.tenths(result.nothing)
    return said + " " + _("The chance that hardly anybody passes it on: %(chance)s.") % {"chance": nothing}


def assumed(inputs: Inputs, result: Result) -> str:
    """Return what is supposed of how people pass on, and where it comes from.

    Along ties with chances of their own, how many people brought before does not count, so nothing of it is said.
    """
    known, chosen = result.known, result.chosen
    values = {
        "r": words.number(known.r[0], 2),
        "low": words.number(known.r[1], 2),
        "high": words.number(known.r[2], 2),
        "time": words.duration(known.cycle_time[0]),
    }
    if chosen is None or not chosen.has_chances:
        brought = (
            _("Each brings about %(r)s others (%(low)s to %(high)s in 8 of 10 worlds), half of them within %(time)s.")
            if chosen is None
            else _(
                "All ties are alike: whoever is told would bring about %(r)s others (%(low)s to %(high)s in 8 of 10 "
                "worlds) if nobody were told twice, half of them within %(time)s."
            )
        )
        return f"{brought % values} {_learned(known)}"
    if inputs.form.source == Source.PAST:
        ties = _(
            "Each tie has a chance of its own, learned from how often one brought the same person again in a later "
            "campaign, times a factor for each world (mostly up to 1.6 either way). Few do so, and nobody else can "
            "come: so this tells who comes back, and mostly few."
        )
    else:
        ties = _(
            "Each tie has the chance that the file gives it, times a factor for each world (mostly up to 1.6 either "
            "way)."
        )
    soon = _(
        "How many others people brought in campaigns before does not count here, only how soon: half within %(time)s."
    )
    return f"{ties} {soon % values}"


def _learned(known: Known) -> str:
    if known.is_own:
        return _("That is how it has gone in this campaign so far.")
    if known.campaigns:
        count = len(known.campaigns)
        mine = ngettext(
            "That is how it was in %(count)s campaign of yours (%(names)s); in some worlds it goes otherwise.",
            "That is how it was in %(count)s campaigns of yours (%(names)s); in some worlds it goes otherwise.",
            count,
        )
        return mine % {"count": count, "names": ", ".join(known.campaigns)}
    if known.learned_from:
        learned = ngettext(
            "You have no campaign to learn from yet: it is how %(count)s finished campaign of this place went.",
            "You have no campaign to learn from yet: it is how %(count)s finished campaigns of this place went.",
            known.learned_from,
        )
        return learned % {"count": known.learned_from}
    return _("There is no campaign to learn from yet: this is only what is usual, by a wide margin.")


def _is_open(result: Result, value: float, cut: float) -> bool:
    return value >= 0.98 * result.most and cut > 0


def likely(result: Result, quantiles: Sequence[float], ends: tuple[int, int] = (1, 5)) -> str:
    """Return the ends of a range of participants, of 80 % unless said; where the upper one was cut, only the lower."""
    return _range(result, quantiles, ends, result.away)


def against(result: Result) -> str:
    """Return how many turn against it likely, as `likely` returns it of participants."""
    return _range(result, result.negative, (1, 5), result.turned)


def _range(result: Result, quantiles: Sequence[float], ends: tuple[int, int], cut: float) -> str:
    low, high = words.rounded(quantiles[ends[0]], quantiles[ends[1]])
    if _is_open(result, quantiles[ends[1]], cut):
        return _("%(low)s or more") % {"low": words.number(low)}
    return words.span(low, high, 0)


def chance(share: float | None) -> str:
    return "" if share is None else words.percent(share)


def days(inputs: Inputs, result: Result) -> list[Day]:
    last = inputs.form.days
    shown = [day for day in _DAYS_SHOWN if day < last] + [last]
    return [
        Day(
            day,
            likely(result, result.fan[day]),
            likely(result, result.fan[day], (2, 4)),
            likely(result, result.fan[day], (0, 6)),
        )
        for day in shown
    ]


def chances(inputs: Inputs, result: Result) -> list[tuple[str, str]]:
    found = []
    if result.goal is not None and inputs.goal is not None:
        found.append((_("The goal of %(goal)s is reached") % {"goal": words.number(inputs.goal)}, result.goal))
    found.append(
        (_("Hardly anybody passes it on: fewer come through friends than were invited and came"), result.nothing)
    )
    if result.over_budget is not None and inputs.budget_left is not None:
        left = {"budget": words.money(inputs.budget_left, inputs.currency)}
        said = (
            _("Invitations and rewards come to more than the %(budget)s left of the budget")
            if inputs.spent
            else _("Invitations and rewards come to more than the budget of %(budget)s")
        )
        found.append((said % left, result.over_budget))
    for name, share in result.ends:
        found.append((_("The budget of the rule “%(name)s” is used up") % {"name": name}, share))
    for name, share in result.run_out:
        found.append((_("The coupons of “%(name)s” run out") % {"name": name}, share))
    if result.away >= _WORTH_A_WORD:
        more = {"most": words.number(result.most)}
        found.append((_("It takes off: more than %(most)s people; how far, nobody knows") % more, result.away))
    if result.turned >= _WORTH_A_WORD:
        more = {"most": words.number(result.most)}
        bad = _("Bad word takes off: more than %(most)s people turn against it; how many, nobody knows")
        found.append((bad % more, result.turned))
    return [(what, words.percent(share)) for what, share in found]


def measured(conversions: Measured | None) -> str:
    """Return where the share of those who convert comes from."""
    if conversions is None:
        return _("For rewards on conversions. Nothing is measured yet.")
    counted = {
        "share": words.number(conversions.percent, 1 if conversions.percent >= 1 else 2),
        "converted": words.number(conversions.converted),
        "people": words.people(conversions.participants),
        "names": ", ".join(conversions.campaigns),
    }
    if conversions.campaigns:
        said = _("For rewards on conversions. Measured in %(names)s: %(share)s (%(converted)s of %(people)s).")
    else:
        said = _("For rewards on conversions. Measured here so far: %(share)s (%(converted)s of %(people)s).")
    return said % counted


def spent(inputs: Inputs) -> list[str]:
    """Return what was given or promised before the plan begins, and what is left of it."""
    found = []
    if inputs.spent and inputs.budget is not None:
        found.append(
            _("%(spent)s of the budget of %(budget)s are spent already: on rewards given, owed and still waiting.")
            % {
                "spent": words.money(inputs.spent, inputs.currency),
                "budget": words.money(inputs.budget, inputs.currency),
            }
        )
    budgets = [(rule, rule.budget) for rule in inputs.rules if rule.spent and rule.budget is not None]
    found += [
        _("Rule “%(name)s”: of its budget of %(budget)s, %(spent)s are spent already.")
        % {"name": rule.name, "budget": amount(budget, rule.unit), "spent": amount(rule.spent, rule.unit)}
        for rule, budget in budgets
    ]
    for pool in dict.fromkeys(rule.pool for rule in inputs.rules if rule.pool):
        left = inputs.pools[pool]
        said = ngettext("“%(name)s” has %(left)s coupon left.", "“%(name)s” has %(left)s coupons left.", left)
        found.append(said % {"name": pool, "left": words.number(left)})
    return found


def cost(cost: rules.Cost) -> tuple[str, list[str]]:
    if cost.is_money:
        label = _("Invitations and rewards (%(currency)s)") % {"currency": cost.unit}
        return label, [words.money(one, cost.unit) for one in cost.at]
    names = {
        What.POINTS.value: _("Points"),
        What.TICKETS.value: _("Tickets"),
        What.COUPON.value: _("Coupons"),
        What.UNLOCK.value: _("Unlocked for"),
    }
    return names.get(cost.unit, cost.unit), [words.number(one) for one in cost.at]


def adds(one: Invitee, chosen: Chosen | None) -> str:
    """Return how many people somebody adds, with how far that may be off."""
    if not one.ties:
        return _("only themselves")
    doubt = chosen.doubt(one.adds) if chosen else 0.0
    shown = words.number(one.adds, 1)
    return f"{shown} ± {words.number(doubt, 1)}" if doubt else shown


def tried(one: rules.Tried, inputs: Inputs, result: Result) -> Tried:
    what = {
        WhatIf.PLAN.value: _("As planned"),
        WhatIf.QUALITY.value: _("Fewer like it: %(value)s of 100"),
        WhatIf.REWARD.value: _("Rewards are %(value)s times as large"),
        WhatIf.SEEDS.value: _("You invite %(value)s first"),
        WhatIf.LATER.value: _("You start on day %(value)s instead, with the same end"),
    }[one.what] % {"value": words.number(one.value, 0 if one.value == round(one.value) else 1)}
    return Tried(
        what=what,
        likely=likely(result, one.quantiles),
        more="" if one.what == WhatIf.PLAN else "–" if one.more is None else _difference(*one.more),
        goal=chance(one.goal),
        cost="" if one.cost is None else words.money(one.cost, inputs.currency),
    )


def more(found: Estimate | None) -> str:
    """Return how many more people a plan brings than the first; a dash where too few worlds tell."""
    return "–" if found is None else _difference(found.value, found.low, found.high)


def _difference(value: float, low: float, high: float) -> str:
    """Return a difference with its interval."""
    digits = words.digits_of(low, high) if high - low < 10 else 0  # noqa: PLR2004 - of many, parts do not matter
    return f"{_signed(words.number(value, digits), value)} ({words.span(low, high, digits)})"


def more_spent(found: Estimate | None) -> str:
    """Return how much more a plan costs than the first, to as many digits as the range tells."""
    if found is None:
        return "–"
    step = 10.0 ** math.floor(math.log10(max(found.high - found.low, 100.0)) - 1)
    value, low, high = (round(round(one / step) * step) for one in (found.value, found.low, found.high))
    ends = words.between(_minus(low, found.unit), _minus(high, found.unit))
    return f"{_signed(_minus(value, found.unit), value)} ({ends})"


def _minus(value: int, currency: str) -> str:
    return f"{'−' if value < 0 else ''}{words.money(abs(value), currency)}"


def _signed(shown: str, value: float) -> str:
    return f"+{shown}" if value > 0 else shown


def graph_says(graph: PlanGraph) -> str:
    if graph.state in _WAITING:
        return _("is being read")
    says = (
        _("%(people)s people, %(ties)s ways to pass it on, with chances")
        if graph.has_chances
        else _("%(people)s people, %(ties)s ways to pass it on")
    )
    return says % {"people": words.number(graph.people), "ties": words.number(graph.ties)}


def states() -> dict[str, str]:
    return {
        State.WAITING.value: _("waits"),
        State.RUNNING.value: _("is being computed"),
        State.DONE.value: _("computed"),
        State.REFUSED.value: _("could not be computed"),
        State.CANCELLED.value: _("cancelled"),
    }
