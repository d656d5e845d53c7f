"""Handing notes to the push services of browsers: encrypted for the browser (RFC 8291), signed by us (RFC 8292)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Final

import aiohttp
import msgspec
from py_vapid import Vapid02
from pywebpush import WebPusher
from yarl import URL

from sebar.channels.base import Came, Outcome, Outgoing
from sebar.channels.kinds.push import subscription
from sebar.kit import config, http
from sebar.kit.errors import UserError

_KEPT_SECONDS: Final = 2 * 24 * 3600  # that long a push service keeps a note for a browser that is off
_SECONDS: Final = aiohttp.ClientTimeout(total=5)  # whoever waits behind a service that never answers waits no longer
_LONGEST: Final = 300  # characters; all of it must fit into 4,096 bytes with its encryption


@dataclass(frozen=True, kw_only=True, slots=True)
class Note:
    """What a browser shows.

    Attributes
    ----------
    title, text
        Cut after so many letters that all of it fits into what push services take.
    link
        Where a press on it leads: an address of this instance.
    tag
        A note of the same tag takes the place of the one before.
    language
        Of title and text.
    """

    title: str
    text: str
    link: str
    tag: str
    language: str


class Push:
    """What sends notes. Each goes over a connection of its own: hardly two go to the same service."""

    def send(self, message: Outgoing) -> Outcome:
        """Send one note, and say what the push service made of it."""
        note = Note(
            title=message.content["subject"],
            text=message.content["text"],
            link=message.content["link"],
            tag=f"sebar-{message.number}",
            language=message.language,
        )
        return hand_over(note, message.address)

    def close(self) -> None:
        """Nothing is kept open."""


def open_sender() -> Push:
    """Return what sends notes."""
    return Push()


def hand_over(note: Note, address: str) -> Outcome:
    """Give a note to a browser's push service, and say what that made of it.

    Parameters
    ----------
    address
        As `subscription.read` returned it.
    """
    to = msgspec.json.decode(address, type=subscription.Subscription)
    try:
        return asyncio.run(_send(note, to))
    except (aiohttp.ClientError, TimeoutError, OSError) as trouble:
        return Outcome(came=Came.LATER, trouble=http.in_words(trouble, to.endpoint).kept)
    except UserError as refused:  # it sent us on to somewhere else
        return Outcome(came=Came.REFUSED, trouble=refused.kept)


async def _send(note: Note, to: subscription.Subscription) -> Outcome:
    body, headers = _sealed(note, to)
    async with (
        http.session() as client,
        client.post(to.endpoint, data=body, headers=headers, timeout=_SECONDS) as answer,
    ):
        return _outcome(answer.status, answer.headers)


def _sealed(note: Note, to: subscription.Subscription) -> tuple[bytes, dict[str, str]]:
    shown = {
        "title": note.title[:_LONGEST],
        "text": note.text[:_LONGEST],
        "link": note.link,
        "tag": note.tag,
        "lang": note.language,
    }
    sealed = WebPusher(msgspec.to_builtins(to)).encode(msgspec.json.encode(shown), "aes128gcm")
    service = URL(to.endpoint).origin()
    # Strict, it takes no address with a port, which an instance may well have.
    signature = Vapid02(subscription.private_key(), {"no-strict": True}).sign({"sub": _contact(), "aud": str(service)})
    return bytes(sealed["body"]), {
        **signature,
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(_KEPT_SECONDS),
    }


def _contact() -> str:
    """Return where a push service finds whoever runs this (RFC 8292 2.1)."""
    return config.load().public_url.replace("http://", "https://", 1)


def _outcome(status: int, headers: Mapping[str, str]) -> Outcome:
    told = f"{status} {HTTPStatus(status).phrase}" if status in HTTPStatus.__members__.values() else str(status)
    match status:
        case 200 | 201 | 202 | 204:
            return Outcome(came=Came.SENT)
        case 404 | 410:
            return Outcome(came=Came.GONE, trouble=told)
        case 429 | 500 | 502 | 503 | 504:
            return Outcome(came=Came.LATER, trouble=told, wait=_rest(headers.get("Retry-After", "")))
        case _:
            return Outcome(came=Came.REFUSED, trouble=told)


def _rest(said: str) -> timedelta:
    return timedelta(seconds=min(int(said), 86_400)) if said.isdecimal() else timedelta(minutes=5)
