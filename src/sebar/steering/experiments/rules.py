"""What an experiment must be, who sees which of its arms, and how many seeds it takes. Nothing here knows of tables."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sebar.campaigns.rules import TEXTS, passed_on
from sebar.kit import text
from sebar.kit.errors import Checks, UserError, UserErrors
from sebar.kit.words import LANGUAGES, gettext_noop
from sebar.spread import experiment, experiment_plan
from sebar.spread.experiment import Balance

VARIES: Final = ("creative", "wording", "offer", "message")
FIELDS: Final[dict[str, dict[str, int]]] = {
    "wording": {what: TEXTS[what] for what in ("headline", "text", "call_to_action")},
    "offer": {"offer": 200},
    "message": {"share_text": TEXTS["share_text"]},
}
"""What the arms of each kind of experiment word in each language, and how many characters each may have."""
HOLDOUT: Final = "holdout"
"""The arm of seeds who see the usual page."""
NAME_LENGTH: Final = 80
ARM_LENGTH: Final = 20
FEWEST_ARMS: Final = 2
MOST_ARMS: Final = 6
MOST_HELD_OUT: Final = 0.5
FEWEST_PLANNED: Final = 100
MOST_PLANNED: Final = 10_000_000
MOST_DAYS: Final = 60
WORTH_TELLING: Final = 1.2
"""By which factor one arm is passed on more than another when an experiment is planned to find it."""
POWER: Final = 0.8

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,19}")
_HEAVIEST: Final = 1000.0


@dataclass(frozen=True, slots=True)
class Arm:
    """One variant.

    Attributes
    ----------
    name
        By which it is known; in small letters.
    weight
        How many seeds it gets, beside the others' weights.
    shows
        ``{"creative": name}``, or language to the wordings named in `FIELDS`. What is left out stays as usual.
    """

    name: str
    weight: float
    shows: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """An experiment as a person or program writes it. `check` makes it fit to be stored.

    Attributes
    ----------
    varies
        One of `VARIES`.
    control
        Name of the arm that the others are compared with.
    holdout
        Share of new seeds who see the usual page, 0 to .5.
    planned
        How many seeds it takes, all arms together. There the interval is narrowest.
    window_days
        For how many days after its seed's join a cascade is counted.
    """

    name: str
    varies: str
    arms: Sequence[Arm]
    control: str
    holdout: float = 0.0
    planned: int = 2000
    window_days: int = 7


def check(plan: Plan, languages: Sequence[str]) -> Plan:
    """Return the plan, tidied.

    Parameters
    ----------
    plan
        As it was given.
    languages
        Of the campaign.

    Raises
    ------
    UserErrors
        With one sentence for every field that cannot be used.
    """
    checks = Checks()
    name = checks(_name, plan.name)
    checks(_kind, plan.varies)
    if plan.varies not in VARIES:  # then nobody can say what its arms should show
        checks.finish()
    arms = [_arm(checks, place, arm, plan.varies, languages) for place, arm in enumerate(plan.arms)]
    checks(_several, plan.arms)
    checks(_different, arms)
    checks(_known, plan.control, arms)
    checks(_between, plan.holdout, "holdout", 0.0, MOST_HELD_OUT)
    checks(_between, float(plan.planned), "planned", FEWEST_PLANNED, MOST_PLANNED)
    checks(_between, float(plan.window_days), "window_days", 1, MOST_DAYS)
    checks.finish()
    return Plan(
        name=name,
        varies=plan.varies,
        arms=arms,
        control=plan.control,
        holdout=plan.holdout,
        planned=int(plan.planned),
        window_days=int(plan.window_days),
    )


def _name(given: str) -> str:
    tidy = text.line(given, field="name", most=NAME_LENGTH)
    if not tidy:
        raise UserError(gettext_noop("The name is empty: say what is tried, like “Two headlines”."), field="name")
    return tidy


def _kind(given: str) -> str:
    if given not in VARIES:
        raise UserError(
            gettext_noop("“{shown}” cannot be varied: choose from {known}."),
            field="varies",
            shown=text.shown(given),
            known=", ".join(VARIES),
        )
    return given


def _arm(checks: Checks, place: int, arm: Arm, varies: str, languages: Sequence[str]) -> Arm:
    field = f"arms.{place}"
    name = checks(_arm_name, arm.name.strip().lower(), f"{field}.name")
    weight = checks(_between, arm.weight, f"{field}.weight", 0.01, _HEAVIEST)
    if varies == "creative":
        return Arm(name, weight, _creative(checks, arm, f"{field}.creative"))
    return Arm(name, weight, _wordings(checks, arm, field, varies, languages))


def _arm_name(given: str, field: str) -> str:
    if not _NAME.fullmatch(given) or given == HOLDOUT:
        raise UserError(
            gettext_noop("“{shown}” cannot name an arm: use up to 20 small letters and digits, like “b” or “short”."),
            field=field,
            shown=text.shown(given),
        )
    return given


def _creative(checks: Checks, arm: Arm, field: str) -> dict[str, str]:
    def named(given: str) -> str:
        if given and not _NAME.fullmatch(given):
            raise UserError(
                gettext_noop("“{shown}” is no name of a creative: use small letters, digits and hyphens."),
                field=field,
                shown=text.shown(given),
            )
        return given

    found = checks(named, str(arm.shows.get("creative", "")).strip().lower())
    return {"creative": found} if found else {}


def _wordings(checks: Checks, arm: Arm, field: str, varies: str, languages: Sequence[str]) -> dict[str, dict[str, str]]:
    shows: dict[str, dict[str, str]] = {}
    for language in languages:
        given = arm.shows.get(language, {})
        tidy = {
            what: checks(_wording, str(given.get(what, "")), what, FIELDS[varies][what], f"{field}.{language}.{what}")
            for what in FIELDS[varies]
        }
        if any(tidy.values()):
            shows[language] = {what: words for what, words in tidy.items() if words}
    return checks(_in_every_language, shows, arm.name, field, languages)


def _wording(given: str, what: str, most: int, field: str) -> str:
    return passed_on(given, field=field) if what == "share_text" else text.paragraphs(given, field=field, most=most)


def _in_every_language(
    shows: dict[str, dict[str, str]], name: str, field: str, languages: Sequence[str]
) -> dict[str, dict[str, str]]:
    """Refuse what some readers would not see: they would count for an arm and be shown what is usual."""
    worded = list(dict.fromkeys(what for words in shows.values() for what in words))
    lacking = [(one, what) for one in languages for what in worded if what not in shows.get(one, {})]
    message = gettext_noop(
        "“{name}” words this in another language only, so readers of {language} would see the usual words: word it "
        "here too, or leave it empty in every language."
    )
    if lacking:
        raise UserErrors(
            [
                UserError(
                    message, field=f"{field}.{one}.{what}", name=text.shown(name), language=LANGUAGES.get(one, one)
                )
                for one, what in lacking
            ]
        )
    return shows


def _several(arms: Sequence[Arm]) -> Sequence[Arm]:
    if not FEWEST_ARMS <= len(arms) <= MOST_ARMS:
        raise UserError(
            gettext_noop("There are {count} arms: give {least} to {most}."),
            field="arms",
            count=len(arms),
            least=FEWEST_ARMS,
            most=MOST_ARMS,
        )
    return arms


def _different(arms: list[Arm]) -> list[Arm]:
    for place, arm in enumerate(arms):
        before = arms[:place]
        if arm.name in {other.name for other in before}:
            raise UserError(
                gettext_noop("Two arms are called “{name}”: give each a name of its own."),
                field=f"arms.{place}.name",
                name=arm.name,
            )
        if alike := [other.name for other in before if other.shows == arm.shows]:
            raise UserError(
                gettext_noop("The arms “{name}” and “{other}” show the same: change one, or there is nothing to find."),
                field=f"arms.{place}",
                name=arm.name,
                other=alike[0],
            )
    return arms


def _known(control: str, arms: Sequence[Arm]) -> str:
    if control not in {arm.name for arm in arms}:
        raise UserError(
            gettext_noop("“{shown}” is none of the arms: the control must be one, most often what is shown today."),
            field="control",
            shown=text.shown(control),
        )
    return control


def _between(given: float, field: str, low: float, high: float) -> float:
    if not low <= given <= high:  # what is not a number neither
        raise UserError(
            gettext_noop("{given:n} is out of bounds: give {low:n} to {high:n}."),
            field=field,
            given=given,
            low=low,
            high=high,
        )
    return given


def as_stored(arms: Iterable[Arm]) -> list[dict[str, Any]]:
    """Return arms as JSON holds them."""
    return [{"name": arm.name, "weight": arm.weight, "shows": dict(arm.shows)} for arm in arms]


def read_arms(stored: Iterable[Mapping[str, Any]]) -> list[Arm]:
    """Return the arms that `as_stored` wrote."""
    return [Arm(one["name"], one["weight"], one["shows"]) for one in stored]


def weights(
    arms: Iterable[Arm], *, holdout: float, dropped: Mapping[str, str], at: datetime | None = None
) -> dict[str, float]:
    """Return the weights by which new seeds are given an arm, those that are held out among them.

    Parameters
    ----------
    arms, holdout
        Of the experiment.
    dropped
        Arms that ended early, and when (ISO 8601): they have weight 0 since.
    at
        The moment; after everything that has happened when absent.
    """
    ended = {name for name, when in dropped.items() if at is None or datetime.fromisoformat(when) <= at}
    found = {arm.name: 0.0 if arm.name in ended else arm.weight for arm in arms}
    if holdout:
        whole = math.fsum(arm.weight for arm in arms)
        found[HOLDOUT] = whole * holdout / (1.0 - holdout)
    return found


def arm_for(who: int, number: int, weighed: Mapping[str, float]) -> str:
    """Return the arm of a seed, or of a visitor of a day, in the experiment of this number; always the same."""
    return experiment.assign(who, str(number), weighed)


def worded(texts: Mapping[str, Mapping[str, str]], shows: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Return a campaign's wordings with what an arm shows instead; the languages stay."""
    return {language: {**wordings, **shows.get(language, {})} for language, wordings in texts.items()}


