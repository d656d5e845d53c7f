"""People, the brand and accidents in any order: nobody hears twice, nobody who said no, nothing once it is over.

The bot's conversation, the notices, the queue and its gate are real; only the network behind the channel is not.
"""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from talking import Person

from builders import a_campaign, a_membership
from sebar.campaigns import actions as campaign_actions
from sebar.channels import actions, sealing
from sebar.channels.base import Came, Channel, Outcome, Outgoing, Sender
from sebar.channels.jobs import Sending
from sebar.channels.models import Message, State
from sebar.channels.notices import Notices
from sebar.kit import codes

PEOPLE = st.sampled_from([0, 0, 1, 2])
WORDS = ("/start {friend}", "yes", "/news on", "/news off", "/stop")
OFTEN = st.one_of(
    st.tuples(st.just("join"), PEOPLE, st.just(0)),
    st.tuples(st.sampled_from(["tell", "send", "crash"])),
    st.tuples(st.just("write"), PEOPLE, st.sampled_from(WORDS), PEOPLE),
)
SELDOM = st.one_of(
    st.tuples(st.sampled_from(["pause", "resume", "switch_off", "switch_on", "stop"])),
    st.tuples(st.just("suppress"), PEOPLE),
    st.tuples(st.just("come"), st.sampled_from(list(Came))),
)
STEPS = st.lists(st.one_of(OFTEN, OFTEN, OFTEN, SELDOM), min_size=6, max_size=30)


class Crash(BaseException):
    """The process dies: nothing after this happens in it."""


class World:
    """One brand with one campaign and three people; what we know of them from outside; and the network between."""

    def __init__(self) -> None:
        self._membership = a_membership()
        entered = {"address": "bot@example.com", "password": "secret"}
        actions.set_up(membership=self._membership, channel="xmpp", entered=entered)
        self._campaign = a_campaign(self._membership)
        self._people = [Person(self._campaign.brand) for _ in range(3)]
        self._want_news: set[str] = set()
        self._suppressed: set[str] = set()
        self._phase, self._is_on = "running", True
        self._comes, self._dies = Came.SENT, False
        self._notices = Notices()
        self._sending = self._start()
        self.left: Counter[int] = Counter()
        self.wrong: list[str] = []

    def do(self, step: tuple[Any, ...]) -> None:
        name, *details = step
        getattr(self, name)(*details)

    def carry(self, message: Outgoing) -> Outcome:
        """Carry a message to somebody, and note what is not as it must be in the moment in which it leaves."""
        if message.address not in self._want_news:
            self.wrong.append("They have not asked for news, or have ended it.")
        if message.address in self._suppressed:
            self.wrong.append("They must not be written to.")
        if (self._phase, self._is_on) != ("running", True):
            self.wrong.append("The campaign rests, is over, or does without the bot.")
        if self._dies:
            self.left[message.number] += 1
            raise Crash
        if self._comes in {Came.SENT, Came.DOUBTFUL}:
            self.left[message.number] += 1
        if self._comes is Came.GONE:
            self._want_news.discard(message.address)
        return Outcome(came=self._comes)

    def write(self, who: int, words: str, friend: int) -> None:
        person = self._people[who]
        answered = person.say(words.format(friend=self._code(friend)))
        if "You get news from now on" in answered:
            self._want_news.add(person.address)
        if words == "/stop" or "No more news" in answered:
            self._want_news.discard(person.address)

    def join(self, who: int, friend: int) -> None:
        for words in ("/start {friend}", "yes", "/news on"):
            self.write(who, words, friend)

    def suppress(self, who: int) -> None:
        address = self._people[who].address
        address_hash = sealing.hashed("xmpp", address)
        actions.suppress(address_hash=address_hash, reason="by_hand", brand=self._campaign.brand)
        self._suppressed.add(address)

    def tell(self) -> None:
        self._notices.turn()

    def send(self) -> None:
        Message.objects.filter(state=State.WAITING).update(due_at="2026-01-01T00:00Z")
        try:
            self._sending.turn()
        except Crash:
            self._sending = self._start()

    def crash(self) -> None:
        self._dies = True
        self.send()
        self._dies = False

    def come(self, came: Came) -> None:
        self._comes = came

    def switch_off(self) -> None:
        self._switch(is_on=False)

    def switch_on(self) -> None:
        self._switch(is_on=True)

    def pause(self) -> None:
        if self._phase == "running":
            self._phase = campaign_actions.pause(membership=self._membership, slug=self._campaign.slug).status

    def resume(self) -> None:
        if self._phase == "paused":
            self._phase = campaign_actions.resume(membership=self._membership, slug=self._campaign.slug).status

    def stop(self) -> None:
        if self._phase != "stopped":
            self._phase = campaign_actions.stop(membership=self._membership, slug=self._campaign.slug).status

    def _switch(self, *, is_on: bool) -> None:
        actions.switch(campaign=self._campaign, channel="xmpp", is_on=is_on)
        self._is_on = is_on

    def _code(self, who: int) -> str:
        mark = sealing.hashed("xmpp", self._people[who].address)
        found = self._campaign.participants.filter(submission=mark).first()
        return codes.spell(found.pk) if found else ""

    def _start(self) -> Sending:
        """Start the process that sends; whatever the last one left is in the database."""
        world = self

        class Network:
            def send(self, message: Outgoing) -> Outcome:
                return world.carry(message)

            def close(self) -> None:
                pass

        class Faked(Channel):
            def open_sender(self) -> Sender:
                return Network()

        return Sending(Faked(name="xmpp", label="XMPP", sends=True), threading.Event())


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_in_any_order_nobody_is_written_to_twice_or_against_their_will(db: None, steps: list[tuple[Any, ...]]) -> None:
    with transaction.atomic():
        world = World()
        for step in [("join", 0, 0), ("join", 1, 0), ("tell",), *steps, ("send",)]:
            world.do(step)
            assert set(world.left.values()) <= {1}, "Somebody was written to twice."
            assert not world.wrong
        transaction.set_rollback(True)


@pytest.mark.parametrize("steps", [["send"], ["crash", "send"], ["pause", "send", "resume", "send"]])
def test_and_what_may_be_sent_is_sent(db: None, steps: list[str]) -> None:
    """Otherwise the orders above would prove nothing."""
    world = World()
    for step in [("join", 0, 0), ("join", 1, 0), ("join", 2, 0), ("tell",), *((one,) for one in steps)]:
        world.do(step)
    assert (sum(world.left.values()), world.wrong) == (1, [])  # one word of both friends
