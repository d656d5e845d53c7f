"""What Meta tells us: what people write to the number, and what became of what we wrote."""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

import msgspec

from sebar.brands.models import Brand
from sebar.channels import actions, queries, sealing
from sebar.channels.conversation import actions as conversation
from sebar.channels.conversation.actions import Kept
from sebar.channels.kinds.whatsapp_cloud.faults import GONE, Fault
from sebar.channels.models import State

NAME: Final = "whatsapp_cloud"
LARGEST: Final = 1024 * 1024
"""How many bytes one delivery may have."""
_LONGEST_MARK: Final = 60
_ARRIVED: Final = frozenset({"delivered", "read"})  # who reads it where their telephone is online tells only the latter
_log = logging.getLogger(__name__)


class _Text(msgspec.Struct, frozen=True):
    body: str = ""


class _Button(msgspec.Struct, frozen=True):
    text: str = ""


class _Message(msgspec.Struct, frozen=True):
    id: str = ""
    phone: str = msgspec.field(default="", name="from")
    from_user_id: str = ""
    timestamp: str = ""
    text: _Text = _Text()
    button: _Button = _Button()


class _Status(msgspec.Struct, frozen=True):
    status: str = ""
    errors: tuple[Fault, ...] = ()
    biz_opaque_callback_data: str = ""


class _Metadata(msgspec.Struct, frozen=True):
    phone_number_id: str = ""


class _Value(msgspec.Struct, frozen=True):
    metadata: _Metadata = _Metadata()
    messages: tuple[_Message, ...] = ()
    statuses: tuple[_Status, ...] = ()


class _Change(msgspec.Struct, frozen=True):
    value: _Value = _Value()


class _Entry(msgspec.Struct, frozen=True):
    changes: tuple[_Change, ...] = ()


class _Delivery(msgspec.Struct, frozen=True):
    entry: tuple[_Entry, ...] = ()


def is_from_meta(account: Mapping[str, str], body: bytes, signature: str) -> bool:
    """Say whether the bytes are signed with the app's secret (``X-Hub-Signature-256``)."""
    made = hmac.new(account["app_secret"].encode(), body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(f"sha256={made}".encode(), signature.encode(errors="replace"))


def is_told_by_meta(account: Mapping[str, str], word: str) -> bool:
    """Say whether the word is the one that the brand was told to enter at Meta's."""
    return hmac.compare_digest(account["verify_token"].encode(), word.encode(errors="replace"))


def take(brand: Brand, account: Mapping[str, str], body: bytes) -> None:
    """Keep what people wrote until it is answered, and note what came back. The same again changes nothing.

    What we do not understand is passed over: Meta would only send it again and again.
    """
    try:
        delivery = msgspec.json.decode(body, type=_Delivery)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as trouble:
        _log.warning("What Meta sent cannot be understood: %s", trouble)
        return
    for value in _values(delivery, account["number_id"]):
        for message in value.messages:
            _keep(brand, message)
        for status in value.statuses:
            _note(brand, status)


def mark_of(number: int) -> str:
    """Return by what a message of ours is known again when Meta speaks of it."""
    return f"{number}-{sealing.signed(NAME, number)}"


def _values(delivery: _Delivery, number_id: str) -> Iterator[_Value]:
    """Return what is about this very number: an app may have several."""
    for entry in delivery.entry:
        for change in entry.changes:
            if change.value.metadata.phone_number_id == number_id:
                yield change.value


def _keep(brand: Brand, message: _Message) -> None:
    address = message.phone or message.from_user_id
    text = message.text.body or message.button.text
    if address and message.id and text and message.timestamp.isdecimal():
        at = datetime.fromtimestamp(min(int(message.timestamp[:12]), 2**32), UTC)
        kept = Kept(address=address, text=text)
        conversation.keep(brand=brand, channel=NAME, mark=message.id, kept=kept, at=at)


def _note(brand: Brand, status: _Status) -> None:
    number, _, token = status.biz_opaque_callback_data[:_LONGEST_MARK].partition("-")
    if not (number.isascii() and number.isdecimal() and sealing.is_signed(NAME, int(number), token)):
        return
    message = queries.of_number(int(number))
    if message is None or message.campaign.brand_id != brand.pk or message.state not in {State.SENDING, State.SENT}:
        return
    if status.status in _ARRIVED:
        actions.arrived(message=message)
    elif status.status == "failed":
        fault = status.errors[0] if status.errors else Fault()
        actions.bounced(message=message, trouble=fault.words, is_final=fault.code in GONE)
