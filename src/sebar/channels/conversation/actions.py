"""What bots keep: each message is heard once, and those that come to a page of ours wait here to be answered."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, TypeVar

import msgspec
from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from sebar.brands.models import Brand
from sebar.channels import sealing
from sebar.channels.conversation.models import Heard, Talk
from sebar.kit.errors import Unavailable

Answer = TypeVar("Answer")

_MARKS_KEPT: Final = timedelta(days=8)  # messengers deliver again for a week at most
_TALKS_KEPT: Final = timedelta(days=90)
_LONGEST_KEPT: Final = 4096
_TIDY_EVERY: Final = 3600.0
IS_AWAY: Final = (OperationalError, InterfaceError, Unavailable)
"""What the database raises while it cannot be asked; anything else is for what was asked, and comes back each time."""
_log = logging.getLogger("sebar.sender")


class Kept(msgspec.Struct, frozen=True):
    """What somebody wrote."""

    address: str
    text: str


def note(*, brand: Brand, channel: str, mark: str) -> bool:
    """Note that a message is heard, in the transaction that answers it; return whether that is new."""
    now = timezone.now()
    _, is_new = Heard.objects.get_or_create(
        brand=brand,
        channel=channel,
        mark_hash=sealing.hashed(channel, mark),
        defaults={"heard_at": now, "answered_at": now},
    )
    return is_new


def keep(*, brand: Brand, channel: str, mark: str, kept: Kept, at: datetime) -> bool:
    """Keep a message until it is answered; return whether it came for the first time."""
    short = msgspec.structs.replace(kept, text=kept.text[:_LONGEST_KEPT])
    _, is_new = Heard.objects.get_or_create(
        brand=brand,
        channel=channel,
        mark_hash=sealing.hashed(channel, mark),
        defaults={"heard_at": at, "sealed": sealing.seal(msgspec.json.encode(short).decode())},
    )
    return is_new


def take(
    channel: str, *, since: datetime, answer: Callable[[Brand, Kept], Answer]
) -> tuple[Brand, Kept, Answer] | None:
    """Answer the message that has waited longest; return what came of it, or None when nothing waits.

    Answering and noting that are one transaction, so it is never done twice. What came before `since` or cannot be
    read is passed over; so is what `answer` fails at, unless it was only the database that could not.
    """
    waiting = Heard.objects.filter(channel=channel, answered_at__isnull=True).select_related("brand")
    while (heard := waiting.order_by("heard_at", "pk").first()) is not None:
        text = sealing.unseal(heard.sealed) if heard.heard_at >= since else ""
        try:
            with transaction.atomic():
                _close(heard)
                if text:
                    kept = msgspec.json.decode(text, type=Kept)
                    return heard.brand, kept, answer(heard.brand, kept)
        except IS_AWAY:
            raise
        except Exception:  # noqa: BLE001 - one message that cannot be answered must not keep the others waiting
            _log.exception("%s", channel)
            _close(heard)
    return None


def recall(*, brand: Brand, channel: str, address_hash: str) -> Talk:
    """Return where the conversation with somebody stands; a new one has no language yet."""
    talk, _ = Talk.objects.get_or_create(
        brand=brand, channel=channel, address_hash=address_hash, defaults={"language": ""}
    )
    return talk


def remember(talk: Talk) -> None:
    """Keep where a conversation stands now."""
    talk.save()


def tidy() -> float:
    """Delete what is of no use any more; return how long to rest."""
    now = timezone.now()
    Heard.objects.filter(heard_at__lt=now - _MARKS_KEPT).delete()
    Talk.objects.filter(heard_at__lt=now - _TALKS_KEPT).delete()
    return _TIDY_EVERY


def _close(heard: Heard) -> None:
    heard.answered_at, heard.sealed = timezone.now(), b""
    heard.save(update_fields=["answered_at", "sealed"])
