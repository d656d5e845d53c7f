"""What is sent: once, through one gate, and never after somebody said no."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Event

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builders import a_campaign, a_participant, emitted
from people import People, gather
from sebar.campaigns import actions as campaigns
from sebar.campaigns.models import Campaign
from sebar.channels import ALL, actions, queries, sealing
from sebar.channels.base import Came, Channel, Outcome, Outgoing
from sebar.channels.jobs import Sending
from sebar.channels.models import Account, Contact, Message, Pace, Purpose, State, Suppression
from sebar.channels.rules import INVITES_A_DAY, Reason
from sebar.events.event import Kind
from sebar.kit.errors import NotAllowed, UserErrors
from sebar.participants.models import Participant

ENTERED = {
    "sender": "halo@kopi.example",
    "bounces": "back@kopi.example",
    "postal": "Kopi Senja, Jl. Braga 1, Bandung",
    "duties": "yes",
}


class Killed(BaseException):
    """The process dies here."""


@dataclass
class Provider:
    """A provider that keeps what it was given, and does with the next message what a test says."""

    sent: list[Outgoing] = field(default_factory=list)
    then: Callable[[Outgoing], Outcome] = lambda _: Outcome(came=Came.SENT)
    closed: int = 0

    def send(self, message: Outgoing) -> Outcome:
        outcome = self.then(message)
        if outcome.came in {Came.SENT, Came.DOUBTFUL}:
            self.sent.append(message)
        return outcome

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Provider:
    """Stands where the mail server would."""
    made = Provider()
    monkeypatch.setattr(Channel, "open_sender", lambda _: made)
    monkeypatch.setitem(ALL["email"].__dict__, "lacks", str)
    return made


@pytest.fixture
def dewi(people: People, campaign: Campaign) -> Participant:
    """A participant of a brand that answers for letters."""
    actions.set_up(membership=people.alice, channel="email", entered=ENTERED)
    return a_participant(campaign, name="Dewi")


def letter(dewi: Participant, friend: str = "budi@example.com") -> Message:
    content = {"subject": "Look", "text": "Something for you", "link": "https://share.example.com/r/x", "who": "Dewi"}
    return actions.queue(
        participant=dewi,
        channel="email",
        purpose=Purpose.INVITE,
        address=friend,
        once=f"invite:{friend}",
        content=content,
    )


def send_all() -> None:
    Message.objects.filter(state=State.WAITING).update(due_at=timezone.now())
    Sending(ALL["email"], Event()).turn()


def state(message: Message) -> tuple[str, str]:
    message.refresh_from_db()
    return message.state, message.reason


def test_a_letter_goes_out_once_and_its_address_is_forgotten(dewi: Participant, provider: Provider) -> None:
    first, again = letter(dewi), letter(dewi)
    assert first.pk == again.pk
    send_all()
    send_all()
    assert [one.address for one in provider.sent] == ["budi@example.com"]
    assert provider.sent[0].account["sender"] == "halo@kopi.example"
    first.refresh_from_db()
    assert (first.state, bytes(first.sealed)) == (State.SENT, b"")
    invited = emitted(Kind.INVITE)
    assert [(event.participant, event.channel) for event in invited] == [(dewi.pk, "email")]


def test_nobody_who_said_no_is_written_to_by_this_brand(dewi: Participant, provider: Provider, people: People) -> None:
    waiting = letter(dewi)
    assert actions.unsubscribe(message=waiting)
    assert not actions.unsubscribe(message=waiting)
    send_all()
    assert state(waiting) == (State.LEFT_ALONE, Reason.SUPPRESSED)
    assert len(emitted(Kind.UNSUBSCRIBE)) == 1
    other = a_campaign(people.alice)
    assert letter(a_participant(other)).reason == Reason.SUPPRESSED
    theirs = {**ENTERED, "sender": "halo@toko.example", "bounces": "back@toko.example"}
    actions.set_up(membership=people.charlie, channel="email", entered=theirs)
    assert letter(a_participant(a_campaign(people.charlie))).state == State.WAITING
    assert provider.sent == []


def test_a_suppression_of_the_whole_instance_binds_every_brand(dewi: Participant, provider: Provider) -> None:
    hashed = sealing.hashed("email", "budi@example.com")
    assert actions.suppress(address_hash=hashed, reason="complaint", brand=None)
    assert not actions.suppress(address_hash=hashed, reason="complaint", brand=None)
    assert letter(dewi).reason == Reason.SUPPRESSED


def test_a_paused_campaign_holds_back_and_a_stopped_one_sends_no_more(
    dewi: Participant, provider: Provider, people: People, campaign: Campaign
) -> None:
    waiting = letter(dewi)
    campaigns.pause(membership=people.alice, slug=campaign.slug)
    send_all()
    assert state(waiting) == (State.WAITING, Reason.PAUSED)
    campaigns.resume(membership=people.alice, slug=campaign.slug)
    send_all()
    assert state(waiting) == (State.SENT, "")
    late = letter(dewi, "sari@example.com")
    campaigns.stop(membership=people.alice, slug=campaign.slug)
    send_all()
    assert state(late) == (State.LEFT_ALONE, Reason.OVER)
    assert len(provider.sent) == 1


def test_a_slowed_campaign_lets_so_many_invitations_out_an_hour(
    dewi: Participant, provider: Provider, people: People, campaign: Campaign
) -> None:
    campaigns.throttle(membership=people.alice, slug=campaign.slug, invitations_an_hour=2)
    for friend in ("a", "b", "c"):
        letter(dewi, f"{friend}@example.com")
    actions.agree(participant=dewi, channel="email", address="dewi@example.com")
    notice = told(dewi, Purpose.NOTICE)
    send_all()
    assert [one.address for one in provider.sent] == ["a@example.com", "b@example.com", "dewi@example.com"]
    assert state(notice) == (State.SENT, "")
    assert queries.sent(campaign)["email"].held_back == {Reason.THROTTLED: 1}
    Pace.objects.update(hour=timezone.now() - timedelta(hours=2))  # an hour later
    send_all()
    assert [one.address for one in provider.sent][3:] == ["c@example.com"]
    campaigns.throttle(membership=people.alice, slug=campaign.slug, invitations_an_hour=None)
    letter(dewi, "d@example.com")
    letter(dewi, "e@example.com")
    send_all()
    assert len(provider.sent) == 6


def told(dewi: Participant, purpose: Purpose) -> Message:
    """Return a message to Dewi herself, who asked for it."""
    content = {"subject": "News", "text": "Something happened", "link": "https://share.example.com/s/x"}
    return actions.queue(
        participant=dewi, channel="email", purpose=purpose, address="dewi@example.com", once=purpose, content=content
    )


@pytest.mark.parametrize("step", [campaigns.pause, campaigns.stop])
def test_what_sets_something_right_goes_out_while_all_else_is_held(
    dewi: Participant, provider: Provider, people: People, campaign: Campaign, step: Callable[..., Campaign]
) -> None:
    letter(dewi)
    actions.agree(participant=dewi, channel="email", address="dewi@example.com")
    told(dewi, Purpose.NOTICE)
    step(membership=people.alice, slug=campaign.slug)
    told(dewi, Purpose.CORRECTION)
    send_all()
    assert [one.address for one in provider.sent] == ["dewi@example.com"]
    assert Message.objects.get(state=State.SENT).purpose == Purpose.CORRECTION


def test_a_long_queue_is_put_aside_at_once(
    dewi: Participant, provider: Provider, people: People, campaign: Campaign
) -> None:
    content = {"subject": "Look", "text": "Something", "link": "https://share.example.com/r/x", "who": "Dewi"}
    now = timezone.now()
    Message.objects.bulk_create(
        Message(
            campaign=campaign,
            channel="email",
            purpose=Purpose.INVITE,
            participant=dewi,
            once=str(number),
            address_hash=str(number),
            sealed=sealing.seal(f"friend{number}@example.com"),
            content=content,
            created_at=now - timedelta(days=2),
            due_at=now,
            changed_at=now,
        )
        for number in range(1000)
    )
    campaigns.pause(membership=people.alice, slug=campaign.slug)
    with CaptureQueriesContext(connection) as asked:
        send_all()
    assert len(asked) < 30
    assert queries.sent(campaign)["email"].held_back == {Reason.PAUSED: 1000}
    campaigns.stop(membership=people.alice, slug=campaign.slug)
    with CaptureQueriesContext(connection) as asked:
        send_all()
    assert len(asked) < 30
    assert queries.sent(campaign)["email"].left_alone == {Reason.OVER: 1000}
    assert set(Message.objects.values_list("sealed", flat=True)) == {b""}
    assert provider.sent == []


def test_without_a_brand_that_answers_nobody_is_written_to(
    dewi: Participant, provider: Provider, people: People, campaign: Campaign
) -> None:
    actions.set_up(membership=people.alice, channel="email", entered={**ENTERED, "duties": ""})
    assert letter(dewi).reason == Reason.NO_CONSENT
    actions.take_down(membership=people.alice, channel="email")
    actions.set_up(membership=people.alice, channel="email", entered=ENTERED)
    actions.switch(campaign=campaign, channel="email", is_on=False)
    assert letter(dewi, "sari@example.com").reason == Reason.SWITCHED_OFF
    send_all()
    assert provider.sent == []


def test_a_person_writes_to_so_many_friends_a_day(dewi: Participant, provider: Provider) -> None:
    states = [letter(dewi, f"friend{number}@example.com").state for number in range(INVITES_A_DAY + 1)]
    assert states == [State.WAITING] * INVITES_A_DAY + [State.LEFT_ALONE]
    send_all()
    assert len(provider.sent) == INVITES_A_DAY


def test_a_full_day_of_the_brand_waits_for_the_next(dewi: Participant, provider: Provider, people: People) -> None:
    actions.set_up(membership=people.alice, channel="email", entered={**ENTERED, "most_a_day": "2"})
    third = [letter(dewi, f"friend{number}@example.com") for number in range(3)][2]
    send_all()
    assert state(third) == (State.WAITING, Reason.FULL_DAY)
    Account.objects.update(sent_on=timezone.now().date() - timedelta(days=1))
    send_all()
    assert len(provider.sent) == 3


def test_news_goes_only_to_who_asked_and_ends_with_the_consent(
    dewi: Participant, provider: Provider, campaign: Campaign
) -> None:
    def news(once: str) -> Message:
        content = {"subject": "A friend", "text": "Budi joined", "link": "https://share.example.com"}
        return actions.queue(
            participant=dewi,
            channel="email",
            purpose=Purpose.NOTICE,
            address="dewi@example.com",
            once=once,
            content=content,
        )

    assert news("1").reason == Reason.NO_CONSENT
    actions.agree(participant=dewi, channel="email", address="dewi@example.com")
    assert news("2").state == State.WAITING
    send_all()
    assert actions.end(channel="email", address="dewi@example.com") == 1
    assert news("3").reason == Reason.NO_CONSENT
    assert [bytes(one.sealed) for one in Contact.objects.all()] == [b""]
    assert len(provider.sent) == 1
    assert emitted(Kind.INVITE) == []  # what one asks for oneself is not passed on


def test_who_died_while_sending_leaves_that_one_doubtful_and_sends_the_others(
    dewi: Participant, provider: Provider
) -> None:
    letters = [letter(dewi, f"friend{number}@example.com") for number in range(3)]

    def dies(message: Outgoing) -> Outcome:
        if message.address.startswith("friend1"):
            raise Killed
        return Outcome(came=Came.SENT)

    provider.then = dies
    with pytest.raises(Killed):
        send_all()
    provider.then = lambda _: Outcome(came=Came.SENT)
    send_all()
    assert [state(one)[0] for one in letters] == [State.SENT, State.DOUBTFUL, State.SENT]
    assert [one.address[:7] for one in provider.sent] == ["friend0", "friend2"]


def test_what_a_provider_says(dewi: Participant, provider: Provider, people: People, campaign: Campaign) -> None:
    provider.then = lambda _: Outcome(came=Came.AWAY, trouble="450 come back")
    late = letter(dewi, "late@example.com")
    send_all()
    assert state(late)[0] == State.WAITING
    assert queries.accounts(people.alice.brand)["email"].trouble == "450 come back"
    for _ in range(10):
        send_all()
    assert (state(late)[0], late.attempts) == (State.FAILED, 8)
    provider.then = lambda _: Outcome(came=Came.GONE, trouble="550 5.1.1 nobody")
    gone = letter(dewi, "gone@example.com")
    send_all()
    assert state(gone)[0] == State.FAILED
    assert letter(a_participant(campaign), "gone@example.com").once == gone.once
    assert letter(a_participant(a_campaign(people.alice)), "gone@example.com").reason == Reason.SUPPRESSED

    def breaks(_: Outgoing) -> Outcome:
        raise ZeroDivisionError

    provider.then = breaks
    broken = letter(dewi, "broken@example.com")
    send_all()
    assert (state(broken)[0], broken.trouble) == (State.DOUBTFUL, "ZeroDivisionError")
    words = queries.sent(campaign)["email"]
    assert (words.failed, words.doubtful, words.waiting) == (2, 1, 0)
    assert {trouble.words for trouble in words.troubles} == {"450 come back", "550 5.1.1 nobody", "ZeroDivisionError"}


def test_what_comes_back_for_good_is_never_written_to_again(dewi: Participant, provider: Provider) -> None:
    sent = letter(dewi)
    send_all()
    actions.bounced(message=sent, trouble="mailbox full", is_final=False)
    assert not Suppression.objects.exists()
    actions.bounced(message=sent, trouble="no such user", is_final=True)
    assert state(sent)[0] == State.BOUNCED
    assert Suppression.objects.get().address_hash == sent.address_hash


def test_what_is_entered_is_checked_and_secrets_are_kept_sealed(people: People) -> None:
    with pytest.raises(UserErrors) as refused:
        actions.set_up(membership=people.alice, channel="email", entered={"sender": "halo", "most_a_day": "many"})
    assert set(refused.value.by_field()) == {"sender", "bounces", "postal", "most_a_day"}
    with pytest.raises(NotAllowed):
        actions.set_up(membership=people.bob, channel="email", entered=ENTERED)
    actions.set_up(membership=people.alice, channel="email", entered=ENTERED)
    account = queries.accounts(people.alice.brand)["email"]
    assert account.settings["duties_by"] == people.alice.user.email  # type: ignore[union-attr]
    key = sealing.unseal_many(account.sealed)["dkim_key"]
    assert "PRIVATE KEY" in key
    assert b"PRIVATE KEY" not in bytes(account.sealed)
    actions.set_up(membership=people.alice, channel="email", entered={**ENTERED, "postal": "Elsewhere 2"})
    assert sealing.unseal_many(queries.accounts(people.alice.brand)["email"].sealed)["dkim_key"] == key
    assert queries.accounts(people.charlie.brand) == {}


class Order:
    """What happens in some order, and what must not come of it."""

    def __init__(self, provider: Provider) -> None:
        Message.objects.all().delete()
        Account.objects.all().delete()
        self.people = gather()
        actions.set_up(membership=self.people.alice, channel="email", entered=ENTERED)
        self.campaign = a_campaign(self.people.alice)
        self.dewi = a_participant(self.campaign)
        self.left: list[str] = []
        self.wrong: list[str] = []
        self.said_no: set[str] = set()
        self.is_stopped = False
        self.attempts = 0
        provider.then = self._send

    def _send(self, message: Outgoing) -> Outcome:
        self.attempts += 1
        if self.attempts % 5 == 0:
            return Outcome(came=Came.LATER)
        if self.is_stopped:
            self.wrong.append("sent after the stop")
        if message.address in self.said_no:
            self.wrong.append("sent to somebody who said no")
        if message.address in self.left:
            self.wrong.append("sent twice")
        self.left.append(message.address)
        if self.attempts % 2 == 0:
            raise Killed
        return Outcome(came=Came.SENT)

    def happen(self, what: str, friend: str) -> None:
        if what == "write":
            letter(self.dewi, friend)
        elif what == "say no":
            actions.suppress(address_hash=sealing.hashed("email", friend), reason="test", brand=self.campaign.brand)
            self.said_no.add(friend)
        elif what == "stop" and not self.is_stopped:
            campaigns.stop(membership=self.people.alice, slug=self.campaign.slug)
            self.is_stopped = True
        else:
            with suppress(Killed):  # the next one starts afresh
                send_all()


@given(
    order=st.lists(
        st.tuples(
            st.sampled_from([*["write", "send"] * 4, "say no", "stop"]),
            st.sampled_from(["a@example.com", "b@example.com", "c@example.com"]),
        ),
        min_size=8,
        max_size=25,
    )
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_in_whatever_order_it_happens_nobody_is_written_to_wrongly(
    db: None, provider: Provider, order: list[tuple[str, str]]
) -> None:
    world = Order(provider)
    for what, friend in order:
        world.happen(what, friend)
    assert world.wrong == []
