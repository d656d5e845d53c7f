"""What rewards are: the terms of a rule, whom it rewards and when, and how a reward moves through the ledger.

`beneficiaries` is the one place that decides; granting asks it about what happens, simulating about what has happened.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from sebar.kit import text
from sebar.kit.errors import Checks, UserError, UserErrors
from sebar.kit.words import gettext_noop

MOST_HOLD_DAYS: Final = 90
NAME_LENGTH: Final = 60
LABEL_LENGTH: Final = 80
REASON_LENGTH: Final = 300
EXPIRES_AFTER: Final = timedelta(days=180)
"""That long after its day a reward waits for a join to be confirmed."""
_LARGEST: Final = 10**15
_MOST_FRIENDS: Final = 1_000_000
_CURRENCY: Final = re.compile(r"[A-Z]{3}")


class Status(StrEnum):
    """Where a version of a rule is: off is for good, and switching on again makes a new version."""

    DRAFT = "draft"
    ON = "on"
    OFF = "off"


class RuleKind(StrEnum):
    """What a rule looks at."""

    EACH = "each"  # every friend
    MILESTONE = "milestone"  # so many friends
    LEADERBOARD = "leaderboard"  # who brought most; gives nothing by itself


class Trigger(StrEnum):
    """What makes a friend count. Passing the link on never does."""

    JOIN = "join"  # their join is confirmed
    CONVERSION = "conversion"  # they did what the brand wants, for the first time


class Who(StrEnum):
    """Who is rewarded."""

    REFERRER = "referrer"
    FRIEND = "friend"
    BOTH = "both"


class What(StrEnum):
    """What is given. `NOTHING` is for leaderboards."""

    MONEY = "money"
    POINTS = "points"
    TICKETS = "tickets"
    COUPON = "coupon"
    UNLOCK = "unlock"
    NOTHING = "nothing"


class State(StrEnum):
    """Where a reward is."""

    PENDING = "pending"
    APPROVED = "approved"
    FULFILLED = "fulfilled"
    REJECTED = "rejected"
    REVERSED = "reversed"
    EXPIRED = "expired"


LIVE: Final = (State.PENDING, State.APPROVED, State.FULFILLED)
LABELLED: Final = (What.POINTS, What.COUPON, What.UNLOCK)
"""What says little by itself: what it is good for may be added in words of the brand's own."""
BY_HAND: Final = (What.MONEY, What.POINTS)
"""What a member or the brand's program marks as handed over; a coupon is by its code, the rest is when it is earned."""


class Cause(StrEnum):
    """Why a reward ended unpaid, or was taken back."""

    REFUND = "refund"
    FRAUD = "fraud"
    FRIENDS = "friends"  # fewer friends count than its milestone takes
    MEMBER = "member"
    TIME = "time"
    LEFT = "left"  # the participant left for good


class Account(StrEnum):
    """Where amounts are. Each but the first is a participant's."""

    BUDGET = "budget"
    PENDING = "pending"
    EARNED = "earned"
    FULFILLED = "fulfilled"
    OWED_BACK = "owed_back"  # handed over, and then taken back


MOVES: Final[Mapping[tuple[State | None, State], tuple[Account, Account]]] = MappingProxyType(
    {
        (None, State.PENDING): (Account.BUDGET, Account.PENDING),
        (State.PENDING, State.APPROVED): (Account.PENDING, Account.EARNED),
        (State.APPROVED, State.PENDING): (Account.EARNED, Account.PENDING),
        (State.APPROVED, State.FULFILLED): (Account.EARNED, Account.FULFILLED),
        (State.PENDING, State.REJECTED): (Account.PENDING, Account.BUDGET),
        (State.APPROVED, State.REJECTED): (Account.EARNED, Account.BUDGET),
        (State.REJECTED, State.PENDING): (Account.BUDGET, Account.PENDING),
        (State.PENDING, State.REVERSED): (Account.PENDING, Account.BUDGET),
        (State.APPROVED, State.REVERSED): (Account.EARNED, Account.BUDGET),
        (State.FULFILLED, State.REVERSED): (Account.FULFILLED, Account.OWED_BACK),
        (State.PENDING, State.EXPIRED): (Account.PENDING, Account.BUDGET),
    }
)
"""From which account to which an amount goes when a reward changes its state; no other change exists."""


