"""Telling of an alarm: a letter or a note to a member, a call to the brand's program.

A letter goes through the instance's own mail server, a note to the push service of the member's browser.

The call is signed as Standard Webhooks has it: HMAC-SHA256 over identifier, time and body. Its way out is
`sebar.kit.http`, which reaches nothing inside of our own network.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import time
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid
from typing import Final
from urllib.parse import urlsplit

import msgspec
from django.utils import translation

from sebar.brands.models import User
from sebar.channels import sealing
from sebar.channels.base import Came, Outcome
from sebar.channels.kinds.email import sending
from sebar.channels.kinds.email.letter import Letter
from sebar.channels.models import Account
from sebar.kit import config
from sebar.kit.errors import UserError
from sebar.kit.words import gettext_noop, say
from sebar.steering.alarms import queries, words
from sebar.steering.alarms.models import Alarm, AlarmHook, AlarmNotice
from sebar.steering.decisions import words as decision_words
from sebar.steering.decisions.models import CampaignDecision, State

_NO_SERVER: Final = gettext_noop("No mail server is set: see SEBAR_MAIL.")
_NO_BROWSER: Final = gettext_noop("This browser takes no more notes.")
_PREFIX: Final = "whsec_"
_FINE: Final = range(200, 300)


def send(notice: AlarmNotice) -> Outcome:
    """Tell whom a notice is for; return what became of it."""
    if notice.member is None:
        return _call(notice)
    try:
        return _show(notice, notice.member) if notice.is_note else _write(notice, notice.member)
    except Exception as trouble:  # noqa: BLE001 - whatever an address or a name does to the libraries: nothing has left
        return Outcome(came=Came.LATER, trouble=type(trouble).__name__)


def _write(notice: AlarmNotice, member: User) -> Outcome:
    server = config.load().mail
    if server is None:
        return Outcome(came=Came.LATER, trouble=_NO_SERVER)
    return sending.hand_over(server, written(notice, member), member.email)


def _show(notice: AlarmNotice, member: User) -> Outcome:
    from sebar.channels.kinds.push import sending as push  # noqa: PLC0415 - its clients weigh 11 MB, and few ask for it

    address = sealing.unseal(notice.browser.sealed) if notice.browser is not None else ""
    if not address:
        return Outcome(came=Came.GONE, trouble=_NO_BROWSER)
    decision = queries.followed(notice.alarm)
    is_asked = decision is not None and decision.state == State.PROPOSED
    with translation.override(member.language):
        note = push.Note(
            title=_title(notice, decision),
            text=" ".join(_said(notice, decision)),
            link=page(notice.alarm, "steer" if is_asked or notice.is_end else "alarms"),
            tag=f"sebar-alarm-{notice.alarm_id}",  # what became of it takes the place of the alarm
            language=member.language,
        )
    return push.hand_over(note, address)


def written(notice: AlarmNotice, member: User) -> Letter:
    """Return the letter that tells a member of an alarm, or of what became of it, in their language."""
    alarm, campaign = notice.alarm, notice.alarm.campaign
    sender = _sender(alarm)
    decision = queries.followed(alarm)
    with translation.override(member.language):
        message = EmailMessage(policy=SMTP)
        message["From"] = Address("Sebar", addr_spec=sender)
        message["To"] = member.email
        message["Subject"] = _title(notice, decision)
        message["Date"] = formatdate()
        message["Message-ID"] = make_msgid(domain=sender.partition("@")[2])
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(
            "\n\n".join([
                *_said(notice, decision),
                *_way_to_steer(alarm, decision),
                say(gettext_noop("See what is behind it, and say what is to be done:")),
                page(alarm),
                say(
                    gettext_noop(
                        "You get this letter as a member of {brand}. Each alarm is told once, and once more what "
                        "became of a proposal."
                    ),
                    brand=campaign.brand.name,
                ),
            ]),
            cte="quoted-printable",
        )  # fmt: skip
    return Letter(sender, message.as_bytes())


def _title(notice: AlarmNotice, decision: CampaignDecision | None) -> str:
    campaign = notice.alarm.campaign.name
    if not notice.is_end or decision is None:
        title = gettext_noop("Alarm in {campaign}: {watch}")
        return say(title, campaign=campaign, watch=words.name(notice.alarm.watch))
    is_done = decision.state == State.IN_FORCE
    title = gettext_noop("Done in {campaign}: {step}") if is_done else gettext_noop("Not done in {campaign}: {step}")
    return say(title, campaign=campaign, step=decision_words.step(decision.rung, decision.invitations_an_hour))


def _said(notice: AlarmNotice, decision: CampaignDecision | None) -> list[str]:
    """Return the alarm's evidence and what followed; what is new comes first."""
    says = [words.of_alarm(notice.alarm), *([] if decision is None else [words.followed(decision)])]
    return says[::-1] if notice.is_end else says


