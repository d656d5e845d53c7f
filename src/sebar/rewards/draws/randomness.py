"""Public sources of randomness, named before they speak: a round of drand, or the result of a stated lottery."""

from __future__ import annotations

import hashlib
import math
import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta, Struct

from sebar.kit import text
from sebar.kit.errors import UserError
from sebar.kit.words import gettext_noop

QUICKNET: Final = "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971"
"""Hash of the drand network that is used: quicknet of the League of Entropy (scheme bls-unchained-g1-rfc9380)."""
GENESIS: Final = 1692803367
"""Seconds since 1970 UTC at which its first round was."""
PERIOD: Final = 3
"""Seconds between two of its rounds."""
RESULTS: Final = 1_000_000
"""How many results a lottery must at least be able to have: with fewer, a list could be tried out until it suits."""
MARGIN: Final = timedelta(minutes=5)
"""How long the hash of a list must at least stand in public before its source speaks."""
NAME_LENGTH: Final = 120

_SIGNATURE_BYTES: Final = 48
_LAST_ROUND: Final = 10**11
_MOST_NUMBERS: Final = 20
_HIGHEST: Final = 999_999
_HEX: Final = re.compile(r"[0-9a-f]*")
_LONGEST: Final = 400
_ONE_DIGIT: Final = 9
_OF_ANY: Final = gettext_noop(
    "“{shown}” is no result of this lottery: it has {count} numbers from {lowest} to {highest}."
)
_OF_DIFFERENT: Final = gettext_noop(
    "“{shown}” is no result of this lottery: it has {count} different numbers from {lowest} to {highest}."
)

Moment = Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")]
"""A moment of UTC to the second, like ``2026-12-01T05:00:00Z``."""


