"""The ladder from watching to stopping, and what a policy may say. Pure functions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sebar.kit import text
from sebar.kit.errors import Checks, UserError
from sebar.kit.words import gettext_noop
from sebar.steering.watches import Watch

LADDER: Final = ("watch", "throttle", "hold", "stop")
"""The rungs, from the one that lets most pass to the one that lets nothing pass."""
MODES: Final = ("at_once", "approved", "unless_objected")
REASON_LENGTH: Final = 500
MOST_AN_HOUR: Final = 1_000_000
MOST_MINUTES: Final = 24 * 60
WEEK: Final = timedelta(days=7)
"""How far what a decision spares is foreseen."""
Path = list[list[float | None]]
"""What more is foreseen by one moment after another: seconds from now, then with 10, 50 and 90 % at most so many.

The last is None where nobody can tell how many it is at most."""
_MOST_TIMES: Final = 30  # an upper end that is more times the middle says nothing


@dataclass(frozen=True, kw_only=True, slots=True)
class PolicyForm:
    """A policy as a person or program writes it. `check` makes it fit to be stored.

    Attributes
    ----------
    watch
        A `sebar.steering.watches.Watch`: the policy answers its alarms.
    rung
        How far the campaign is let go then; one of `LADDER` but the first.
    mode
        ``at_once``, ``approved`` (by a second person) or ``unless_objected`` (after `minutes`).
    minutes
        How long there is to object.
    invitations_an_hour
        How many may still go out, when it is slowed.
    """

    watch: str
    rung: str
    mode: str
    minutes: int = 0
    invitations_an_hour: int | None = None


def rung_of(status: str, invitations_an_hour: int | None) -> str:
    """Return the rung that a published campaign stands on."""
    if status in {"paused", "stopped"}:
        return "hold" if status == "paused" else "stop"
    return "watch" if invitations_an_hour is None else "throttle"


def is_stricter(rung: str, other: str) -> bool:
    """Say whether a rung lets less pass than another."""
    return LADDER.index(rung) > LADDER.index(other)


def within(path: Path, lasted: timedelta) -> list[float | None]:
    """Return how many more a path foresees within a time, with 10, 50 and 90 % at most so many.

    Between two moments it is a straight line, and before the first one from nothing at all; after the last it is as
    much as there. The last number is None where nobody can tell it: as in the path, or far beyond the middle.
    """
    low, middle, high = (_drawn(path, place, lasted.total_seconds()) for place in (1, 2, 3))
    is_told = high is not None and high <= _MOST_TIMES * max(middle or 0.0, 1.0)
    return [low, middle, high if is_told else None]


def _drawn(path: Path, place: int, seconds: float) -> float | None:
    at, before = 0.0, 0.0
    for one in path:
        moment, value = one[0] or 0.0, one[place]
        if value is None:
            return None
        if moment >= seconds:
            part = (seconds - at) / (moment - at) if moment > at else 1.0
            return before + part * (value - before)
        at, before = moment, value
    return before


def check_rung(rung: str) -> str:
    """Return the rung.

    Raises
    ------
    UserError
        When there is none of this name.
    """
    return text.one_of(rung, LADDER, field="rung")


def check_an_hour(given: int | None, rung: str) -> int | None:
    """Return how many invitations an hour may go out on a rung; None where that is not what it says.

    Raises
    ------
    UserError
        When a campaign is to be slowed and it is not said how far.
    """
    if rung != "throttle":
        return None
    if given is None or not 1 <= given <= MOST_AN_HOUR:
        message = gettext_noop("To slow it, say how many invitations may go out in an hour: from 1 to {most:n}.")
        raise UserError(message, field="invitations_an_hour", most=MOST_AN_HOUR)
    return given


def check_reason(reason: str) -> str:
    """Return the tidied reason.

    Raises
    ------
    UserError
        When it is too long or cannot be shown.
    """
    return text.line(reason, field="reason", most=REASON_LENGTH)


def check(form: PolicyForm) -> PolicyForm:
    """Return the policy as it will be stored.

    Raises
    ------
    UserErrors
        With one clear sentence for every field that cannot be used.
    """
    checks = Checks()
    rung = checks(text.one_of, form.rung, LADDER[1:], field="rung")
    mode = checks(text.one_of, form.mode, MODES, field="mode")
    checked = PolicyForm(
        watch=checks(text.one_of, form.watch, list(Watch), field="watch"),
        rung=rung,
        mode=mode,
        minutes=checks(_minutes, form.minutes, form.mode),
        invitations_an_hour=checks(check_an_hour, form.invitations_an_hour, form.rung),
    )
    checks.finish()
    return checked


def _minutes(given: int, mode: str) -> int:
    if mode != "unless_objected":
        return 0
    if not 1 <= given <= MOST_MINUTES:
        message = gettext_noop("Say how many minutes there are to object: from 1 to {most}.")
        raise UserError(message, field="minutes", most=MOST_MINUTES)
    return given