def balance(times: Sequence[tuple[datetime, str]], epochs: Sequence[tuple[datetime, Mapping[str, float]]]) -> Balance:
    """Return whether arms were given as was meant, while the weights changed when an arm was dropped.

    Every stretch of constant weights is checked by itself, and the least likely decides (Bonferroni's level).

    Parameters
    ----------
    times
        When each was given its arm, and which.
    epochs
        From when on which weights held, in order of time.
    """
    checked = []
    for place, (since, weighed) in enumerate(epochs):
        until = epochs[place + 1][0] if place + 1 < len(epochs) else None
        counts = {arm: 0 for arm, weight in weighed.items() if weight}
        for at, arm in times:
            if since <= at and (until is None or at < until) and arm in counts:
                counts[arm] += 1
        checked.append(experiment.check_balance(counts, weighed))
    arms = list(dict.fromkeys(arm for one in checked for arm in one.seeds))
    p = min(1.0, len(checked) * min(one.p for one in checked))
    return Balance(
        {arm: sum(one.seeds.get(arm, 0) for one in checked) for arm in arms},
        {arm: math.fsum(one.expected.get(arm, 0.0) for one in checked) for arm in arms},
        p,
        p >= experiment.MISMATCH,
    )


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of how seeds of a campaign do, before an experiment.

    Attributes
    ----------
    answer
        By how much the mean of ln(1 + joins per seed) rises, per unit of ln of how much is passed on.
    spread
        Standard deviation of ln(1 + joins per seed).
    seeds
        Of how many seeds; 0 when it is only how campaigns usually are.
    per_day
        How many seeds come in a day lately.
    """

    answer: float
    spread: float
    seeds: int
    per_day: float


def usual(per_day: float = 0.0) -> Known:
    """Return how campaigns usually do."""
    typical = experiment_plan.TYPICAL_R
    return Known(experiment_plan.answer(typical), experiment_plan.outcome(typical).spread, 0, per_day)


def pair_needed(known: Known, *, pair: tuple[float, float], arms: int, factor: float = WORTH_TELLING) -> int:
    """Return how many seeds two arms together need to find, four times out of five, that one is passed on more.

    Parameters
    ----------
    known
        How seeds do.
    pair
        Weights of the two arms.
    arms
        How many arms there are in all.
    factor
        How many times as many the one's people bring.
    """
    effect = experiment_plan.effect_of(factor, r=experiment_plan.r_of(known.answer))
    spread = known.spread * effect.widening
    return experiment.seeds_needed(effect.ratio, spread=spread, power=POWER, weights=pair, arms=arms)


def seeds_in_time(known: Known, *, ends_at: datetime | None, window_days: int, now: datetime) -> int | None:
    """Return how many seeds have had their days before the campaign ends, at the present pace; None without an end."""
    if ends_at is None:
        return None
    return max(math.floor(known.per_day * ((ends_at - now) / timedelta(days=1) - window_days)), 0)


def whole_needed(
    known: Known, arms: Sequence[Arm], control: str, *, holdout: float = 0.0, factor: float = WORTH_TELLING
) -> int:
    """Return how many seeds the whole experiment needs, for the arm that gets fewest to be told from the control."""
    base = next((arm.weight for arm in arms if arm.name == control), arms[0].weight)
    least = min((arm.weight for arm in arms if arm.name != control), default=base)
    pair = pair_needed(known, pair=(base, least), arms=len(arms), factor=factor)
    return min(math.ceil(pair * math.fsum(arm.weight for arm in arms) / (1.0 - holdout) / (base + least)), MOST_PLANNED)
