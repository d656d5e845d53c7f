"""The file of a draw: what was fixed before, what the source of randomness said, who won; and the check of all of it.

It needs no server, no network and no database, only the standard library and msgspec. `docs/draws.md` describes the
format; what is meant to be read by other programs does not change without a new name in `format`.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct

from sebar.kit import text
from sebar.kit.errors import UserError
from sebar.kit.words import gettext_noop, say
from sebar.rewards.draws import algorithm, randomness
from sebar.rewards.draws.randomness import Drand, Moment, Source

LARGEST: Final = 128 * 1024 * 1024
"""How many bytes of a file are read at most."""
MOST_ENTRANTS: Final = 1_000_000
MOST_TICKETS: Final = 1_000_000_000
"""Of one entrant."""
MOST_PLACES: Final = 1000
"""How many may win, and how many may follow."""

Mark = Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]
"""What stands for an entrant: 32 hexadecimal digits in which nobody can read who it is."""
_Hash = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
_Line = Annotated[str, Meta(min_length=1, max_length=200)]
_Count = Annotated[int, Meta(ge=1, le=MOST_PLACES)]
_PrizeName = Annotated[str, Meta(min_length=1, max_length=120)]


class Prize(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A prize, and how many there are of it.

    `name` is that in the campaign's first language. `names` has it by language where they differ; without, a file says
    nothing of it, as files did before.
    """

    name: _PrizeName
    count: _Count
    names: dict[Annotated[str, Meta(pattern="^[a-z]{2,8}$")], _PrizeName] = {}

    def said(self, language: str | None) -> str:
        """Return what it is called in a language."""
        return self.names.get(language or "", self.name)


