"""How signs add up to a level, who is judged together, and what a person may decide. Pure.

The signs' strengths are weighed and added; the sum is a logarithm of odds and gives the score. Every weight is
positive, so that more evidence never lowers a score, and no sign alone reaches the highest level, which holds rewards
back. The weights were learned on simulated campaigns with six kinds of fraud in them (`bench/fraud.py` says how well
they do on others) and rounded; a sign of which those campaigns had no need keeps a small weight of its own. That every
figure is one that a person can check stands above the last percent of accuracy.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any, Final

import numpy as np

from sebar.fraud import signals
from sebar.fraud.signals import UNKNOWN, Crowd, Places, Sign, Values
from sebar.kit import text
from sebar.kit.errors import UserError
from sebar.kit.words import gettext_noop, say


class Level(IntEnum):
    """How much speaks against somebody."""

    NONE = 0
    LOW = 1  # told beside others only
    MEDIUM = 2  # a person should look
    HIGH = 3  # unpaid rewards wait until a person has decided

    @property
    def word(self) -> str:
        """The level as an answer of the API holds it."""
        return self.name.lower()

    @property
    def spoken(self) -> str:
        """The level for people."""
        return say(_LEVELS[self])


class Verdict(StrEnum):
    """What a person decided."""

    FINE = "fine"
    FRAUD = "fraud"


WEIGHTS: Final = {
    "own_friends": 0.5,
    "aliases": 3.0,
    "thrown_away": 3.0,
    "machine": 1.75,
    "network": 0.25,
    "payment": 3.0,
    "velocity": 0.5,
    "star": 1.0,
    "even_gaps": 0.5,
    "too_fast": 1.0,
    "ring": 1.0,
    "unopened": 3.0,
    "unseen": 1.5,
}
BASE: Final = -6.25
"""Logarithm of the odds of somebody about whom there is no sign: one in five hundred."""
_FROM: Final = {Level.LOW: 0.1, Level.MEDIUM: 0.3, Level.HIGH: 0.95}
_KINDS_FOR_HIGH: Final = 2
_A_SIGN: Final = 0.5
_NOTE: Final = 500
KEEP_DAYS: Final = 90
"""After so many days the evidence of a join is deleted, and joins before that are not looked at any more."""

_LEVELS: Final = {
    Level.NONE: gettext_noop("Nothing found"),
    Level.LOW: gettext_noop("Low"),
    Level.MEDIUM: gettext_noop("Medium"),
    Level.HIGH: gettext_noop("High"),
}
_WORDS: Final = {
    "own_friends": gettext_noop("On the device, mailbox or account of the very person who brought them: {n}"),
    "aliases": gettext_noop("E-mail addresses that lead to a mailbox already entered here: {n}"),
    "thrown_away": gettext_noop("Throw-away e-mail addresses: {n}"),
    "machine": gettext_noop("Brought by one person and sharing devices (same line, same kind of browser): {n}"),
    "network": gettext_noop("Brought by one person and on one line to the internet: {n}"),
    "payment": gettext_noop("Paid to or from one account: {n}"),
    "velocity": gettext_noop("Joined through one person within ten minutes: {n}"),
    "star": gettext_noop("Joined through one person within an hour, and bring nobody themselves: {n}"),
    "even_gaps": gettext_noop("Joined through one person at almost even steps of {seconds} s: {n}"),
    "too_fast": gettext_noop("Joined within moments of who brought them: {n}, the quickest after {seconds} s"),
    "ring": gettext_noop("Linked by devices, mailboxes or accounts, and bringing each other: {n}"),
    "unopened": gettext_noop("Joined by a link that no person had opened: {n}"),
    "unseen": gettext_noop("Never opened their own page: {n}"),
}


@dataclass(frozen=True, slots=True)
class Judged:
    """What is found about a crowd.

    Attributes
    ----------
    score
        (n,) from 0 to 1: the share of frauds among people with such signs, in campaigns like those learned on.
    level
        (n,) values of `Level`.
    group
        (n,) place of the first of those who are to be looked at together.
    signs
        What each signal says.
    """

    score: Values
    level: Places
    group: Places
    signs: dict[str, Sign]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody who waits for a person's decision.

    Attributes
    ----------
    number, group
        Who, and the number of the first of those who are to be looked at together.
    at_risk
        Unpaid rewards that hang on it, in minor units of the campaign's main currency.
    has_asked
        Whether they asked that a person looks at it.
    """

    number: int
    group: int
    score: float
    at_risk: int = 0
    has_asked: bool = False


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: which signal, and the numbers that its sentence names."""

    signal: str
    count: int
    seconds: int = 0

    @property
    def words(self) -> str:
        """The reason for people, in the reader's language."""
        return say(_WORDS[self.signal], n=self.count, seconds=self.seconds)

    def stored(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return {"signal": self.signal, "count": self.count, "seconds": self.seconds}


def judge(crowd: Crowd) -> Judged:
    """Judge everybody in a crowd."""
    signs = {name: sign(crowd) for name, sign in signals.ALL.items()}
    score, level = _weighed(signs, len(crowd))
    return Judged(score, level, _together(crowd, score), signs)


def reasons(judged: Judged, place: int) -> list[Reason]:
    """Return the reasons against the one at a place, the weightiest first."""
    found = [(WEIGHTS[name] * sign.strength[place], name, sign) for name, sign in judged.signs.items()]
    found.sort(key=lambda one: -one[0])
    return [
        Reason(name, int(sign.number[place]), math.ceil(sign.seconds[place]))
        for weighed, name, sign in found
        if weighed > 0
    ]


def read(stored: Sequence[dict[str, Any]]) -> list[Reason]:
    """Return reasons as they were stored; of signals that are no more, none."""
    return [Reason(**one) for one in stored if one["signal"] in _WORDS]


def stands(before: int, found: int) -> bool:
    """Say whether what was found before stays: what holds rewards back ends by a person, not when evidence goes."""
    return before == Level.HIGH and found < Level.HIGH


def in_order(waiting: Iterable[Waiting]) -> list[list[Waiting]]:
    """Return those who wait for a decision, group by group, in the order in which a person should look.

    First where somebody asked for it, then where most would be lost on average (the money at risk times the score),
    then the highest score; within a group the highest score first.
    """
    groups: dict[int, list[Waiting]] = {}
    for one in sorted(waiting, key=lambda one: (-one.score, one.number)):
        groups.setdefault(one.group, []).append(one)
    return sorted(
        groups.values(),
        key=lambda group: (
            not any(one.has_asked for one in group),
            -sum(one.score * one.at_risk for one in group),
            -group[0].score,
            group[0].group,
        ),
    )


def check_verdict(given: str) -> Verdict:
    """Return the verdict.

    Raises
    ------
    UserError
        When it is none.
    """
    try:
        return Verdict(given)
    except ValueError:
        message = gettext_noop("“{shown}” is no decision: say fine or fraud.")
        raise UserError(message, field="verdict", shown=text.shown(given)) from None


def check_note(given: str) -> str:
    """Return the note, tidied.

    Raises
    ------
    UserError
        When it is too long or cannot be shown.
    """
    return text.paragraphs(given, field="note", most=_NOTE)


def _weighed(signs: dict[str, Sign], people: int) -> tuple[Values, Places]:
    """Return everybody's score and level."""
    odds, kinds = np.full(people, BASE), np.zeros(people, np.int64)
    for name, sign in signs.items():
        odds += WEIGHTS[name] * sign.strength
        kinds += sign.strength >= _A_SIGN
    score = 1 / (1 + np.exp(-odds))
    level = np.zeros(people, np.int64)
    for step, least in _FROM.items():
        reached = score >= least
        level[reached & (kinds >= _KINDS_FOR_HIGH) if step is Level.HIGH else reached] = step
    return score, level


def _together(crowd: Crowd, score: Values) -> Places:
    """Join those against whom something speaks who brought each other, or are of one ring."""
    told = score >= _FROM[Level.LOW]
    linked = np.where(told, signals.rings(crowd), UNKNOWN)
    brought = np.flatnonzero(told & (crowd.parent >= 0) & told[crowd.parent])
    return signals.joined_by([linked], len(crowd), edges=(brought, crowd.parent[brought]))
