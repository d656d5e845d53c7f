"""Sending what waits, channel by channel: each has a line of its own, so that one that fails never slows another."""

from __future__ import annotations

import logging
import time
from threading import Event
from typing import Final

from sebar.brands.models import Brand
from sebar.channels import actions
from sebar.channels.actions import Resting
from sebar.channels.base import Came, Channel, Outcome, Outgoing, Sender
from sebar.channels.models import Message
from sebar.kit.words import gettext_noop

_REST: Final = 1.0
_LOOK_AGAIN: Final = 5.0  # seconds after which what had to wait is looked at again
_PROVIDER_RESTS: Final = 30.0  # seconds in which a brand's provider that could not be reached is left in peace
_UNREADABLE: Final = gettext_noop("The address cannot be read: it was kept with another secret key than today’s.")
_log = logging.getLogger("sebar.sender")


class Sending:
    """Sends what waits on one channel. Only one process at a time may.

    Parameters
    ----------
    channel
        One that `sends`.
    stopping
        Set when the process is to end: what is under way is finished and recorded, nothing new is begun.
    """

    def __init__(self, channel: Channel, stopping: Event) -> None:
        self._channel = channel
        self._stopping = stopping
        self._sender: Sender | None = None
        self._is_fresh = True
        self._done: tuple[Message, Outcome] | None = None
        self._not_before: dict[int, float] = {}

    def turn(self) -> float:
        """Send all that is due; return how long to rest.

        What was sent but could not be recorded, because the database was away, is recorded before anything else.
        """
        if self._is_fresh:
            actions.doubt_what_was_left(channel=self._channel.name)
            self._is_fresh = False
        actions.leave_alone_what_is_over(channel=self._channel.name)
        resting, until = Resting(), 0.0
        while not self._stopping.is_set():
            if time.monotonic() >= until:
                resting, until = Resting(brands=self._away()), time.monotonic() + _LOOK_AGAIN
            taken = actions.next_to_send(channel=self._channel.name, done=self._done, resting=resting)
            self._done = None
            if taken is None:
                break
            message, outgoing = taken
            self._done = message, self._send(outgoing)
            self._note(message.campaign.brand, self._done[1], resting)
        if self._done is not None:
            actions.finish(*self._done)
            self._done = None
        self.close()
        return _REST

    def close(self) -> None:
        """Let go of the connection to the provider; the next message opens it again."""
        if self._sender is not None:
            self._sender.close()
            self._sender = None

    def _send(self, outgoing: Outgoing) -> Outcome:
        if not outgoing.address:
            return Outcome(came=Came.REFUSED, trouble=_UNREADABLE)
        try:
            if self._sender is None:
                self._sender = self._channel.open_sender()
            return self._sender.send(outgoing)
        except Exception as trouble:  # noqa: BLE001 - whatever a provider's library raises
            # It may have broken after the message left the house. Sending it again would be the worse mistake.
            _log.exception("%s", self._channel.name)
            return Outcome(came=Came.DOUBTFUL, trouble=type(trouble).__name__)

    def _away(self) -> set[int]:
        now = time.monotonic()
        return {brand for brand, moment in self._not_before.items() if moment > now}

    def _note(self, brand: Brand, outcome: Outcome, resting: Resting) -> None:
        """Leave a brand's provider in peace for a while when it could not be reached, and tell the brand."""
        if outcome.came is Came.AWAY:
            self._not_before[brand.pk] = time.monotonic() + _PROVIDER_RESTS
            resting.brands.add(brand.pk)
            actions.note_trouble(brand=brand, channel=self._channel.name, trouble=outcome.trouble)
        elif self._not_before.pop(brand.pk, None) is not None:
            actions.note_trouble(brand=brand, channel=self._channel.name, trouble="")
