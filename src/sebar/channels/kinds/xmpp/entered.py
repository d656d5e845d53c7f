"""What a brand enters for its XMPP bot."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from sebar.channels.base import Field
from sebar.channels.conversation import entered
from sebar.kit import text
from sebar.kit.errors import UserError, UserErrors
from sebar.kit.words import gettext_noop

_JID: Final = re.compile(r"[^{}\s@/\"&'<>:]{1,200}@[a-z0-9](?:[a-z0-9.-]{0,200}[a-z0-9])?")
_SERVER: Final = re.compile(r"([a-z0-9](?:[a-z0-9.-]{0,200}[a-z0-9])?|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?")
_PORT: Final = 5222
PORTS: Final = frozenset({5222, 5223, 443})
"""On which servers are connected to."""
_LAST_PORT: Final = 65535


@dataclass(frozen=True, slots=True)
class Server:
    """Where to connect to instead of asking the domain's DNS records."""

    host: str
    port: int


def server_of(account: Mapping[str, str]) -> Server | None:
    """Return the server that a brand named; None for the one that the domain names itself."""
    found = _SERVER.fullmatch(account.get("server", ""))
    return Server(found[1].strip("[]"), int(found[2] or _PORT)) if found else None


def address(given: str) -> str:
    """Return the bot's address."""
    tidy = given.strip().removeprefix("xmpp:").lower()
    if not _JID.fullmatch(tidy):
        raise UserError(
            gettext_noop("“{shown}” is not an XMPP address: it should look like bot@example.com."),
            shown=text.shown(given),
        )
    return tidy


def server(given: str) -> str:
    """Return the server's name and port; empty when the domain's own records tell."""
    tidy = given.strip().lower()
    found = _SERVER.fullmatch(tidy)
    if tidy and (found is None or not 1 <= int(found[2] or _PORT) <= _LAST_PORT):
        raise UserError(
            gettext_noop("“{shown}” is not a server: it should look like chat.example.com or chat.example.com:5222."),
            shown=text.shown(given),
        )
    if found is not None:
        from sebar.kit import http  # noqa: PLC0415 - the client weighs 11 MB, and web only needs this when a bot is set up

        http.refuse_ours(found[1].strip("[]"), int(found[2] or _PORT), ports=PORTS, field="server")
    return tidy


def refuse(given: Mapping[str, str], others: Sequence[Mapping[str, str]]) -> None:
    """Refuse a bot that another brand here has set up.

    Raises
    ------
    UserErrors
        When it is another's.
    """
    if any(other.get("address") == given["address"] for other in others):
        message = gettext_noop("The bot {address} is in use on this instance already: make an account of its own.")
        raise UserErrors([UserError(message, field="address", address=given["address"])])


def door(address: str, code: str) -> str:
    """Return the address that opens a chat with the bot, with the start written already (RFC 5122, XEP-0147)."""
    return f"xmpp:{quote(address, safe='@')}?message;body={quote(f'/start {code}', safe='{}')}"


FIELDS: Final = (
    Field(
        name="address",
        label=gettext_noop("The bot’s address"),
        hint=gettext_noop("Like bot@example.com. Make an account for it on your XMPP server first."),
        check=address,
    ),
    Field(
        name="password",
        label=gettext_noop("The bot’s password"),
        check=entered.secret(gettext_noop("The password is empty: enter the one of the bot’s account.")),
        is_secret=True,
    ),
    Field(
        name="server",
        label=gettext_noop("Server"),
        hint=gettext_noop("Only if it is not the one that the address names, like chat.example.com:5222."),
        check=server,
    ),
    entered.MOST_A_DAY,
)
