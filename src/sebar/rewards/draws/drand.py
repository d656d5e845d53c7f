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
        body = asyncio.run(_fetch(randomness.address(source)))
    except (TimeoutError, UserError):
        # The address is ours, so what the client says of typing errors in one would help nobody.
        message = gettext_noop("drand does not answer: try again, or open its address elsewhere and copy its values.")
        raise UserError(message, field="value") from None
    return read(body, source)


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
        raise UserError(
            gettext_noop("What came back is no round of drand: open its address and copy its values."), field="value"
        ) from None
    if said.round != source.round:
        raise UserError(
            gettext_noop("drand told of another round: open its address and copy its values."), field="value"
        )
    return said.randomness, said.signature


async def _fetch(address: str) -> bytes:
    from sebar.kit import http  # noqa: PLC0415 - the client weighs 11 MB, and web asks hardly ever

    async with asyncio.timeout(_SECONDS), http.session() as client:
        return (await http.fetch(client, address, kinds=("application/json",))).body
