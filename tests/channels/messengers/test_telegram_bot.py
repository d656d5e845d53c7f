"""The Telegram bot against a fake of the Bot API."""

from __future__ import annotations

import itertools
import logging
import threading
from collections.abc import Callable, Iterator

import pytest
from bot_threads import serving
from django.db import DataError
from fake_telegram import TOKEN, FakeTelegram
from prosody_server import wait_until

import people as cast
from builders import a_campaign, a_participant
from people import People
from sebar.campaigns.models import Campaign
from sebar.channels import ALL, actions
from sebar.channels.conversation import answering
from sebar.channels.conversation.turn import Reply, Saying, mark_of
from sebar.channels.jobs import Sending
from sebar.channels.kinds.telegram_bot import api, sending
from sebar.channels.kinds.telegram_bot import bot as telegram_bot
from sebar.channels.kinds.telegram_bot.api import NOT_REACHED, OTHER_NAME, OTHER_PROGRAM, WRONG_TOKEN
from sebar.channels.models import Account, Contact, Message, Purpose, State, Suppression
from sebar.kit import codes
from sebar.participants.models import Participant

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]
_chats = itertools.count(1001)


@pytest.fixture
def people(transactional_db: None) -> People:
    """The cast, stored for other threads to see."""
    return cast.gather()


@pytest.fixture
def coffee(people: People) -> Campaign:
    return a_campaign(people.alice)


@pytest.fixture
def telegram(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeTelegram]:
    fake = FakeTelegram()
    monkeypatch.setattr(api, "_ADDRESS", fake.address)
    yield fake
    fake.close()


@pytest.fixture
def bot(people: People, coffee: Campaign, telegram: FakeTelegram) -> None:
    """Alice's brand has set its bot up; nothing runs yet."""
    set_up(people)


def set_up(people: People, **different: str) -> None:
    entered = {"name": "@kopi_senja_bot", "token": TOKEN, **different}
    actions.set_up(membership=people.alice, channel="telegram_bot", entered=entered)


def trouble() -> str:
    return Account.objects.get(channel="telegram_bot").trouble


def of(chat: int) -> Participant:
    return Participant.objects.get(submission=mark_of("telegram_bot", str(chat)))


def ask(telegram: FakeTelegram, chat: int, text: str, count: int = 1) -> list[str]:
    before = len(telegram.texts(chat))
    telegram.write(chat, text)
    wait_until(lambda: len(telegram.texts(chat)) >= before + count)
    return telegram.texts(chat)[before:]


def joined(telegram: FakeTelegram, start: str = "/start") -> int:
    """Return the chat of somebody who has joined."""
    chat = next(_chats)
    ask(telegram, chat, start, 2)
    ask(telegram, chat, "yes", 2)
    return chat


def test_a_link_with_the_code_in_it_starts_the_bot_and_makes_a_friend_a_child(
    bot: None, telegram: FakeTelegram, serve: Callable[[str], None]
) -> None:
    serve("telegram_bot")
    dewi = joined(telegram)
    link = ask(telegram, dewi, "/link")[0]
    code = codes.spell(of(dewi).pk)
    assert f"https://t.me/kopi_senja_bot?start={code}" in link
    assert f"/r/{code}?via=telegram_bot" in link
    eko = joined(telegram, f"/start {code}")  # this is what Telegram sends when the link is opened
    assert (of(eko).parent, of(eko).how, of(eko).channel) == (of(dewi), "link", "telegram_bot")
    assert ask(telegram, dewi, "/stats") == ["1 friend joined through you."]
    assert telegram.commands["id"] == ["link", "invite", "stats", "news", "stop", "en"]
    assert telegram.commands[""][-1] == "id"


def test_no_message_is_answered_twice_whatever_restarts(bot: None, telegram: FakeTelegram) -> None:
    chat = next(_chats)
    with serving("telegram_bot"):
        ask(telegram, chat, "/help")
    telegram.forgets_offsets = True
    telegram.write(chat, "/stats")
    with serving("telegram_bot"):
        wait_until(lambda: len(telegram.texts(chat)) == 2)
        again = telegram.asked.count("getUpdates")
        wait_until(lambda: telegram.asked.count("getUpdates") > again + 2)
    assert [text[:9] for text in telegram.texts(chat)] == ["/link – y", "You have "]