def _way_to_steer(alarm: Alarm, decision: CampaignDecision | None) -> list[str]:
    if decision is None:
        return []
    is_asked = decision.state == State.PROPOSED
    asked = gettext_noop("Have it done now, or object to it:")
    told = gettext_noop("See how far the campaign is let go, and change that:")
    return [say(asked if is_asked else told), page(alarm, "steer")]


def _sender(alarm: Alarm) -> str:
    """Return the address that the brand's letters come from, or one of the instance's own."""
    account = Account.objects.filter(brand=alarm.campaign.brand_id, channel="email").first()
    entered = str(account.settings.get("sender", "")) if account is not None else ""
    return entered or f"sebar@{urlsplit(config.load().public_url).hostname or 'localhost'}"


def page(alarm: Alarm, tab: str = "alarms") -> str:
    """Return the address of the page on which an alarm is seen to, or of another one of its campaign."""
    campaign = alarm.campaign
    return f"{config.load().public_url}/console/brands/{campaign.brand.slug}/campaigns/{campaign.slug}/{tab}"


def body(notice: AlarmNotice) -> bytes:
    """Return what the brand's program is told."""
    alarm = notice.alarm
    return msgspec.json.encode({
        "type": "alarm.decided" if notice.is_end else "alarm.opened",
        "alarm": alarm.pk,
        "campaign": alarm.campaign.slug,
        "watch": alarm.watch,
        "opened_at": alarm.opened_at,
        "began_at": alarm.began_at,
        "because": words.in_english(alarm),
        "numbers": alarm.numbers,
        "decision": _decided(alarm),
        "page": page(alarm),
    })  # fmt: skip


def _decided(alarm: Alarm) -> dict[str, object] | None:
    decision = queries.followed(alarm)
    if decision is None:
        return None
    with translation.override("en"):
        says = words.followed(decision)
    return {
        "number": decision.pk,
        "rung": decision.rung,
        "invitations_an_hour": decision.invitations_an_hour,
        "state": decision.state,
        "acts_at": decision.acts_at,
        "in_force_at": decision.in_force_at,
        "says": says,
        "page": page(alarm, "steer"),
    }


def sign(secret: str, identifier: str, at: int, content: bytes) -> str:
    """Return what the header ``webhook-signature`` holds."""
    signed = f"{identifier}.{at}.".encode() + content
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    return "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()


def _call(notice: AlarmNotice) -> Outcome:
    alarm = notice.alarm
    hook = AlarmHook.objects.filter(brand=alarm.campaign.brand_id).first()
    if hook is None:
        return Outcome(came=Came.SENT)
    identifier = f"alarm-{alarm.pk}-decided" if notice.is_end else f"alarm-{alarm.pk}"
    content, at = body(notice), int(time.time())
    headers = {
        "Content-Type": "application/json",
        "webhook-id": identifier,
        "webhook-timestamp": str(at),
        "webhook-signature": sign(sealing.unseal(hook.sealed), identifier, at, content),
    }
    trouble = asyncio.run(_posted(hook.address, content, headers))
    return Outcome(came=Came.LATER if trouble else Came.SENT, trouble=trouble)


async def _posted(address: str, content: bytes, headers: dict[str, str]) -> str:
    """Return what went wrong, empty when the answer was a good one."""
    from sebar.kit import http  # noqa: PLC0415 - the client weighs 11 MB, and few brands have a program to be told

    try:
        async with http.session() as client, client.post(address, data=content, headers=headers) as response:
            if response.status in _FINE:
                return ""
            return http.answered(response).kept
    except UserError as refused:
        return refused.kept
    except Exception as error:  # noqa: BLE001 - whatever the way there does, it is told in words and tried again
        return http.in_words(error, address).kept
