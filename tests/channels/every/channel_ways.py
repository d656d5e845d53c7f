"""How a campaign reaches a friend by each channel: one way for each, on the counterpart that people would use.

A way does what the person passes on and what the channel carries, and returns the link as it arrived at the friend.
Where the friend gets no link, it lets them join as the channel does, and returns who they are now.
"""

from __future__ import annotations

import asyncio
import dataclasses
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from threading import Event
from typing import Final, NamedTuple
from urllib.parse import unquote

import channel_bots
import feedparser
import httpx
import pytest
from channel_passing import SECONDS, Passing, first
from django.utils import timezone
from footer_beside import milter_on
from paper_reading import scanned, seen_in
from postfix_beside import postfix, sink
from test_beacon_radio import uri_of
from test_nfc_tags import address_of, records
from virtual_radio import Ether

from ports import free_port
from sebar.brands.keys import create_key
from sebar.channels import ALL, actions
from sebar.channels.jobs import Sending
from sebar.channels.kinds.bluetooth import radio
from sebar.channels.kinds.bluetooth.advertising import Mode, Offer, plan
from sebar.channels.kinds.bluetooth.offers import offer
from sebar.channels.kinds.footer import actions as footers
from sebar.channels.models import Message, State
from sebar.kit import config
from sebar.kit.config import MailServer
from sebar.participants import queries
from sebar.participants.models import Participant


class Way(NamedTuple):
    """By what a channel reaches the friend in this walk, and what does it."""

    by: str
    bring: Callable[[Passing], str | Participant]


def by_button(passing: Passing) -> str:
    """Press the channel's button; the friend gets what it hands to the program or network."""
    return passing.link_in(unquote(first(rf'<a href="([^"]*)"[^>]*data-way="{passing.channel}"', passing.share_page())))


def by_server_button(passing: Passing) -> str:
    """Say on which server one is, and press the button there."""
    page = passing.browser.see(f"/s/{passing.code}/on/{passing.channel}?server=mastodon.social")
    pressed = first(rf'href="(https://mastodon\.social/[^"]*)"[^>]*data-way="{passing.channel}"', page)
    return passing.link_in(unquote(pressed))


def by_share_sheet(passing: Passing) -> str:
    """Hand the friend what the device's sheet gets."""
    return first(r'data-sheet="([^"]*)"', passing.share_page())


def by_copy(passing: Passing) -> str:
    """Paste what the button copied."""
    return first(r'data-copy="([^"]*)"', passing.share_page())


def by_shared_page(passing: Passing) -> str:
    """Give the friend the address of the share page itself; its first button joins."""
    page = passing.browser.see(f"/s/{passing.code}")
    return passing.base + first(r'<a class="button primary" href="(/r/[^"]*)"', page)


def by_app(passing: Passing) -> str:
    """Open the link on a phone, go on in the brand's app, and let the app open the address it was given."""
    entered = {"scheme": "kopisenja", "android_package": "com.kopisenja.app"}
    actions.set_up(membership=passing.owner, channel="app", entered=entered)
    return "http" + first(r'href="intent(://[^"#]*)#Intent;', passing.browser.see(f"/r/{passing.code}"))


def by_frame(passing: Passing) -> str:
    """Put the frame on a blog as it was handed out, and press the button in it."""
    handed_out = first(r'<textarea id="frame"[^>]*>(.*?)</textarea>', passing.browser.see(f"/s/{passing.code}/embed"))
    return first(r'<noscript><a[^>]*href="([^"]*)"', passing.browser.see(first(r'src="([^"]*)"', handed_out)))


def by_badge(passing: Passing) -> str:
    """Put the badge on a website as it was handed out, and press it."""
    handed_out = first(r'<textarea id="badge"[^>]*>(.*?)</textarea>', passing.browser.see(f"/s/{passing.code}/embed"))
    assert b"<svg" in passing.browser.file(first(r'src="([^"]*)"', handed_out))
    return first(r'href="([^"]*)"', handed_out)