class Drand(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind", tag="drand"):
    """One round of drand: `chain` names the network, `time` is when the round is, which follows from its number."""

    chain: Literal["52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971"]
    round: Annotated[int, Meta(ge=1, le=_LAST_ROUND)]
    time: Moment


class Lottery(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind", tag="lottery"):
    """The result of a stated drawing of a stated lottery.

    Attributes
    ----------
    name, drawing
        Which lottery, and which of its drawings.
    time
        When its result is drawn, at the earliest.
    numbers, lowest, highest
        How many numbers the result has, and between which they lie.
    order
        ``ascending``: the numbers are different, and written by size; ``drawn``: as they were drawn.
    """

    name: Annotated[str, Meta(min_length=1, max_length=NAME_LENGTH)]
    drawing: Annotated[str, Meta(min_length=1, max_length=NAME_LENGTH)]
    time: Moment
    numbers: Annotated[int, Meta(ge=1, le=_MOST_NUMBERS)]
    lowest: Annotated[int, Meta(ge=0, le=_HIGHEST)]
    highest: Annotated[int, Meta(ge=0, le=_HIGHEST)]
    order: Literal["ascending", "drawn"]


Source = Drand | Lottery


def round_at(moment: datetime) -> int:
    """Return the first round of drand that is not before a moment."""
    return max(math.ceil((moment.timestamp() - GENESIS) / PERIOD), 0) + 1


def time_of(number: int) -> datetime:
    """Return when a round of drand is."""
    return datetime.fromtimestamp(GENESIS + (number - 1) * PERIOD, UTC)


def spell(moment: datetime) -> str:
    """Return a moment as files hold it; what is smaller than a second is cut off."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read(spelled: str) -> datetime:
    """Return the moment that `spell` wrote.

    Raises
    ------
    UserError
        When there is no such day or hour.
    """
    try:
        return datetime.fromisoformat(spelled)
    except ValueError:
        raise UserError(gettext_noop("“{shown}” is no moment."), shown=spelled) from None


def drand_at(moment: datetime) -> Drand:
    """Return the first round of drand that is not before a moment."""
    number = round_at(moment)
    return Drand(chain=QUICKNET, round=number, time=spell(time_of(number)))


def postponed(source: Source, moment: datetime) -> Source:
    """Return the same source at a later moment."""
    return drand_at(moment) if isinstance(source, Drand) else msgspec.structs.replace(source, time=spell(moment))


def address(source: Drand) -> str:
    """Return where drand publishes what a round said."""
    return f"https://api.drand.sh/{source.chain}/public/{source.round}"


def check(source: Source) -> Source:
    """Return the source if winners can be drawn from it.

    Raises
    ------
    UserError
        When a round is not at the time that is stated, or a lottery has too few results.
    """
    moment = read(source.time)
    if isinstance(source, Drand):
        if time_of(source.round) != moment:
            raise UserError(
                gettext_noop("Round {round} of drand is at {right}, and not at {shown}."),
                field="source",
                round=source.round,
                right=spell(time_of(source.round)),
                shown=source.time,
            )
        return source
    if _results(source) < RESULTS:
        raise UserError(
            gettext_noop(
                "A lottery of {count} possible results is too small: choose one of at least {least}, or drand."
            ),
            field="numbers",
            count=_results(source),
            least=RESULTS,
        )
    return source


def check_round(source: Source, typed: str) -> None:
    """Do nothing if somebody copied what the right round of drand said; a lottery has no rounds.

    Raises
    ------
    UserError
        When it is another round. Its randomness and signature belong together too, so nothing else would show it.
    """
    if isinstance(source, Drand) and typed.strip() != str(source.round):
        raise UserError(
            gettext_noop("“{shown}” is not the round of this draw: copy what drand says of round {round}."),
            field="round",
            shown=text.shown(typed.strip()),
            round=source.round,
        )


def check_value(source: Source, value: str, signature: str = "") -> tuple[str, str]:
    """Return what the source said, in the one way in which it is written, and for drand the signature it comes from.

    Parameters
    ----------
    value
        The `randomness` of drand, or the numbers of a lottery with anything between them.
    signature
        The `signature` of drand. The randomness is its SHA-256; that it was made by drand is *not* checked here.

    Raises
    ------
    UserError
        When the source cannot have said this.
    """
    if isinstance(source, Drand):
        return _of_drand(value, signature)
    return _of_lottery(source, value), ""


def _of_drand(value: str, signature: str) -> tuple[str, str]:
    said = _hexadecimal(value, "value", 32)
    signed = _hexadecimal(signature, "signature", _SIGNATURE_BYTES)
    if hashlib.sha256(bytes.fromhex(signed)).hexdigest() != said:
        raise UserError(
            gettext_noop("The randomness is not the SHA-256 of the signature: copy both again from the same round."),
            field="value",
        )
    return said, signed


def _hexadecimal(typed: str, field: str, length: int) -> str:
    tidy = typed.strip().strip('"').lower()
    if len(tidy) != 2 * length or not _HEX.fullmatch(tidy):
        raise UserError(
            gettext_noop("“{shown}” has not the {count} hexadecimal digits that drand writes here: copy all of it."),
            field=field,
            shown=text.shown(typed),
            count=2 * length,
        )
    return tidy


def _of_lottery(source: Lottery, typed: str) -> str:
    single = source.highest <= _ONE_DIGIT
    found = [int(digits) for digits in re.findall("[0-9]" if single else "[0-9]{1,9}", typed[:_LONGEST])]
    fits = len(found) == source.numbers and all(source.lowest <= number <= source.highest for number in found)
    if source.order == "ascending":
        found.sort()
        fits = fits and len(set(found)) == len(found)
    if not fits:
        raise UserError(
            _OF_DIFFERENT if source.order == "ascending" else _OF_ANY,
            field="value",
            shown=text.shown(typed),
            count=source.numbers,
            lowest=source.lowest,
            highest=source.highest,
        )
    return " ".join(str(number) for number in found)


def _results(source: Lottery) -> int:
    width = max(source.highest - source.lowest + 1, 0)
    return math.comb(width, source.numbers) if source.order == "ascending" else width**source.numbers