def move(state: State | None, to: State) -> tuple[Account, Account]:
    """Return the accounts between which a reward's amount moves.

    Raises
    ------
    UserError
        When a reward in this state cannot become that.
    """
    found = MOVES.get((state, to))
    if found is None:
        raise UserError(
            gettext_noop("A reward that is {state} cannot become {to}."), field="reward", state=state, to=to
        )
    return found


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """What a rule says.

    Attributes
    ----------
    amount, budget
        Minor units of `currency` for money, else whole points, tickets or codes.
    milestone
        How many friends it takes; only for milestones.
    most
        How many rewards one participant gets at most.
    by_month
        Whether a leaderboard counts the running month only.
    address
        What is unlocked.
    pool
        Identifier of the pool that coupons come from.
    labels
        What people are told it is, by language, as “a free coffee”; for what is `LABELLED`.
    """

    name: str = ""
    kind: str = RuleKind.EACH
    trigger: str = Trigger.JOIN
    who: str = Who.REFERRER
    what: str = What.POINTS
    amount: int = 1
    currency: str = ""
    hold_days: int = 0
    budget: int | None = None
    milestone: int | None = None
    most: int | None = None
    by_month: bool = False
    address: str = ""
    pool: int | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    valid_from: datetime | None = None
    valid_to: datetime | None = None

    @property
    def unit(self) -> str:
        """The currency of money, else the name of what is given."""
        return self.currency if self.what == What.MONEY else self.what

    @property
    def at_once(self) -> int:
        """How many rewards one friend brings in full."""
        return 2 if self.who == Who.BOTH else 1

    @property
    def is_granting(self) -> bool:
        """Whether it gives something by itself."""
        return self.kind != RuleKind.LEADERBOARD


def check(terms: Terms) -> Terms:
    """Return the terms tidied, as they are stored; what does not concern the kind of rule is left out.

    Raises
    ------
    UserErrors
        With one clear sentence for every field that cannot be used.
    """
    checks = Checks()
    kind = checks(_choice, terms.kind, RuleKind, "kind")
    what = What.NOTHING.value if kind == RuleKind.LEADERBOARD else checks(_choice, terms.what, What, "what")
    checked = replace(
        terms,
        name=checks(text.title, terms.name, field="name", most=NAME_LENGTH),
        kind=kind,
        trigger=checks(_choice, terms.trigger, Trigger, "trigger"),
        who=checks(_choice, terms.who, Who, "who") if kind == RuleKind.EACH else Who.REFERRER.value,
        what=checks(_something, what, kind),
        amount=checks(_amount, terms.amount) if what in {What.MONEY, What.POINTS, What.TICKETS} else 1,
        currency=checks(_currency, terms.currency) if what == What.MONEY else "",
        hold_days=checks(_hold, terms.hold_days),
        milestone=_milestone(checks, terms.milestone) if kind == RuleKind.MILESTONE else None,
        most=checks(_most, terms.most) if kind == RuleKind.EACH else None,
        by_month=terms.by_month and kind == RuleKind.LEADERBOARD,
        address=checks(_address, terms.address) if what == What.UNLOCK else "",
        pool=checks(_pool, terms.pool) if what == What.COUPON else None,
        labels=_labels(checks, terms.labels) if what in LABELLED else {},
        budget=checks(_budget, terms.budget, what),
        valid_from=_zoned(checks, terms.valid_from, "valid_from"),
        valid_to=_zoned(checks, terms.valid_to, "valid_to"),
    )
    if not checks.errors:
        checks(_worth, checked)
        checks(_span, checked)
    checks.finish()
    return checked