def by_feed(passing: Passing) -> str:
    """Subscribe to somebody's feed, and open its newest entry."""
    address = first(r'id="feed" value="([^"]*)"', passing.browser.see(f"/s/{passing.code}/embed"))
    return str(feedparser.parse(passing.browser.file(address)).entries[0].link)


def by_letter(passing: Passing) -> str:
    """Have a letter sent from one's own page, and open the link in it."""
    page = f"/me/{queries.personal_secret(passing.parent)}/letter"
    with sink() as (mailbox, port), _mail_goes_to(port):
        entered = {"sender": "halo@kopi.example", "bounces": "back@kopi.example", "postal": "Jl. Braga 1, Bandung"}
        actions.set_up(membership=passing.owner, channel="email", entered={**entered, "duties": "yes"})
        passing.browser.send(page, friend="budi@example.com", name="Dewi", note="For you", step="send")
        Message.objects.filter(state=State.WAITING).update(due_at=timezone.now())
        Sending(ALL["email"], Event()).turn()
        return passing.link_in(_text_of(mailbox.wait("budi@example.com")))


def by_footer(passing: Passing) -> str:
    """Send an everyday mail through the company's Postfix, and open what stands under it."""
    actions.switch(campaign=passing.parent.campaign, channel="footer", is_on=True)
    footers.prove(sender=footers.enrol(participant=passing.parent, address="ani@example.com"))
    mail = b"From: ani@example.com\r\nTo: budi@example.org\r\nMessage-ID: <1@example.com>\r\n\r\nLunch at noon?\r\n"
    port = free_port()
    with sink() as (mailbox, sink_port), milter_on(port), postfix(sink_port, *_with_milter(port)) as office:
        with office.client("submission") as client:
            client.sendmail("ani@example.com", ["budi@example.org"], mail)
        return passing.link_in(_text_of(mailbox.wait("budi@example.org")))


def by_three_words(passing: Passing) -> str:
    """Read three words aloud, and type them on the page whose address was said."""
    passing.browser.send(f"/s/{passing.code}/say")
    said = re.findall(r"<li><b>(\w+)</b>", passing.browser.see(f"/s/{passing.code}/say"))
    assert len(said) == 3
    assert '<form method="get" action="/code"' in passing.browser.see("/w")
    found = passing.browser.see(f"/code?code={' '.join(said)}")
    return passing.base + first(r'<a class="button primary" href="(/r/[^"]*)"', found)


def by_typed_code(passing: Passing) -> Participant:
    """Open the campaign's own page, and type the code that stands on the parent's share page."""
    code = first(r'<p class="code">(.*?)</p>', passing.share_page())
    return passing.follow(f"{passing.base}/c/{passing.campaign.slug}", code=code)


def by_qr(passing: Passing) -> str:
    """Scan the picture that was saved from the share page."""
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder, "qr.png")
        picture.write_bytes(passing.browser.file(f"/s/{passing.code}/qr.png"))
        return seen_in(picture)[0]


def by_poster(passing: Passing) -> str:
    """Print the poster, and scan it."""
    return scanned(passing.browser.file(f"/s/{passing.code}/print/sheet?form=poster"))[0][0]


def by_tag(passing: Passing) -> str:
    """Write the file on a tag, and hold a phone against it."""
    ((_, content),) = records(passing.browser.file(f"/s/{passing.code}/link.ndef"))
    return address_of(content)


def by_beacon(passing: Passing) -> str:
    """Come near a beacon that says somebody's link."""
    return asyncio.run(_heard(offer(passing.campaign, passing.code)))


def by_own_messages(passing: Passing) -> str:
    """Ask the API for somebody's link, and send it by a messenger that we do not know, saying so."""
    return ALL["messenger"].link(_asked(passing, "GET", f"/{passing.code}")["link"])


def by_api(passing: Passing) -> Participant:
    """Let the brand's own program say who came, by whom."""
    given = {"external_id": "till-7", "name": passing.friend, "referred_by": passing.code, "channel": "api"}
    joined = queries.of_code(_asked(passing, "POST", "", given)["code"])
    assert joined is not None
    return joined