def test_what_was_written_while_the_bot_was_away_is_answered(bot: None, telegram: FakeTelegram) -> None:
    chat = next(_chats)
    telegram.write(chat, "/help")
    with serving("telegram_bot"):
        wait_until(lambda: telegram.texts(chat))


def test_groups_other_bots_and_pictures_are_not_answered(
    bot: None, telegram: FakeTelegram, serve: Callable[[str], None]
) -> None:
    serve("telegram_bot")
    chat = next(_chats)
    telegram.write(chat, "/help", chat={"id": -5, "type": "group", "title": "Friends"})
    telegram.write(chat, "/help", **{"from": {"id": 3, "is_bot": True, "first_name": "Bot"}})
    telegram.write(chat, None, dice={"emoji": "🎲", "value": 6})
    ask(telegram, chat, "/stats")
    assert len(telegram.sent) == 1


@pytest.mark.parametrize(
    ("different", "said"),
    [({"token": "123456789:" + "x" * 35}, WRONG_TOKEN), ({"name": "other_bot"}, OTHER_NAME)],
)
def test_what_only_the_brand_can_mend_is_said_once_and_not_tried_again(
    bot: None, people: People, telegram: FakeTelegram, different: dict[str, str], said: str
) -> None:
    set_up(people, **different)
    with serving("telegram_bot"):
        wait_until(lambda: trouble() == said)
        assert telegram.asked == ["getMe"]
        set_up(people)
        ask(telegram, next(_chats), "/help")
    assert trouble() == ""


def test_a_second_program_on_the_same_bot_is_named_and_when_it_ends_all_goes_on(
    bot: None, telegram: FakeTelegram, serve: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telegram_bot, "_FIRST_REST", 0.01)
    telegram.conflict = True
    serve("telegram_bot")
    wait_until(lambda: trouble() == OTHER_PROGRAM)
    telegram.conflict = False
    ask(telegram, next(_chats), "/help")
    assert trouble() == ""


def test_when_telegram_is_away_the_bot_waits_and_says_so(
    bot: None, telegram: FakeTelegram, serve: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telegram_bot, "_FIRST_REST", 0.01)
    monkeypatch.setattr(api, "_ADDRESS", "http://127.0.0.1:9/bot")
    serve("telegram_bot")
    wait_until(lambda: trouble() == NOT_REACHED)
    monkeypatch.setattr(api, "_ADDRESS", telegram.address)
    ask(telegram, next(_chats), "/help")


def test_a_reply_waits_when_telegram_asks_for_patience(
    bot: None, telegram: FakeTelegram, serve: Callable[[str], None]
) -> None:
    chat = next(_chats)
    telegram.refuses[str(chat)] = [(429, {"description": "Too Many Requests", "parameters": {"retry_after": 1}})]
    serve("telegram_bot")
    ask(telegram, chat, "/help")