def check_reason(reason: str) -> str:
    """Return the reason of a decision, tidied.

    Raises
    ------
    UserError
        When there is none, or it is too long.
    """
    tidy = text.line(reason, field="reason", most=REASON_LENGTH)
    if not tidy:
        message = gettext_noop("The reason is empty: say why, for whoever asks later.")
        raise UserError(message, field="reason")
    return tidy


@dataclass(frozen=True, kw_only=True, slots=True)
class Happened:
    """That a friend counts: their join was confirmed, or they converted.

    Attributes
    ----------
    key
        ``join``, or ``order:`` and the conversion's external id.
    """

    trigger: Trigger
    key: str
    friend: int
    referrer: int
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """What a rule has done before this happened.

    Attributes
    ----------
    friends
        How many friends of the referrer count, this one with them.
    is_counted
        Whether this very friend has brought a reward that stands.
    given
        How many rewards that stand the referrer and the friend have.
    spent
        What the rule has given in all its versions.
    stock
        How many codes nobody was promised; None when none are needed.
    """

    friends: int
    is_counted: bool
    given: Mapping[int, int]
    spent: int
    stock: int | None = None


def holds(terms: Terms, at: datetime, *, on_at: datetime | None, off_at: datetime | None) -> bool:
    """Say whether a rule was on, and within its times, at a moment."""
    starts = [moment for moment in (on_at, terms.valid_from) if moment is not None]
    ends = [moment for moment in (off_at, terms.valid_to) if moment is not None]
    return on_at is not None and all(at >= start for start in starts) and all(at < end for end in ends)


def beneficiaries(terms: Terms, happened: Happened, tally: Tally) -> tuple[int, ...]:
    """Return who is rewarded for what happened: nobody, the referrer, the friend or both.

    A friend counts once in a rule. What the budget or the stock of codes does not cover in full is not given at all.
    """
    if happened.trigger != terms.trigger:
        return ()
    wanted = _deserving(terms, happened, tally)
    if terms.budget is not None and tally.spent + terms.amount * len(wanted) > terms.budget:
        return ()
    if tally.stock is not None and len(wanted) > tally.stock:
        return ()
    return wanted


def _deserving(terms: Terms, happened: Happened, tally: Tally) -> tuple[int, ...]:
    if terms.kind == RuleKind.MILESTONE:
        is_reached = terms.milestone is not None and tally.friends >= terms.milestone
        return (happened.referrer,) if is_reached and not tally.given[happened.referrer] else ()
    if terms.kind != RuleKind.EACH or tally.is_counted:
        return ()
    sides = {
        Who.REFERRER.value: (happened.referrer,),
        Who.FRIEND.value: (happened.friend,),
        Who.BOTH.value: (happened.referrer, happened.friend),
    }[terms.who]
    return tuple(one for one in sides if terms.most is None or tally.given[one] < terms.most)


@dataclass(frozen=True, kw_only=True, slots=True)
class Simulated:
    """What a rule would have given: in all, how many rewards, to how many, the most to one, and what it lacked for.

    `refused` counts friends for whom neither budget nor codes were left, and `wanted` is what it would have cost had
    there been enough.
    """

    cost: int
    rewards: int
    people: int
    largest: int
    refused: int
    wanted: int


def simulate(terms: Terms, past: Iterable[Happened], *, stock: int | None = None) -> Simulated:
    """Return what a rule would have given, had it been on all the time.

    Parameters
    ----------
    past
        What happened, in the order of time.
    stock
        How many codes there are; None when none are needed.
    """
    friends: dict[int, set[int]] = defaultdict(set)
    given: dict[int, int] = defaultdict(int)
    counted: set[int] = set()
    happenings = list(past)
    rewards = refused = 0
    unbounded = replace(terms, budget=None)
    for happened in happenings:
        if happened.trigger != terms.trigger:
            continue
        friends[happened.referrer].add(happened.friend)
        tally = Tally(
            friends=len(friends[happened.referrer]),
            is_counted=happened.friend in counted,
            given=given,
            spent=rewards * terms.amount,
            stock=None if stock is None else stock - rewards,
        )
        people = beneficiaries(terms, happened, tally)
        if people:
            counted.add(happened.friend)
        elif beneficiaries(unbounded, happened, replace(tally, stock=None)):
            refused += 1
        for person in people:
            given[person] += 1
        rewards += len(people)
    each = [number * terms.amount for number in given.values() if number]
    cost = rewards * terms.amount
    return Simulated(
        cost=cost,
        rewards=rewards,
        people=len(each),
        largest=max(each, default=0),
        refused=refused,
        wanted=simulate(unbounded, happenings).cost if refused else cost,
    )


