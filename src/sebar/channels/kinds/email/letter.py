"""The letter itself: what stands in it, so that whoever gets it knows who wrote, why, and how to get no more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid
from typing import Final

import dkim
from django.utils import translation
from django.utils.html import escape
from django.utils.translation import gettext as _

from sebar import channels
from sebar.campaigns import rules as campaign_rules
from sebar.campaigns.colours import palette
from sebar.campaigns.models import Campaign
from sebar.channels import sealing
from sebar.channels.base import Outgoing
from sebar.channels.kinds.email.record import SELECTOR, domain_of
from sebar.kit import config

_PURPOSE: Final = "letter"
_SIGNED: Final = (
    *(b"from", b"to", b"subject", b"date", b"message-id", b"reply-to", b"mime-version", b"content-type"),
    *(b"list-unsubscribe", b"list-unsubscribe-post"),
)
_BODY: Final = "font-family:sans-serif;font-size:16px;line-height:1.5;max-width:560px;margin:24px auto;padding:0 16px"
_QUOTE: Final = "margin:0;padding:0 0 0 14px;border-left:3px solid #bbb"
_BRAND: Final = "margin:0 0 24px;padding:0 0 10px;font-weight:bold;border-bottom:3px solid {brand}"
_PICTURE: Final = "display:block;width:100%;max-width:560px;height:auto;border:0"
_PICTURE_SIZE: Final = 'width="560" height="294"'  # of 1200 × 630: without it the words jump once it has come
_HEADLINE: Final = "font-size:22px;line-height:1.3;margin:24px 0 12px"
_BUTTON: Final = (
    "display:inline-block;padding:12px 20px;border-radius:8px;font-weight:bold;text-decoration:none;"
    "background:{brand};color:{ink};border:1px solid {edge}"
)


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter as it goes out.

    Attributes
    ----------
    sender
        Where it comes back to when it cannot be delivered (RFC 5321 4.1.1.2): tells letters apart.
    content
        The whole message with its signature, lines ending in CRLF.
    """

    sender: str
    content: bytes


def written(outgoing: Outgoing) -> Letter:
    """Return the letter that a message becomes."""
    with translation.override(outgoing.language):
        message = _message(outgoing)
    account = outgoing.account
    content = message.as_bytes()
    signature = dkim.sign(
        content,
        SELECTOR.encode(),
        domain_of(account).encode(),
        account["dkim_key"].encode(),
        canonicalize=(b"relaxed", b"relaxed"),
        include_headers=[name for name in _SIGNED if name.decode() in message],
    )
    local, _at, domain = account["bounces"].partition("@")
    return Letter(f"{local}+{token(outgoing.number)}@{domain}", signature + content)


def token(number: int) -> str:
    """Return what names a letter and cannot be made up by others: ``12-0123456789abcdef``."""
    return f"{number}-{sealing.signed(_PURPOSE, number)}"


def number_of(given: str) -> int | None:
    """Return which letter a token names; None when we never made it."""
    number, _dash, signature = given.partition("-")
    if not (number.isascii() and number.isdecimal() and len(number) < 19):  # noqa: PLR2004 - what a 64-bit key can be
        return None
    return int(number) if sealing.is_signed(_PURPOSE, int(number), signature) else None


def _message(outgoing: Outgoing) -> EmailMessage:
    content, account = outgoing.content, outgoing.account
    end = f"{config.load().public_url}/u/{token(outgoing.number)}"
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(outgoing.brand, addr_spec=account["sender"])
    message["To"] = outgoing.address
    if content.get("reply_to"):
        message["Reply-To"] = Address(content.get("who", ""), addr_spec=content["reply_to"])
    message["Subject"] = content["subject"]
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=domain_of(account))
    message["List-Unsubscribe"] = f"<{end}>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    reason, way_out = why(content, outgoing.brand), _("To get no more of these letters:")
    opening = whose_words(content, outgoing.brand)
    quoted = "\n".join(f"> {line}" for line in content.get("note", "").splitlines())
    parts = [opening, quoted, content.get("headline", ""), content["text"], content["link"]]
    message.set_content(
        "\n\n".join([*filter(None, parts), f"-- \n{reason}\n{account['postal']}\n{way_out} {end}\n"]),
        cte="quoted-printable",
    )
    message.add_alternative(html(outgoing, end), subtype="html", cte="quoted-printable")
    return message