def test_the_token_stands_in_no_log(
    bot: None, people: People, telegram: FakeTelegram, serve: Callable[[str], None], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    serve("telegram_bot")
    dewi = joined(telegram)
    notice(dewi)
    telegram.token = "other"
    notice(dewi, once="2")
    send_what_waits()
    assert "AAEhBOweik6ad9r" not in caplog.text
    assert "AAEhBOweik6ad9r" not in trouble() + Message.objects.get(once="2").trouble


def notice(chat: int, once: str = "1") -> Message:
    participant = of(chat)
    actions.agree(participant=participant, channel="telegram_bot", address=str(chat))
    return actions.queue(
        participant=participant,
        channel="telegram_bot",
        purpose=Purpose.NOTICE,
        address=str(chat),
        once=once,
        content={"subject": "News", "text": "Something is new.", "link": "https://share.example.com/s/k7m2fqx"},
        language="en",
    )


def send_what_waits() -> None:
    Message.objects.filter(state=State.WAITING).update(due_at="2026-01-01T00:00Z")
    Sending(ALL["telegram_bot"], threading.Event()).turn()


@pytest.fixture
def dewi(bot: None, coffee: Campaign) -> int:
    """The chat of somebody who has joined, without a bot that runs."""
    chat = next(_chats)
    a_participant(coffee, submission=mark_of("telegram_bot", str(chat)))
    return chat


def test_a_notice_is_sent_once(telegram: FakeTelegram, dewi: int) -> None:
    notice(dewi)
    notice(dewi)
    send_what_waits()
    send_what_waits()
    assert telegram.texts(dewi) == [
        "News\nSomething is new.\nhttps://share.example.com/s/k7m2fqx\n/stop ends these messages."
    ]


def test_whoever_has_blocked_the_bot_is_not_written_to_again(telegram: FakeTelegram, dewi: int) -> None:
    telegram.refuses[str(dewi)] = [(403, {"description": "Forbidden: bot was blocked by the user"})]
    notice(dewi)
    notice(dewi, once="2")
    send_what_waits()
    assert not telegram.sent
    assert [one.state for one in Message.objects.order_by("pk")] == ["failed", "left_alone"]
    assert Suppression.objects.get().reason == "bounced"
    assert Contact.objects.get().ended_at is not None


def test_telegrams_wish_for_patience_is_kept_and_nothing_is_lost(telegram: FakeTelegram, dewi: int) -> None:
    telegram.refuses[str(dewi)] = [(429, {"description": "Too Many Requests", "parameters": {"retry_after": 600}})]
    message = notice(dewi)
    send_what_waits()
    message.refresh_from_db()
    assert (message.state, round((message.due_at - message.changed_at).total_seconds())) == ("waiting", 600)
    send_what_waits()
    assert len(telegram.texts(dewi)) == 1


@pytest.mark.parametrize(
    ("status", "description", "state"),
    [
        (400, "Bad Request: chat not found", "failed"),
        (400, "Bad Request: message is too long", "failed"),
        (500, "Internal Server Error", "doubtful"),
        (502, "Bad Gateway", "doubtful"),
    ],
)
def test_what_telegram_refuses_is_never_tried_again(
    telegram: FakeTelegram, dewi: int, status: int, description: str, state: str
) -> None:
    telegram.refuses[str(dewi)] = [(status, {"description": description})]
    message = notice(dewi)
    send_what_waits()
    send_what_waits()
    message.refresh_from_db()
    assert (message.state, telegram.sent) == (state, [])
    assert Suppression.objects.exists() == ("chat not found" in description)


def test_without_a_line_nothing_is_sent_and_nothing_lost(
    telegram: FakeTelegram, dewi: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = notice(dewi)
    monkeypatch.setattr(api, "_ADDRESS", "http://127.0.0.1:9/bot")
    send_what_waits()
    message.refresh_from_db()
    assert (message.state, message.trouble) == ("waiting", NOT_REACHED)
    monkeypatch.undo()
    monkeypatch.setattr(api, "_ADDRESS", telegram.address)
    send_what_waits()
    assert len(telegram.sent) == 1


def test_a_line_that_breaks_after_the_message_left_is_doubtful(telegram: FakeTelegram, dewi: int) -> None:
    message = notice(dewi)
    sender = sending.open_sender()
    telegram.hangs_up = True
    taken = actions.next_to_send(channel="telegram_bot")
    assert taken is not None
    assert sender.send(taken[1]).came == "doubtful"
    sender.close()
    assert message.pk == taken[0].pk


def test_what_cannot_be_answered_keeps_nobody_waiting(
    bot: None, telegram: FakeTelegram, serve: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = answering.answer

    def answer(saying: Saying) -> list[Reply]:
        if saying.text == "poison":
            raise DataError("value too long")
        return usual(saying)

    monkeypatch.setattr(answering, "answer", answer)
    serve("telegram_bot")
    ill, well = next(_chats), next(_chats)
    telegram.write(ill, "poison")
    assert ask(telegram, well, "/start", 2)
    assert telegram.texts(ill) == []
    assert ask(telegram, ill, "/start", 2)
