"""The XMPP bot against a real Prosody. Each trap of the notes has a test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from prosody_server import Chatter, Loop, Prosody, a_certificate, reach, running, wait_until
from xmpp_bots import CONTENT, Bot, numbers, of, queue, send_what_waits, states, wanting_news

from builders import a_participant
from people import People
from sebar.campaigns.models import Campaign
from sebar.channels import actions
from sebar.channels.kinds.xmpp import lines
from sebar.channels.kinds.xmpp.lines import LINES, NOT_ENCRYPTED, NOT_REACHED, NOT_TRUSTED, WRONG_PASSWORD
from sebar.channels.models import Account, Contact, Message, Purpose, Suppression
from sebar.kit import codes

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]


@pytest.fixture(autouse=True)
def _reach(monkeypatch: pytest.MonkeyPatch) -> None:
    reach(monkeypatch)


def test_a_friend_who_was_offline_gets_the_invitation_joins_and_has_another_link(
    bot: Bot, arrive: Callable[[str], Chatter], loop: Loop, prosody: Prosody
) -> None:
    dewi = arrive("dewi")
    eko = Chatter(loop, prosody, prosody.register(f"eko{next(numbers)}"))
    dewi.ask(bot.address, "/start", 2)
    dewi.ask(bot.address, "yes", 2)
    dewi.ask(bot.address, "/invite", 2)
    invitation = dewi.messages[-1]
    own = of(dewi, bot.brand)
    assert invitation["oob"]["url"].endswith(f"/r/{codes.spell(own.pk)}?via=xmpp")
    dewi.write(eko.address, invitation["body"])
    eko.arrive()
    wait_until(lambda: eko.texts() == [invitation["body"]])
    eko.ask(bot.address, eko.texts()[0], 2)
    eko.ask(bot.address, "ya", 2)
    child = of(eko, bot.brand)
    assert (child.parent, child.how, child.channel) == (own, "link", "xmpp")
    assert codes.spell(child.pk) in eko.ask(bot.address, "/link")[0]
    assert dewi.ask(bot.address, "/stats") == ["1 friend joined through you."]
    assert all(message["from"].bare == bot.address for message in dewi.messages)


def test_a_notice_arrives_with_its_link_and_the_way_to_end_it(bot: Bot, arrive: Callable[[str], Chatter]) -> None:
    dewi = wanting_news(arrive, bot)
    queue(dewi, bot)
    send_what_waits()
    wait_until(dewi.texts)
    assert dewi.texts() == ["News\nSomething is new.\nhttps://share.example.com/s/k7m2fqx\n/stop ends these messages."]
    assert dewi.messages[0]["oob"]["url"] == "https://share.example.com/s/k7m2fqx"
    assert states() == ["sent"]


def test_a_notice_waits_on_the_server_for_whoever_is_away(bot: Bot, arrive: Callable[[str], Chatter]) -> None:
    dewi = wanting_news(arrive, bot)
    dewi.leave()
    queue(dewi, bot)
    send_what_waits()
    assert states() == ["sent"]
    dewi.arrive()
    wait_until(dewi.texts)


def test_characters_that_would_break_the_line_are_left_out_and_what_follows_arrives(
    bot: Bot, arrive: Callable[[str], Chatter]
) -> None:
    dewi = wanting_news(arrive, bot)
    for number, character in enumerate("\v\x1b\ufffe\uffff"):
        queue(dewi, bot, f"a{character}b", once=f"news:{number}")
    send_what_waits()
    wait_until(lambda: len(dewi.texts()) == 4)
    assert all("\nab\n" in text for text in dewi.texts())
    assert "is no code" in dewi.ask(bot.address, "/start abc")[-1]


def test_whoever_is_not_there_any_more_is_not_written_to_again(
    bot: Bot, arrive: Callable[[str], Chatter], prosody: Prosody
) -> None:
    dewi = wanting_news(arrive, bot)
    dewi.leave()
    prosody.unregister(dewi.address)
    queue(dewi, bot)
    queue(dewi, bot, once="news:2")
    send_what_waits()
    assert states() == ["failed", "left_alone"]
    assert Message.objects.first().trouble == "service-unavailable"
    assert Suppression.objects.get().reason == "bounced"
    assert Contact.objects.get().ended_at is not None


def test_the_bot_comes_back_after_the_server_was_away_and_nothing_waiting_is_lost(
    people: People, coffee: Campaign, serve: Callable[[str], None], loop: Loop, tmp_path: Path
) -> None:
    with running(tmp_path) as server:
        bot = Bot(people, server, serve)

        def arrive(name: str) -> Chatter:
            person = Chatter(loop, server, server.register(name))
            person.arrive()
            return person

        dewi = wanting_news(arrive, bot)
        server.stop()
        wait_until(lambda: bot.trouble == NOT_REACHED)
        queue(dewi, bot)
        send_what_waits()
        assert states() == ["waiting"]
        server.start()
        wait_until(lambda: bot.trouble == "")
        dewi.arrive()
        send_what_waits()
        wait_until(lambda: len(dewi.texts()) == 1)
        assert states() == ["sent"]
        assert "/r/" in dewi.ask(bot.address, "/link")[0]


def test_a_wrong_password_is_said_once_and_not_tried_again(
    people: People, coffee: Campaign, serve: Callable[[str], None], loop: Loop, tmp_path: Path
) -> None:
    with running(tmp_path) as server:
        bot = Bot(people, server, serve, password="wrong")
        wait_until(lambda: bot.trouble == WRONG_PASSWORD)
        tried = server.sign_ins()
        bot.set_up(password="secret")
        wait_until(lambda: server.sign_ins() > tried)
        assert server.sign_ins() == tried + 1
        dewi = Chatter(loop, server, server.register("dewi"))
        dewi.arrive()
        assert dewi.ask(bot.address, "/help")
        assert bot.trouble == ""


def test_what_waits_tells_the_same_reason_as_the_bot(
    people: People, coffee: Campaign, prosody: Prosody, serve: Callable[[str], None]
) -> None:
    bot = Bot(people, prosody, serve, password="wrong")
    wait_until(lambda: bot.trouble == WRONG_PASSWORD)
    own = a_participant(coffee)
    actions.agree(participant=own, channel="xmpp", address="dewi@localhost")
    actions.queue(
        participant=own, channel="xmpp", purpose=Purpose.NOTICE, address="dewi@localhost", once="1", content=CONTENT
    )
    send_what_waits()
    assert (states(), Message.objects.get().trouble, bot.trouble) == (["waiting"], WRONG_PASSWORD, WRONG_PASSWORD)


def test_without_encryption_no_password_leaves_the_house(
    people: People, coffee: Campaign, serve: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "_needs_encryption", True)
    with running(tmp_path) as server:
        bot = Bot(people, server, serve)
        wait_until(lambda: bot.trouble == NOT_ENCRYPTED)
        assert server.sign_ins() == 0


def test_a_certificate_that_nobody_trusts_is_refused_and_one_that_is_trusted_works(
    people: People, coffee: Campaign, serve: Callable[[str], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "_needs_encryption", True)
    certificate = a_certificate(tmp_path)
    with running(tmp_path, certificate=certificate) as server:
        bot = Bot(people, server, serve)
        wait_until(lambda: bot.trouble == NOT_TRUSTED)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
        wait_until(lambda: bot.trouble == "")


def test_many_messages_on_a_server_that_slows_down_all_arrive_in_order(
    people: People, coffee: Campaign, serve: Callable[[str], None], loop: Loop, tmp_path: Path
) -> None:
    with running(tmp_path, limits='limits = { c2s = { rate = "20kb/s" } }') as server:
        bot = Bot(people, server, serve)

        def arrive(name: str) -> Chatter:
            person = Chatter(loop, server, server.register(name))
            person.arrive()
            return person

        dewi = wanting_news(arrive, bot)
        for number in range(150):
            queue(dewi, bot, f"number {number}", once=f"news:{number}")
        send_what_waits()
        wait_until(lambda: len(dewi.texts()) == 150)
        assert [text.splitlines()[1] for text in dewi.texts()] == [f"number {number}" for number in range(150)]
        assert set(states()) == {"sent"}


def test_people_who_add_the_bot_see_it_and_are_not_asked_for_anything(
    bot: Bot, arrive: Callable[[str], Chatter]
) -> None:
    dewi = arrive("dewi")
    dewi.subscribe(bot.address)
    wait_until(lambda: "subscribed" in dewi.presences)
    assert dewi.ask(bot.address, "/help")
    assert "subscribe" not in dewi.presences


def test_a_bot_that_is_taken_down_leaves_and_a_new_one_takes_its_place(
    bot: Bot, people: People, arrive: Callable[[str], Chatter], prosody: Prosody
) -> None:
    dewi = arrive("dewi")
    dewi.ask(bot.address, "/help")
    other = prosody.register(f"bot{next(numbers)}")
    bot.set_up(address=other)
    assert dewi.ask(other, "/help")
    actions.take_down(membership=people.alice, channel="xmpp")
    wait_until(lambda: not LINES.find(bot.brand.pk, other, seconds=0))
    assert not Account.objects.exists()