_BUTTONS: Final = (
    *("whatsapp", "telegram", "sms", "line", "viber"),
    *("facebook", "x", "threads", "bluesky", "linkedin", "reddit", "pinterest"),
)
WAYS: Final[dict[str, Way]] = {
    **{name: Way("the button on the share page", by_button) for name in _BUTTONS},
    "mastodon": Way("the button on the share page, for a server", by_server_button),
    "share": Way("what the share sheet is given", by_share_sheet),
    "copy": Way("what the button copies", by_copy),
    "link": Way("the share page, passed on itself", by_shared_page),
    "app": Way("what an Android phone hands to the app", by_app),
    "embed": Way("the frame as it is handed out", by_frame),
    "badge": Way("the badge as it is handed out", by_badge),
    "feed": Way("the feed, read by feedparser", by_feed),
    "email": Way("a letter, taken by a mail server", by_letter),
    "footer": Way("a mail through Postfix and our milter", by_footer),
    "xmpp": Way("our bot on a Prosody", channel_bots.by_xmpp),
    "telegram_bot": Way("our bot on a fake of Telegram", channel_bots.by_telegram_bot),
    "whatsapp_cloud": Way("our bot on a fake of Meta", channel_bots.by_whatsapp_cloud),
    "spoken": Way("three words, typed on /w", by_three_words),
    "code": Way("seven letters, typed in the form", by_typed_code),
    "qr": Way("the picture, read by zbarimg", by_qr),
    "paper": Way("the poster’s PDF, read by zbarimg", by_poster),
    "bluetooth": Way("a beacon, heard by a virtual phone", by_beacon),
    "nfc": Way("the tag’s file, decoded", by_tag),
    "messenger": Way("the API’s link, sent by the brand itself", by_own_messages),
    "api": Way("the brand’s program with its key", by_api),
}
"""The one way of each channel that brings people."""

BRINGS_NOBODY: Final = {
    "push": "news to people who are in already",
    "buzz": "only listens",
    "other": "stands for what brands call by names of their own",
}
"""The channels by which nobody is brought, and why."""


@contextmanager
def _mail_goes_to(port: int) -> Iterator[None]:
    """Let this instance hand its mail to a server on the loopback."""
    here = dataclasses.replace(config.load(), mail=MailServer("127.0.0.1", port, is_tls=False, user="", password=""))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(config, "load", lambda: here)
        yield


def _with_milter(port: int) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """Return the settings and the services of a Postfix that asks the milter on a port."""
    settings = {"milter_protocol": "6", "milter_default_action": "tempfail"}
    return settings, {"submission": {"smtpd_milters": f"inet:127.0.0.1:{port}"}}


def _text_of(mail: bytes) -> str:
    message = message_from_bytes(mail, policy=policy.default)
    assert isinstance(message, EmailMessage)
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


async def _heard(said: Offer) -> str:
    """Return the address that a phone hears near an adapter."""
    ether = Ether()
    phone = await ether.phone()
    async with ether.adapter() as name, radio.adapter(name, says=said.name) as adapter:
        adverts = plan(said, Mode.ALL, takes_long=adapter.takes_long).adverts
        async with radio.advertising(adapter, adverts, said):
            return uri_of(await phone.hear(lambda one: bool(uri_of(one))))


def _asked(passing: Passing, method: str, path: str, given: dict[str, str] | None = None) -> dict[str, str]:
    """Return what the API answers to a program of the brand."""
    key = create_key(membership=passing.owner, name="Till", scopes=("read", "write")).secret
    address = f"{passing.base}/api/v1/campaigns/{passing.campaign.slug}/participants{path}"
    answer = httpx.request(method, address, json=given, headers={"Authorization": f"Bearer {key}"}, timeout=SECONDS)
    found: dict[str, str] = answer.raise_for_status().json()
    return found