def masked(name: str) -> str:
    """Return a name as strangers may see it: its initials, or nothing when there is none."""
    return " ".join(f"{word[0]}." for word in name.split()[:2])


def _choice(given: str, choices: type[StrEnum], field: str) -> str:
    return text.one_of(given, [one.value for one in choices if one != What.NOTHING], field=field)


def _something(what: str, kind: str) -> str:
    if what == What.NOTHING and kind != RuleKind.LEADERBOARD:
        raise UserError(gettext_noop("Choose what is given."), field="what")
    return what


def _bounded(given: int, field: str, least: int, most: int) -> int:
    if not least <= given <= most:
        raise UserError(
            gettext_noop("{value} is out of bounds here: write a whole number from {least} to {most}."),
            field=field,
            value=given,
            least=least,
            most=most,
        )
    return given


def _amount(given: int) -> int:
    return _bounded(given, "amount", 1, _LARGEST)


def _hold(given: int) -> int:
    return _bounded(given, "hold_days", 0, MOST_HOLD_DAYS)


def _most(given: int | None) -> int | None:
    return None if given is None else _bounded(given, "most", 1, _MOST_FRIENDS)


def _milestone(checks: Checks, given: int | None) -> int | None:
    checks(_bounded, given or 0, "milestone", 1, _MOST_FRIENDS)
    return given


def _currency(given: str) -> str:
    tidy = given.strip().upper()
    if not _CURRENCY.fullmatch(tidy):
        raise UserError(
            gettext_noop("“{shown}” is not a currency: write its three letters, like IDR."),
            field="currency",
            shown=text.shown(given),
        )
    return tidy


def _budget(given: int | None, what: str) -> int | None:
    if what == What.NOTHING:
        return None
    if given is None:
        if what == What.MONEY:
            message = gettext_noop("The budget is empty: say how much all rewards of this rule may cost together.")
            raise UserError(message, field="budget")
        return None
    return _bounded(given, "budget", 1, _LARGEST)


def _address(given: str) -> str:
    tidy = text.url(given, field="address")
    if not tidy:
        message = gettext_noop("The address is empty: write where the content is that is unlocked.")
        raise UserError(message, field="address")
    return tidy


def _pool(given: int | None) -> int | None:
    if given is None:
        message = gettext_noop("No pool is chosen: make one with codes first, then choose it.")
        raise UserError(message, field="pool")
    return given


def _labels(checks: Checks, given: Mapping[str, str]) -> dict[str, str]:
    tidy = {
        language: checks(text.line, label, field=f"labels.{language}", most=LABEL_LENGTH)
        for language, label in given.items()
    }
    return {language: label for language, label in tidy.items() if label}


def _zoned(checks: Checks, given: datetime | None, field: str) -> datetime | None:
    return None if given is None else checks(text.zoned, given, field=field)


def _worth(terms: Terms) -> Terms:
    if terms.budget is not None and terms.budget < terms.amount * terms.at_once:
        message = gettext_noop("The budget does not cover a single reward: raise it, or give less.")
        raise UserError(message, field="budget")
    return terms


def _span(terms: Terms) -> Terms:
    if terms.valid_from and terms.valid_to and terms.valid_from >= terms.valid_to:
        message = gettext_noop("It ends before it begins: choose a later end.")
        raise UserErrors([UserError(message, field="valid_to")])
    return terms
