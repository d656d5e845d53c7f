"""A brand that is not the instance's first sends from a domain only once its own key is published there."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from socketserver import BaseRequestHandler, UDPServer

import dns.flags
import dns.message
import dns.rcode
import dns.resolver
import dns.rrset
import pytest
from django.test import Client

from builders import a_campaign, a_participant
from channels.email.conftest import ENTERED, Sink, page_of
from channels.email.test_letters import send_all, write
from people import People
from sebar.campaigns.models import Campaign
from sebar.channels import actions, gate, queries
from sebar.channels.kinds.email.record import to_publish
from sebar.channels.models import Message
from sebar.kit.errors import NotAllowed, Unavailable, UserError

THEIRS = ENTERED | {"sender": "halo@toko.example", "bounces": "back@toko.example"}


@dataclass
class Names:
    """A name server: what is published where, and a name that it has no answer about."""

    texts: dict[str, list[str]] = field(default_factory=dict)
    is_broken: bool = False

    def answer(self, asked: bytes) -> bytes:
        query = dns.message.from_wire(asked)
        name = query.question[0].name
        answer = dns.message.make_response(query)
        texts = self.texts.get(name.to_text(omit_final_dot=True))
        if self.is_broken:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif texts is None:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        else:  # no string of a record may have more than 255 bytes
            lines = [" ".join(f'"{text[at : at + 200]}"' for at in range(0, len(text), 200)) for text in texts]
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", *lines))
        return answer.to_wire(max_size=65_535)


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Iterator[Names]:
    """The name server that this machine asks."""
    known = Names()

    class Answering(BaseRequestHandler):
        def handle(self) -> None:
            asked, socket = self.request
            socket.sendto(known.answer(asked), self.client_address)

    with UDPServer(("127.0.0.1", 0), Answering) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        asking = dns.resolver.Resolver(configure=False)
        asking.nameservers, asking.port = ["127.0.0.1"], server.server_address[1]
        monkeypatch.setattr(dns.resolver, "default_resolver", asking)
        yield known
        server.shutdown()


@pytest.fixture
def theirs(people: People, sink: Sink) -> Campaign:
    """A campaign of the instance's second brand, set up for letters."""
    actions.set_up(membership=people.charlie, channel="email", entered=THEIRS)
    return a_campaign(people.charlie)


def record_of(people: People) -> tuple[str, str]:
    account = queries.accounts(people.charlie.brand)["email"]
    return to_publish(gate.entered(account))


def checked(people: People, campaign: Campaign) -> str:
    """Press the button on the channel's page, and return the page that comes."""
    client = Client()
    assert people.charlie.user is not None
    client.force_login(people.charlie.user)
    page = f"/console/brands/{people.charlie.brand.slug}/campaigns/{campaign.slug}/channels/email"
    return b"".join(client.post(f"{page}/check", follow=True)).decode()  # type: ignore[call-overload]  # streamed


def test_letters_wait_until_the_domain_is_seen_to_be_theirs(
    client: Client, people: People, theirs: Campaign, sink: Sink, names: Names
) -> None:
    tono = a_participant(theirs, name="Tono")
    assert "We send no letters here just now." in client.get(page_of(tono)).content.decode()
    name, text = record_of(people)
    names.texts[name] = ["unrelated", text.replace("; ", " ;")]
    actions.prove(membership=people.charlie, channel="email")
    assert "Your letter is on its way." in write(client, tono, name="Tono")
    send_all()
    assert [one.message["From"] for one in sink.delivered] == ["Toko Lain <halo@toko.example>"]


def test_what_waits_goes_nowhere_from_another_domain(
    client: Client, people: People, theirs: Campaign, sink: Sink, names: Names
) -> None:
    tono = a_participant(theirs, name="Tono")
    name, text = record_of(people)
    names.texts[name] = [text]
    actions.prove(membership=people.charlie, channel="email")
    write(client, tono, name="Tono")
    elsewhere = THEIRS | {"sender": "ceo@bank.example", "bounces": "back@bank.example"}
    actions.set_up(membership=people.charlie, channel="email", entered=elsewhere)
    send_all()
    assert sink.delivered == []
    assert Message.objects.get().reason == "not_set_up"


@pytest.mark.parametrize(
    ("texts", "is_broken", "said"),
    [
        (None, False, "There is no TXT record at sebar._domainkey.toko.example yet."),
        (["v=DKIM1; k=rsa; p=AAAA"], False, "has another key"),
        (["nothing of the kind"], False, "has another key"),
        (None, True, "The name servers do not answer just now"),
    ],
)
def test_what_is_seen_instead_is_said(
    people: People, theirs: Campaign, names: Names, *, texts: list[str] | None, is_broken: bool, said: str
) -> None:
    if texts is not None:
        names.texts[record_of(people)[0]] = texts
    names.is_broken = is_broken
    with pytest.raises((UserError, Unavailable)):
        actions.prove(membership=people.charlie, channel="email")
    shown = checked(people, theirs)
    assert said in shown
    assert "Nothing goes out before it can be seen that toko.example is yours" in shown
    assert "seen in the DNS</span>" not in shown


def test_the_page_says_that_it_is_published(people: People, theirs: Campaign, names: Names) -> None:
    name, text = record_of(people)
    names.texts[name] = [text]
    shown = checked(people, theirs)
    assert "The record is published, and it is yours." in shown
    assert "seen in the DNS</span>" in shown
    assert "Nothing goes out before" not in shown


def test_who_only_claims_a_domain_keeps_nobody_from_it(people: People, theirs: Campaign) -> None:
    actions.set_up(membership=people.alice, channel="email", entered=THEIRS)
    with pytest.raises(UserError):
        actions.set_up(membership=people.charlie, channel="email", entered=THEIRS)


def test_only_owners_check(people: People, sink: Sink, names: Names) -> None:
    actions.set_up(membership=people.alice, channel="email", entered=ENTERED)
    with pytest.raises(NotAllowed):
        actions.prove(membership=people.bob, channel="email")
