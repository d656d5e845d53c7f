"""What strangers and other brands do to an XMPP bot: where they point it, whose they enter, what they write to it."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from types import SimpleNamespace

import pytest
from django.utils import timezone
from prosody_server import Chatter, Loop, Prosody, reach, wait_until
from xmpp_bots import Bot, queue, send_what_waits, states, wanting_news

from people import People
from sebar.channels import ALL, actions, sealing
from sebar.channels.conversation import answering
from sebar.channels.conversation.models import Talk
from sebar.channels.conversation.turn import Reply, Saying
from sebar.channels.kinds.xmpp import entered, lines
from sebar.channels.kinds.xmpp.lines import NOT_ENCRYPTED, NOT_PUBLIC, WRONG_PASSWORD
from sebar.channels.models import Account, Suppression
from sebar.kit import http
from sebar.kit.errors import UserError

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]


@pytest.fixture(autouse=True)
def _reach(monkeypatch: pytest.MonkeyPatch) -> None:
    reach(monkeypatch)


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    """A program on this machine that has nothing to do with XMPP, on XMPP's usual port."""
    with closing(socket.create_server(("127.0.0.1", 5222))) as listener:
        listener.setblocking(False)
        yield listener


@pytest.mark.parametrize("name", ["127.1", "2130706433"])
def test_no_name_of_a_server_leads_into_our_own_network(
    a_bot: Callable[..., Bot], listening: socket.socket, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(http, "_reach_loopback", False)
    bot = a_bot(server=name)
    wait_until(lambda: bot.trouble == NOT_PUBLIC)
    with pytest.raises(BlockingIOError):
        listening.accept()


@pytest.mark.parametrize(
    "server",
    [
        *("127.0.0.1", "127.0.0.1:5222", "localhost", "[::1]:5222", "[::ffff:7f00:1]", "10.0.0.1:5222"),
        *("169.254.169.254:443", "8.8.8.8:22", "chat.example.com:5269"),
    ],
)
def test_private_networks_and_unusual_ports_are_refused_where_they_are_entered(
    monkeypatch: pytest.MonkeyPatch, server: str
) -> None:
    monkeypatch.setattr(http, "_reach_loopback", False)
    with pytest.raises(UserError, match="leads into a private network or to an unusual port"):
        entered.server(server)


class Names:
    """DNS of somebody who points the records of a domain of theirs wherever they like."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def query_dns(self, name: str, _kind: str) -> SimpleNamespace:
        if not name.startswith("_xmpp-client."):
            raise LookupError(name)
        record = SimpleNamespace(target="inside.example.org.", port=self._port, weight=0, priority=0)
        return SimpleNamespace(answer=[SimpleNamespace(data=record)])

    async def getaddrinfo(self, _host: str, family: int) -> SimpleNamespace:
        nodes = [SimpleNamespace(addr=(b"127.0.0.1", 0))] if family == socket.AF_INET else []
        return SimpleNamespace(nodes=nodes)


@pytest.mark.parametrize(("reach_loopback", "trouble"), [(False, NOT_PUBLIC), (True, NOT_ENCRYPTED)])
def test_no_record_of_a_domain_leads_into_our_own_network(
    a_bot: Callable[..., Bot], prosody: Prosody, monkeypatch: pytest.MonkeyPatch, reach_loopback: bool, trouble: str
) -> None:
    monkeypatch.setattr(lines, "_needs_encryption", True)
    monkeypatch.setattr(http, "_reach_loopback", reach_loopback)
    monkeypatch.setattr("slixmpp.xmlstream.xmlstream.default_resolver", lambda **_: Names(prosody.port))
    monkeypatch.setattr(lines, "PORTS", frozenset({prosody.port}))
    bot = a_bot(server="")
    wait_until(lambda: bot.trouble == trouble)


def test_nobody_is_asked_whether_to_do_without_encryption() -> None:
    assert [field.name for field in ALL["xmpp"].fields] == ["address", "password", "server", "most_a_day"]


def test_a_bot_of_another_brand_is_refused_without_saying_whose_it_is(bot: Bot, people: People) -> None:
    entered = {"address": f" XMPP:{bot.address} ".lower(), "password": "wrong"}
    with pytest.raises(UserError) as raised:
        actions.set_up(membership=people.charlie, channel="xmpp", entered=entered)
    assert raised.value.field == "address"
    assert (
        raised.value.message == f"The bot {bot.address} is in use on this instance already: make an account of its own."
    )
    bot.set_up()


def test_who_enters_the_bot_of_another_brand_does_not_silence_it(
    bot: Bot, people: People, arrive: Callable[[str], Chatter]
) -> None:
    dewi = wanting_news(arrive, bot)
    Account.objects.create(
        brand=people.charlie.brand,
        channel="xmpp",
        settings={"address": bot.address, "server": bot.server},
        sealed=sealing.seal_many({"password": "wrong"}),
        changed_at=timezone.now(),
    )
    wait_until(lambda: Account.objects.get(brand=people.charlie.brand).trouble == WRONG_PASSWORD)
    queue(dewi, bot)
    send_what_waits()
    assert (states(), bot.trouble) == (["sent"], "")
    wait_until(dewi.texts)


def test_what_fails_for_one_does_not_keep_the_others_waiting(
    bot: Bot, arrive: Callable[[str], Chatter], monkeypatch: pytest.MonkeyPatch
) -> None:
    dewi = arrive("dewi")
    really = answering.answer

    def answer(saying: Saying) -> list[Reply]:
        if saying.text == "bad":
            raise ValueError(saying.text)
        return really(saying)

    monkeypatch.setattr(answering, "answer", answer)
    dewi.write(bot.address, "bad")
    assert dewi.ask(bot.address, "/help")


def test_a_message_that_comes_back_later_counts_only_from_whom_it_was_for(
    bot: Bot, arrive: Callable[[str], Chatter], caplog: pytest.LogCaptureFixture
) -> None:
    dewi, eko = wanting_news(arrive, bot), arrive("eko")
    message = queue(dewi, bot)
    send_what_waits()
    wait_until(dewi.texts)
    name, at = dewi.messages[0]["id"], dewi.messages[0]["from"].full
    for liar, told in (
        (eko, name),
        (dewi, f"{message.pk}-{'0' * 16}"),
        (dewi, "nonsense"),
        (dewi, "9" * 5000),
        (dewi, "²-x"),
    ):
        liar.return_to(at, told)
    assert dewi.ask(bot.address, "/stats")
    assert states() == ["sent"]
    dewi.return_to(at, name)
    wait_until(lambda: states() == ["bounced"])
    assert Suppression.objects.get().reason == "bounced"
    assert "Something that the bot" not in caplog.text


def test_groups_errors_servers_and_itself_are_never_answered(
    bot: Bot, arrive: Callable[[str], Chatter], prosody: Prosody, loop: Loop
) -> None:
    dewi = arrive("dewi")
    loop.run(dewi.enter("room@rooms.localhost", "dewi"))
    dewi.ask(bot.address, "/help")  # before the other one is there, to whom it would go as long as the bot is not
    itself = Chatter(loop, prosody, bot.address)
    itself.arrive()
    for kind in ("error", "groupchat", "headline"):
        dewi.write(dewi.messages[-1]["from"].full, "/help", kind=kind)
    loop.run(dewi.invite("room@rooms.localhost", bot.address))
    itself.write(bot.address, "/help")
    admin = Chatter(loop, prosody, prosody.register("admin"))
    admin.arrive()
    admin.write("localhost/announce/online", "/help")
    wait_until(lambda: "/help" in dewi.texts())
    dewi.write(bot.address, "   ")
    assert dewi.ask(bot.address, "/stats") == ["You have not joined yet. /start shows what this is."]
    assert len([message for message in dewi.messages if message["from"].bare == bot.address]) == 2
    assert len(Talk.objects.all()) == 1
