"""What a round of drand said, asked over the network when a member presses a button; where there is none, by hand."""

from __future__ import annotations

import asyncio
from typing import Final

import msgspec

from sebar.kit.errors import UserError
from sebar.kit.words import gettext_noop
from sebar.rewards.draws import randomness
from sebar.rewards.draws.randomness import Drand

_SECONDS: Final = 5.0  # a page waits for it


class _Round(msgspec.Struct, frozen=True):
    """What drand publishes of a round, as far as it matters here."""

    round: int
    randomness: str
    signature: str


def ask(source: Drand) -> tuple[str, str]:
    """Return the randomness and the signature of a round.

    Raises
    ------
    UserError
        When drand cannot be reached, or answers something else.
    """
    try:
        return read(asyncio.run(_fetch(randomness.address(source))), source)
    except (TimeoutError, UserError) as error:
        message = gettext_noop("drand cannot be asked from here ({reason}): open its address and copy both values.")
        reason = error.message if isinstance(error, UserError) else "no answer"
        raise UserError(message, field="value", reason=reason.rstrip(".")) from None


def read(body: bytes, source: Drand) -> tuple[str, str]:
    """Return randomness and signature of what drand answered.

    Raises
    ------
    UserError
        When it is no answer about this round.
    """
    try:
        said = msgspec.json.decode(body, type=_Round)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise UserError(gettext_noop("the answer is no round of drand"), field="value") from None
    if said.round != source.round:
        raise UserError(gettext_noop("the answer is about another round"), field="value")
    return said.randomness, said.signature


async def _fetch(address: str) -> bytes:
    from sebar.kit import http  # noqa: PLC0415 - the client weighs 11 MB, and web asks hardly ever

    async with asyncio.timeout(_SECONDS), http.session() as client:
        return (await http.fetch(client, address, kinds=("application/json",))).body