def invitation(
    campaign: Campaign,
    *,
    who: str,
    link: str,
    words: str,
    note: str = "",
    reply_to: str = "",
    picture: str = "",
    picture_words: str = "",
) -> dict[str, str]:
    """Return what stands in a letter to a friend, in the language of the moment.

    Parameters
    ----------
    who
        What the friend knows the sender by.
    link
        The sender's bare link.
    words
        What they say when they pass it on (`material.queries.message`).
    note
        Their own words to the friend, paragraphs apart by a line's end.
    reply_to
        Where answers go; the brand's address when empty.
    picture, picture_words
        Whole address of a picture of 1200 × 630 pixels on this instance, the same for whoever gets a letter of the
        sender, and what is read where it is not shown.
    """
    wording = campaign_rules.text_for(campaign.texts, translation.get_language(), campaign.languages)
    headline = wording["headline"] or campaign.name
    return {
        "who": who,
        "note": note,
        "subject": f"{who}: {headline}",
        "headline": headline if words not in {"", headline} else "",
        "text": words or headline,
        "link": channels.ALL["email"].link(link),
        "reply_to": reply_to,
        "picture": picture,
        "picture_words": picture_words,
    }


def whose_words(content: Mapping[str, str], brand: str) -> str:
    """Return the letter's first line: a private person writes, though the brand is its sender. Empty for news."""
    if not content.get("who"):
        return ""
    if content.get("note"):
        sentence = _("These are the words of {who}, a private person. {brand} has not written them:")
    else:
        sentence = _("{who}, a private person, passes this on to you:")
    return sentence.format(who=content["who"], brand=brand)


def why(content: Mapping[str, str], brand: str) -> str:
    """Return why somebody gets this letter: nobody must wonder from where we have their address."""
    if content.get("why"):
        return content["why"]
    if content.get("who"):
        return _(
            "{who} knows you and asked {brand} to send you this. We use your address for this one letter only and then"
            " forget it."
        ).format(who=content["who"], brand=brand)
    return _("You asked {brand} to write to you when there is news.").format(brand=brand)


def html(outgoing: Outgoing, end: str) -> str:
    """Return the letter as mail programs show it, in the language of the moment.

    Parameters
    ----------
    end
        The address that ends all such letters.
    """
    content, tones = outgoing.content, asdict(palette(outgoing.colour).light)
    way_out = _("To get no more of these letters:")
    foot = (why(content, outgoing.brand), outgoing.account["postal"], way_out, end)
    reason, postal, way_out, end = (escape(part) for part in foot)
    button = escape(content.get("button") or _("Have a look"))
    headline = f'<h1 style="{_HEADLINE}">{escape(content["headline"])}</h1>' if content.get("headline") else ""
    quoted = f'<blockquote style="{_QUOTE}">{_paragraphs(content["note"])}</blockquote>' if content.get("note") else ""
    return (
        f'<!doctype html><html lang="{translation.get_language()}"><head><meta charset="utf-8"></head>'
        f'<body style="{_BODY}">'
        f'<p style="{_BRAND.format(**tones)}">{escape(outgoing.brand)}</p>'
        f"{_paragraphs(whose_words(content, outgoing.brand))}{quoted}"
        f"{_picture(content)}{headline}{_paragraphs(content['text'])}"
        f'<p><a href="{escape(content["link"])}" style="{_BUTTON.format(**tones)}">{button}</a></p>'
        f'<p style="font-size:13px;color:#666">{reason}<br>{postal}<br>'
        f'{way_out} <a href="{end}" style="color:#666">{end}</a></p></body></html>'
    )


def _picture(content: Mapping[str, str]) -> str:
    if not content.get("picture"):
        return ""
    link, address, words = (escape(content[name]) for name in ("link", "picture", "picture_words"))
    shown = f'<img src="{address}" {_PICTURE_SIZE} alt="{words}" style="{_PICTURE}">'
    return f'<p><a href="{link}">{shown}</a></p>'


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{escape(part)}</p>" for part in text.split("\n") if part.strip())
