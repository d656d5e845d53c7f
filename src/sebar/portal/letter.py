"""A letter to one friend, sent by us because its reader asks: they see all of it first, and answer for the address."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Final
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from sebar import channels
from sebar.campaigns import rules
from sebar.campaigns.models import Campaign
from sebar.campaigns.rules import Phase
from sebar.channels import actions, gate, sealing
from sebar.channels import queries as messages
from sebar.channels.kinds.email import letter as letters
from sebar.channels.kinds.email import note as notes
from sebar.channels.models import Message, Purpose, State
from sebar.channels.rules import Reason
from sebar.kit import codes, text
from sebar.kit.errors import Checks, UserError, UserErrors
from sebar.kit.words import gettext_noop, say
from sebar.material import queries as material
from sebar.pages.pace import Pace
from sebar.participants import queries
from sebar.participants.models import Participant
from sebar.portal import page, variants
from sebar.portal.card import image
from sebar.portal.passing import passing
from sebar.portal.people import called

_PACE: Final = Pace(burst=60, per_second=0.2)
_NOTE: Final = 300
_NAME: Final = 80
_FIELDS: Final = ("friend", "name", "note")


@dataclass(frozen=True)
class Draft:
    """What somebody wants sent.

    Attributes
    ----------
    friend
        The one address.
    name
        What the friend knows the sender by: what they joined as or, without that, what they typed.
    note
        A few words of their own; may be empty.
    """

    friend: str = ""
    name: str = ""
    note: str = ""


def is_offered(campaign: Campaign) -> bool:
    """Say whether people of this campaign can have us send a letter now."""
    account = gate.usable_account(campaign, "email")
    return account is not None and bool(account.settings.get("duties"))


@require_http_methods(["GET", "HEAD", "POST"])
def letter(request: HttpRequest, secret: str) -> HttpResponse:
    """Let a participant write, look at the whole letter, and have it sent: three steps on one page.

    Every step that is sent as a form leads on to an address, so that going back never sends anything again. What was
    written stands in that address encrypted: nothing of it is kept here, nor in anybody's log.
    """
    participant = variants.dressed(queries.by_secret(secret))
    if participant is None:
        return page.nobodys(request)
    campaign = participant.campaign
    with page.speaking(campaign):
        phase = rules.phase(campaign, timezone.now())
        if phase is not Phase.RUNNING:
            return _show(request, participant, {"step": "closed", "phase": phase})
        if not is_offered(campaign):
            sentence = _("Share your link in another way: from your own mail program, for example.")
            return page.nothing(request, _("We send no letters here just now."), sentence)
        return _posted(request, participant) if request.method == "POST" else _shown(request, participant)


@csrf_exempt  # RFC 8058: a mail program's one click brings no cookie and no token; the address is the proof
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Show a button that ends all letters of a brand to whoever got this one; pressed, they end."""
    number = letters.number_of(token)
    message = messages.of_number(number) if number is not None else None
    if message is None:
        return page.nothing(request, _("We know no such letter."), _("Copy the whole address from the letter, please."))
    if request.method == "POST":
        actions.unsubscribe(message=message)
    is_done = gate.is_suppressed(message.campaign.brand, message.address_hash)
    with page.speaking(message.campaign):
        return page.campaign_answer(request, "portal/unsubscribe.html", message.campaign, {"is_done": is_done})


def _posted(request: HttpRequest, participant: Participant) -> HttpResponse:
    draft = replace(Draft(**{name: request.POST.get(name, "") for name in _FIELDS}), **_own_name(participant))
    if not _PACE.allows(request):
        sentence = _("Very many letters come from your network just now: wait a minute, then press the button again.")
        return _show(request, participant, {"step": "write", "draft": draft, "errors": {"": sentence}}, status=429)
    try:
        checked = _checked(draft, participant)
    except UserErrors as refused:
        return _show(request, participant, {"step": "write", "draft": draft, "errors": refused.by_field()}, status=422)
    step = request.POST.get("step")
    if step == "send":
        return _onward(participant, done=_sent(participant, checked))
    return _onward(participant, step="write" if step == "change" else "look", draft=_sealed(checked))


def _shown(request: HttpRequest, participant: Participant) -> HttpResponse:
    """Return the step that an address asks for; what cannot be read begins anew."""
    done = _DONE.get(request.GET.get("done", ""))
    if done is not None:
        return _show(request, participant, {"step": "done", "heading": say(done[0]), "sentence": say(done[1])})
    kept = sealing.unseal_many(request.GET.get("draft", "").encode())
    if kept:
        step = "look" if request.GET.get("step") == "look" else "write"
        draft = replace(Draft(**kept), **_own_name(participant))
        return _show(request, participant, {"step": step, "draft": draft})
    return _show(request, participant, {"step": "write", "draft": Draft(**_own_name(participant))})


def _onward(participant: Participant, **query: str) -> HttpResponse:
    address = reverse("letter", args=[queries.personal_secret(participant)])
    return page.see_other(f"{address}?{urlencode(query)}")


def _sealed(draft: Draft) -> str:
    return sealing.seal_many(asdict(draft)).decode()


def _own_name(participant: Participant) -> dict[str, str]:
    """Return the name that a participant joined with: nobody is somebody else in a letter. Empty where none can be."""
    try:
        return {"name": notes.check(participant.name, field="name")} if participant.name else {}
    except UserError:
        return {}


