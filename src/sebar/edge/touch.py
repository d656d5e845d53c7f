"""Touches that pages send of themselves: what a batch may hold, and how its text is cleaned."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal
from urllib.parse import unquote_plus
from uuid import UUID

import msgspec

from sebar.kit.errors import UserError

MOST: Final = 100
BYTES: Final = 64 * 1024
LATEST_MS: Final = 4_102_444_799_999  # the end of 2099
MOST_POINTS: Final = 999_999_999

_NAME: Final = re.compile(r"[a-z0-9_-]{1,20}")


class Sent(msgspec.Struct, frozen=True):
    """One touch as a page sends it. Other fields are ignored.

    Attributes
    ----------
    kind
        What the person did.
    code
        Whose link it is about; empty when nobody's.
    campaign
        The campaign's slug.
    via, c
        Channel and creative.
    id
        Chosen by the page, so that sending again counts once.
    time, visitor
        Original time, milliseconds since 1970 UTC, and visitor, below 2 to the power of 64; from a key of scope replay.
    step, score
        Of a play: how far somebody came, and with how many points.
    """

    kind: Literal["view", "share", "invite", "play"]
    code: str = ""
    campaign: str = ""
    via: str = ""
    c: str = ""
    id: UUID | None = None
    time: Annotated[int, msgspec.Meta(ge=0, le=LATEST_MS)] = 0
    visitor: Annotated[int, msgspec.Meta(ge=0)] = 0
    step: Literal["", "started", "q25", "q50", "q75", "finished"] = ""
    score: Annotated[int, msgspec.Meta(ge=0, le=MOST_POINTS)] | None = None

    def props(self) -> dict[str, str]:
        """Return what a play says beyond every touch.

        Raises
        ------
        UserError
            When a play does not say how far it came, or another touch does.
        """
        if (self.kind == "play") != bool(self.step):
            raise UserError(
                f"A touch of kind “{self.kind}” has the step “{self.step}”; a play, and nothing else, says one of "
                "started, q25, q50, q75, finished.",
                field="step",
            )
        said = {"step": self.step, "score": "" if self.score is None else str(self.score)}
        return {name: text for name, text in said.items() if text}


_Batch = Annotated[list[Sent], msgspec.Meta(max_length=MOST)]
_decoder: Final[msgspec.json.Decoder[list[Sent]]] = msgspec.json.Decoder(_Batch)


def read_batch(body: bytes) -> list[Sent]:
    """Return the touches of one ``POST /t``.

    Raises
    ------
    UserError
        When it is not a JSON array of at most 100 touches.
    """
    try:
        return _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UserError(
            f"The body should be a JSON array of at most {MOST} touches like "
            f'[{{"kind": "view", "campaign": "coffee"}}]: {error}.'
        ) from None


def name_or_nothing(text: str) -> str:
    """Return the name of a channel or creative in lower case, or nothing when it cannot be one."""
    lowered = text.lower()
    return lowered if _NAME.fullmatch(lowered) else ""


def read_query(query: str) -> tuple[str, str]:
    """Return channel and creative, ``via`` and ``c`` of a link's query; the first of each, cleaned."""
    found = {"via": "", "c": ""}
    for part in query.split("&"):
        key, _, value = part.partition("=")
        if found.get(key) == "":
            found[key] = name_or_nothing(unquote_plus(value))
    return found["via"], found["c"]