class Listed(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is fixed before the source speaks; its hash is published.

    Attributes
    ----------
    draw
        32 random hexadecimal digits that no other draw has.
    title, brand, campaign
        How it is called, whose it is, and the end of its campaign's address.
    frozen
        When the list was fixed.
    source
        From where the randomness will come.
    prizes
        In the order in which they are drawn.
    reserves
        How many are drawn to follow where a winner cannot be reached.
    wins
        ``once``: nobody wins twice; ``again``: tickets stay in.
    free_tickets
        How many tickets everybody has who entered without passing anything on.
    entrants
        Each with their tickets, sorted by the mark.
    """

    format: Literal["sebar-draw/1"]
    draw: Mark
    title: _Line
    brand: _Line
    campaign: _Line
    frozen: Moment
    source: Source
    prizes: Annotated[tuple[Prize, ...], Meta(min_length=1, max_length=100)]
    reserves: Annotated[int, Meta(ge=0, le=MOST_PLACES)]
    wins: Literal["once", "again"]
    free_tickets: Annotated[int, Meta(ge=1, le=MOST_TICKETS)]
    entrants: Annotated[
        tuple[tuple[Mark, Annotated[int, Meta(ge=1, le=MOST_TICKETS)]], ...],
        Meta(min_length=1, max_length=MOST_ENTRANTS),
    ]


class Winner(Struct, frozen=True, forbid_unknown_fields=True):
    """Who was drawn for a place; places count from 1 through all prizes."""

    place: _Count
    prize: str
    entrant: Mark


class Outcome(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the source said, and what follows from it.

    Attributes
    ----------
    value, signature
        As `randomness.check_value` returns them; a lottery has no signature.
    seed
        From which all else is drawn, as 64 hexadecimal digits.
    winners, reserves
        In the order in which they were drawn.
    """

    value: str
    signature: str
    seed: _Hash
    winners: tuple[Winner, ...]
    reserves: tuple[Mark, ...]


class DrawFile(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A whole file.

    Attributes
    ----------
    hash
        SHA-256 of `list` in its canonical form.
    outcome
        None before the draw.
    passed_on
        Places whose winner could not be reached, in the order in which that was found: the first of them went to the
        first reserve, and so on.
    """

    list: Listed
    hash: _Hash
    outcome: Outcome | None
    passed_on: tuple[_Count, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """What was checked of a file that is right: each step in a sentence, and what no file can show."""

    done: tuple[str, ...]
    open: tuple[str, ...]


def pack(listed: Listed) -> bytes:
    """Return a list in its canonical form."""
    return algorithm.canonical(msgspec.to_builtins(listed))


def write(file: DrawFile) -> bytes:
    """Return a file as it is published: canonical too, with a line break at its end."""
    return algorithm.canonical(msgspec.to_builtins(file)) + b"\n"


def places(prizes: Sequence[Prize]) -> list[str]:
    """Return the name of the prize at each place."""
    return [prize.name for prize in prizes for _ in range(prize.count)]


def outcome(listed: Listed, list_hash: str, value: str, signature: str = "") -> Outcome:
    """Return who wins by what the source said.

    Raises
    ------
    UserError
        When the source cannot have said this.
    """
    said, signed = randomness.check_value(listed.source, value, signature)
    names = places(listed.prizes)
    seed = algorithm.seed_of(list_hash, said)
    drawn = algorithm.draw(
        listed.entrants, seed, places=len(names), reserves=listed.reserves, is_once=listed.wins == "once"
    )
    winners = [Winner(place, names[place - 1], mark) for place, mark in enumerate(drawn.winners, start=1)]
    return Outcome(value=said, signature=signed, seed=seed.hex(), winners=tuple(winners), reserves=drawn.reserves)


def holders(file: DrawFile) -> tuple[Winner, ...]:
    """Return to whom each place fell in the end, after what was passed on; nobody before the draw."""
    if file.outcome is None:
        return ()
    held = {winner.place: winner for winner in file.outcome.winners}
    for mark, place in zip(file.outcome.reserves, file.passed_on, strict=False):
        held[place] = Winner(place, held[place].prize, mark)
    return tuple(held.values())


def load(path: Path) -> DrawFile:
    """Return the file at a path.

    Raises
    ------
    UserError
        With one sentence, when it cannot be read or is no file of a draw.
    """
    try:
        with path.open("rb") as opened:
            content = opened.read(LARGEST + 1)
    except OSError as error:
        raise UserError(
            gettext_noop("“{shown}” cannot be read: {reason}."), shown=text.shown(str(path)), reason=error.strerror
        ) from None
    return read(content)


def read(content: bytes) -> DrawFile:
    """Return what a file holds. Whether it is true, `check` says.

    Raises
    ------
    UserError
        With one sentence, when it is no file of a draw.
    """
    if len(content) > LARGEST:
        raise UserError(gettext_noop("This is larger than {most} MB, which no draw is."), most=LARGEST >> 20)
    try:
        found = json.loads(content, object_pairs_hook=_once, parse_constant=_no_number, parse_float=_no_number)
        file = msgspec.convert(found, DrawFile)
        pack(file.list)  # half a character, as JSON may spell it, cannot be written
    except (msgspec.ValidationError, ValueError, RecursionError) as error:
        raise UserError(
            gettext_noop("This is not a whole file of a draw: {reason}."), reason=str(error).rstrip(".")[:200]
        ) from None
    return file


def check(file: DrawFile, *, noted: str = "") -> Checked:
    """Take every step again.

    Parameters
    ----------
    noted
        The hash as somebody wrote it down before the draw; empty if nobody did.

    Raises
    ------
    UserError
        Naming the first thing that is not as it must be.
    """
    listed = file.list
    _sorted_once(listed)
    right = algorithm.hash_of(pack(listed))
    _same(
        right, file.hash, gettext_noop("The list has the hash {right}, and not {shown} as the file says: it changed.")
    )
    if noted:
        wanted = noted.strip().lower()
        _same(right, wanted, gettext_noop("The list has the hash {right}, and not {shown} as you noted it."))
    randomness.check(listed.source)
    if randomness.read(listed.frozen) + randomness.MARGIN > randomness.read(listed.source.time):
        raise UserError(
            gettext_noop("The list was fixed at {frozen}, and not {minutes} minutes before its source spoke, {time}."),
            frozen=listed.frozen,
            minutes=round(randomness.MARGIN.total_seconds() / 60),
            time=listed.source.time,
        )
    if file.outcome is not None:
        _check_outcome(file, file.outcome)
    elif file.passed_on:
        raise UserError(gettext_noop("Prizes were passed on before anything was drawn."))
    return Checked(tuple(_done(file, noted)), tuple(_open(file, noted)))


def _check_outcome(file: DrawFile, said: Outcome) -> None:
    right = outcome(file.list, file.hash, said.value, said.signature)
    _same(right.value, said.value, gettext_noop("What the source said is written {right}, and not {shown}."))
    _same(right.seed, said.seed, gettext_noop("The seed that follows is {right}, and not {shown}."))
    if len(right.winners) != len(said.winners) or len(right.reserves) != len(said.reserves):
        raise UserError(
            gettext_noop("{winners} people win and {reserves} follow, and not {shown} and {followers}."),
            winners=len(right.winners),
            reserves=len(right.reserves),
            shown=len(said.winners),
            followers=len(said.reserves),
        )
    for mine, theirs in zip(right.winners, said.winners, strict=True):
        if mine != theirs:
            raise UserError(
                gettext_noop("Place {place} ({prize}) goes to {right}, and not as the file says."),
                place=mine.place,
                prize=text.shown(mine.prize),
                right=mine.entrant,
            )
    for number, (mark, other) in enumerate(zip(right.reserves, said.reserves, strict=True), start=1):
        if mark != other:
            raise UserError(
                gettext_noop("Reserve {number} is {right}, and not {shown}."), number=number, right=mark, shown=other
            )
    if len(file.passed_on) > len(said.reserves) or any(place > len(said.winners) for place in file.passed_on):
        raise UserError(gettext_noop("Prizes were passed on that nobody won, or to nobody."))


def _done(file: DrawFile, noted: str) -> list[str]:
    listed = file.list
    done = [
        say(
            gettext_noop("{people} entrants with {tickets} tickets; each is in the list once."),
            people=len(listed.entrants),
            tickets=sum(tickets for _, tickets in listed.entrants),
        ),
        say(gettext_noop("The list has the hash {hash}."), hash=file.hash),
    ]
    if noted:
        done.append(say(gettext_noop("It is the one that you noted.")))
    done.append(say(_named(listed.source), **_source_values(listed.source)))
    if file.outcome is not None:
        if isinstance(listed.source, Drand):
            done.append(say(gettext_noop("The randomness is the SHA-256 of the signature.")))
        done.append(
            say(
                gettext_noop("{winners} winners and {reserves} reserves follow from hash and value, and are these."),
                winners=len(file.outcome.winners),
                reserves=len(file.outcome.reserves),
            )
        )
    return done


def _open(file: DrawFile, noted: str) -> list[str]:
    left = []
    if not noted:
        left.append(say(gettext_noop("That this hash stood in public before: compare it with what you noted then.")))
    if file.outcome is None:
        left.append(say(gettext_noop("Nothing is drawn yet.")))
    elif isinstance(file.list.source, Drand):
        left.append(
            say(
                gettext_noop("That drand said this: compare the value with {address}"),
                address=randomness.address(file.list.source),
            )
        )
    else:
        left.append(say(gettext_noop("That the lottery had this result: compare it with what the lottery published.")))
    left.append(say(gettext_noop("That everybody in the list is a person, and nobody is left out.")))
    return left


def _named(source: Source) -> str:
    if isinstance(source, Drand):
        return gettext_noop("Named beforehand: round {round} of drand, which is at {time}.")
    return gettext_noop("Named beforehand: “{name}”, drawing “{drawing}”, not before {time}.")


def _source_values(source: Source) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.structs.asdict(source)
    return found


def _sorted_once(listed: Listed) -> None:
    before = ""
    for mark, _tickets in listed.entrants:
        if mark == before:
            raise UserError(gettext_noop("{shown} is in the list twice."), shown=mark)
        if mark < before:
            raise UserError(
                gettext_noop("The list is not sorted: {shown} stands behind {before}."), shown=mark, before=before
            )
        before = mark


def _same(right: str, shown: str, sentence: str) -> None:
    if not hmac.compare_digest(right.encode(), shown.encode(errors="replace")):
        raise UserError(sentence, right=right, shown=text.shown(shown) if len(shown) != len(right) else shown)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _no_number(written: str) -> object:
    raise ValueError(f"{written[:20]} is no whole number")