def _sent(participant: Participant, draft: Draft) -> str:
    """Have a letter sent, and return what became of it: a key of `_DONE`.

    Whether its owner wants none, or somebody else wrote before, is nobody's business; what its reader did, they know.
    """
    began = timezone.now()
    message = actions.queue(
        participant=participant,
        channel="email",
        purpose=Purpose.INVITE,
        address=draft.friend,
        once=f"invite:{channels.known_by('email', draft.friend)}",
        content=_content(participant, draft),
        language=translation.get_language(),
    )
    if message.reason == Reason.TOO_MANY:
        return "many"
    # One that was refused at once stayed as it was made: its sender was told that it is not sent.
    was_refused = message.state == State.LEFT_ALONE and message.changed_at == message.created_at
    if message.participant_id != participant.pk or was_refused:
        return "no"
    if message.created_at < began:
        return "before"
    return "later" if _must_wait(message) else "sent"


def _must_wait(message: Message) -> bool:
    """Say whether a letter waits for more than its turn: for the next hour or day, or a mail server that is away."""
    account = gate.account_row(message.campaign.brand, message.channel)
    return bool(message.reason or (account is not None and account.trouble))


def _content(participant: Participant, draft: Draft) -> dict[str, str]:
    campaign = participant.campaign
    creative = material.creative_for(campaign, participant.creative)
    picture = image(campaign, participant, creative)
    passed = passing(campaign, codes.spell(participant.pk), creative, participant)
    return letters.invitation(
        campaign,
        who=called(draft.name),
        note=draft.note,
        link=passed.link,
        words=passed.words,
        # People may write any address into a form; only one that the brand itself gave is believed.
        reply_to=participant.email or "" if participant.external_id and not participant.consent_text_id else "",
        picture=picture.address,
        picture_words=picture.words,
    )


def _show(
    request: HttpRequest, participant: Participant, context: Mapping[str, object], *, status: int = 200
) -> HttpResponse:
    account = gate.account(participant.campaign.brand, "email") or {}
    draft = context.get("draft")
    content = _content(participant, draft) if isinstance(draft, Draft) else {}
    return page.campaign_answer(
        request,
        "portal/letter.html",
        participant.campaign,
        {
            "participant": participant,
            "code": codes.spell(participant.pk),
            "secret": queries.personal_secret(participant),
            "content": content,
            "sender": account.get("sender", ""),
            "postal": account.get("postal", ""),
            "opening": letters.whose_words(content, participant.campaign.brand.name),
            "is_named": bool(_own_name(participant)),
            "reason": letters.why(content, participant.campaign.brand.name),
            "most_note": _NOTE,
            "errors": {},
            **context,
        },
        status=status,
    )


def _checked(draft: Draft, participant: Participant) -> Draft:
    checks = Checks()
    checked = Draft(
        friend=checks(_friend, draft.friend, participant.email or ""),
        name=checks(_name, draft.name),
        note=checks(_note, draft.note),
    )
    checks.finish()
    return checked


def _friend(given: str, own: str) -> str:
    if len(re.findall("@", given)) > 1:
        raise UserError(gettext_noop("One friend at a time: write one address only."), field="friend")
    tidy = text.email(given, field="friend")
    if not tidy:
        raise UserError(
            gettext_noop("Your friend’s address is empty: write it, like name@example.com."), field="friend"
        )
    local, _at, domain = tidy.partition("@")
    try:
        tidy = f"{local}@{domain.encode('idna').decode()}"
        is_sendable = local.isascii() and ".." not in local and not local.startswith(".") and not local.endswith(".")
    except UnicodeError:
        is_sendable = False
    if not is_sendable:
        message = gettext_noop("“{shown}” cannot be written to from here: use another address of your friend’s.")
        raise UserError(message, field="friend", shown=text.shown(given))
    if tidy == own:
        raise UserError(gettext_noop("“{shown}” is your own address: write a friend’s."), field="friend", shown=tidy)
    return tidy


def _name(given: str) -> str:
    tidy = text.line(given, field="name", most=_NAME)
    if not tidy:
        raise UserError(gettext_noop("Your name is empty: your friend must know who writes."), field="name")
    return notes.check(tidy, field="name")


def _note(given: str) -> str:
    return notes.check(text.paragraphs(given, field="note", most=_NOTE), field="note")


_NOT_SENT: Final = gettext_noop("This letter was not sent.")
_DONE: Final = {
    "sent": (
        gettext_noop("Your letter is on its way."),
        gettext_noop("It reaches your friend within a minute or two. We forget the address then."),
    ),
    "later": (
        gettext_noop("Your letter is taken, and has to wait."),
        gettext_noop("It goes out by itself as soon as it can, within a day or so. We forget the address then."),
    ),
    "before": (
        _NOT_SENT,
        gettext_noop("You have written to this friend before. A friend gets one letter from you, and no second one."),
    ),
    "many": (
        _NOT_SENT,
        gettext_noop("You have written to very many friends today; tomorrow you can write again."),
    ),
    "no": (
        _NOT_SENT,
        gettext_noop(
            "No letter goes to this address: somebody wrote to it before, or its owner wants none. Tell them yourself."
        ),
    ),
}
