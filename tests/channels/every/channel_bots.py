"""How friends join by writing to a bot: it gets the code of whoever sent them, asks, and takes their yes."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from bot_threads import serving
from channel_passing import SECONDS, Passing
from fake_graph import ENTERED, FakeGraph, a_delivery, a_message, signature
from fake_telegram import TOKEN, FakeTelegram
from prosody_server import PASSWORD, Chatter, Loop, reach, running, wait_until

from sebar.channels import actions
from sebar.channels.conversation.turn import mark_of
from sebar.channels.kinds.telegram_bot import api
from sebar.channels.kinds.whatsapp_cloud import graph
from sebar.participants.models import Participant

_CHAT = 1001
_NUMBER = "6281234567890"


def by_xmpp(passing: Passing) -> Participant:
    """Write to our bot on a real server."""
    with running(passing.folder) as server, pytest.MonkeyPatch.context() as patch:
        reach(patch)
        bot, friend = server.register("bot"), server.register("friend")
        account = {"address": bot, "password": PASSWORD, "server": f"127.0.0.1:{server.port}"}
        actions.set_up(membership=passing.owner, channel="xmpp", entered=account)
        loop = Loop()
        try:
            with serving("xmpp"):
                person = Chatter(loop, server, friend)
                person.arrive()
                return _joined(passing, friend, lambda text: person.write(bot, text), person.texts)
        finally:
            loop.close()


def by_telegram_bot(passing: Passing) -> Participant:
    """Start the bot by its link, with the code in it."""
    telegram = FakeTelegram()
    actions.set_up(
        membership=passing.owner, channel="telegram_bot", entered={"name": f"@{telegram.name}", "token": TOKEN}
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(api, "_ADDRESS", telegram.address)
        try:
            with serving("telegram_bot"):
                return _joined(
                    passing,
                    str(_CHAT),
                    lambda text: telegram.write(_CHAT, text),
                    lambda: telegram.texts(_CHAT),
                )
        finally:
            telegram.close()


def by_whatsapp_cloud(passing: Passing) -> Participant:
    """Write to the brand's number; what is written comes signed to our public address."""
    meta = FakeGraph()
    hook = f"{passing.base}/hooks/whatsapp/{passing.campaign.brand.slug}"

    def write(text: str) -> None:
        body = a_delivery(messages=[a_message(text, sender=_NUMBER)])
        headers = {"X-Hub-Signature-256": signature(body), "Content-Type": "application/json"}
        httpx.post(hook, content=body, headers=headers, timeout=SECONDS).raise_for_status()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(graph, "_ADDRESS", meta.address)
        actions.set_up(membership=passing.owner, channel="whatsapp_cloud", entered=ENTERED)
        try:
            with serving("whatsapp_cloud"):
                return _joined(passing, _NUMBER, write, lambda: meta.texts(_NUMBER))
        finally:
            meta.close()


def _joined(
    passing: Passing, address: str, write: Callable[[str], object], answers: Callable[[], list[str]]
) -> Participant:
    """Talk to the bot until it has let the friend in, and return who they are now."""
    write(f"/start {passing.code}")
    wait_until(answers)
    asked = len(answers())
    write("yes")
    mine = Participant.objects.filter(submission=mark_of(passing.channel, address))
    wait_until(lambda: mine.exists() and len(answers()) > asked)
    return mine.get()
