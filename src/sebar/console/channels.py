"""The channels of a campaign: what each is, whether it is on, what was sent, what came of it, and what went wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final
from urllib.parse import urlencode, urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from sebar import channels, measures
from sebar.brands.queries import Membership
from sebar.brands.rules import Verb
from sebar.campaigns.models import Campaign
from sebar.channels import actions, gate, notices, queries
from sebar.channels.base import Channel, Field
from sebar.channels.models import Account, Purpose
from sebar.channels.queries import Sent
from sebar.console import news, previews
from sebar.console.access import brand_context, of_campaign
from sebar.console.campaigns import frame
from sebar.console.panels import Context, Panel, streamed
from sebar.kit import codes, config
from sebar.kit.errors import NotAllowed, NotFound, Unavailable, UserError, UserErrors
from sebar.kit.words import gettext_noop
from sebar.participants import queries as participants
from sebar.participants.models import Participant

_ALL: Final = 1000
_MOST_FOREIGN: Final = 20
_REJECTED = "sebar_channel_rejected"
_TAG_FILES: Final = {"link": "nfc-link", "poster": "nfc-poster"}


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A channel as a campaign has it.

    Attributes
    ----------
    state
        ``on`` and it works, ``missing`` (on, but something is lacking), ``trouble`` (on, but in trouble) or ``off``.
    words
        The same for people.
    lacking
        What is lacking or in trouble, a sentence each.
    sent_for
        What was sent, and how many of it.
    passed_on, opened, joined
        How often people passed it on that way, counted visits that came by it, and people who joined by it; None while
        nobody can count.
    """

    channel: Channel
    is_on: bool
    state: str
    words: str
    lacking: list[str]
    sent: Sent
    sent_for: list[tuple[str, int]]
    passed_on: int | None
    opened: int | None
    joined: int | None

    @property
    def is_passed_on(self) -> bool:
        """Whether people pass something on by it, so that it can be counted."""
        return bool(self.channel.address or self.channel.hands_on or self.passed_on)


@dataclass(frozen=True)
class Came:
    """How often it was passed on by one way, and how many visits and joins came by it."""

    passed_on: int = 0
    opened: int = 0
    joined: int = 0

    def __add__(self, other: Came) -> Came:
        return Came(self.passed_on + other.passed_on, self.opened + other.opened, self.joined + other.joined)


@dataclass(frozen=True)
class Other:
    """What came by no channel of ours: by a name that links carried, or by none at all."""

    name: str
    about: str
    came: Came


@dataclass(frozen=True)
class Line:
    """One line of the form that sets a channel up."""

    field: Field
    value: str
    error: str


@require_GET
@of_campaign(Verb.LOOK)
def channels_page(request: HttpRequest, membership: Membership, campaign: Campaign) -> HttpResponseBase:
    """Show every channel with what came of it, those that brought most people first."""
    rejected = request.session.pop(_REJECTED, None) or {"entered": {}, "errors": {}}
    context = (
        brand_context(membership)
        | frame(campaign)
        | {
            "tab": "channels",
            "news": news.lines(campaign, **rejected),
            "errors": rejected["errors"],
            "who_asked": queries.people_who_asked(campaign),
        }
    )
    return streamed(request, "console/channels.html", (Panel("channels", _table),), campaign, context)


@require_POST
@of_campaign(Verb.EDIT)
def announce(request: HttpRequest, membership: Membership, campaign: Campaign) -> HttpResponseBase:
    """Take news for everybody in the campaign who asked for it."""
    entered, texts = news.sent(request.POST, campaign)
    try:
        notices.announce(membership=membership, slug=campaign.slug, texts=texts)
    except UserErrors as refused:
        request.session[_REJECTED] = {"entered": entered, "errors": refused.by_field()}
    except NotAllowed as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, _("The news is on its way to everybody who asked for it."))
    return redirect("console:channels", membership.brand.slug, campaign.slug)


@require_GET
@of_campaign(Verb.LOOK)
def channel_page(request: HttpRequest, membership: Membership, campaign: Campaign, channel: str) -> HttpResponseBase:
    """Show one channel: what it is and takes, a form to set it up, what was sent and what became of it."""
    found = _channel(channel)
    rejected = request.session.pop(_REJECTED, None) or {"entered": {}, "errors": {}}
    account = queries.accounts(campaign.brand).get(channel)
    preview = previews.of(campaign, request.GET.get("with", ""))
    context = (
        brand_context(membership)
        | frame(campaign)
        | {
            "tab": "channels",
            "channel": found,
            "is_on": queries.switches(campaign)[channel],
            "lines": _lines(found, account, **rejected),
            "errors": rejected["errors"],
            "account": account,
            "lacking": _lacking(found, account),
            "preview": preview,
            "said": preview.said(found),
            "length": preview.length(found),
            "host": urlsplit(config.load().public_url).netloc,
            "own": found.own_part(campaign),
            "typed_code": request.GET.get("code", ""),
        }
    )
    panel = Panel("channel", partial(_one, name=channel))
    return streamed(request, "console/channel.html", (panel,), campaign, context)


@require_GET
@of_campaign(Verb.LOOK)
def nfc_file(request: HttpRequest, membership: Membership, campaign: Campaign) -> HttpResponseBase:
    """Send a member on to the file that holds a participant's link, or back to the code that is wrong."""
    try:
        person = typed_person(request, campaign)
        if not gate.is_on(campaign, "nfc"):
            raise NotFound(gettext_noop("This campaign does not use NFC tags."))
    except UserError as refused:
        return back_to_code(request, membership, campaign, "nfc", refused)
    return redirect(_TAG_FILES.get(request.GET.get("file", ""), "nfc-link"), codes.spell(person.pk))


def typed_person(request: HttpRequest, campaign: Campaign) -> Participant:
    """Return whose code or external id was typed on a channel's page.

    Raises
    ------
    UserError
        When nothing was typed, or nobody in this campaign has it.
    """
    reference = request.GET.get("code", "").strip()
    if not reference:
        raise UserError(gettext_noop("The code is empty: enter a participant’s code or external id."), field="code")
    return participants.find(campaign, reference)


def back_to_code(
    request: HttpRequest, membership: Membership, campaign: Campaign, channel: str, refused: UserError
) -> HttpResponseBase:
    """Show the channel's page again, with what was typed and what is wrong with it."""
    messages.error(request, refused.message)
    address = reverse("console:channel", args=[membership.brand.slug, campaign.slug, channel])
    return redirect(f"{address}?{urlencode({'code': request.GET.get('code', '')})}")


@require_POST
@of_campaign(Verb.EDIT)
def switch(request: HttpRequest, membership: Membership, campaign: Campaign, channel: str) -> HttpResponseBase:
    """Switch a channel on or off in this campaign."""
    is_on = request.POST.get("to") == "on"
    actions.switch(campaign=campaign, channel=_channel(channel).name, is_on=is_on)
    messages.success(
        request,
        (
            _("{channel} is on in this campaign.")
            if is_on
            else _("{channel} is off in this campaign. Old links keep working.")
        ).format(channel=channels.title(channel)),
    )
    return redirect("console:channel", membership.brand.slug, campaign.slug, channel)


@require_POST
@of_campaign(Verb.MANAGE)
def set_up(request: HttpRequest, membership: Membership, campaign: Campaign, channel: str) -> HttpResponseBase:
    """Keep what the brand needs for a channel; it holds in all its campaigns."""
    found = _channel(channel)
    entered = {field.name: request.POST.get(field.name, "") for field in found.fields if field.kind != "made"}
    try:
        actions.set_up(membership=membership, channel=channel, entered=entered)
    except UserErrors as refused:
        secret = {field.name for field in found.fields if field.is_secret}
        kept = {key: value for key, value in entered.items() if key not in secret}
        request.session[_REJECTED] = {"entered": kept, "errors": refused.by_field()}
    else:
        lacking = " ".join(_lacking(found, queries.accounts(campaign.brand)[channel]))
        done = _("{channel} is set up.")
        if lacking:
            done = _("What you entered is kept. {lacking}")
        elif found.serves and found.try_out is Channel.try_out:
            done = _("It is kept. Whether {channel} works with it is tried now: look here again in a moment.")
        messages.success(request, done.format(channel=found.title, lacking=lacking))
    return redirect("console:channel", membership.brand.slug, campaign.slug, channel)


@require_POST
@of_campaign(Verb.MANAGE)
def prove(request: HttpRequest, membership: Membership, campaign: Campaign, channel: str) -> HttpResponseBase:
    """Look in public whether what the brand claims on a channel is its own."""
    try:
        actions.prove(membership=membership, channel=_channel(channel).name)
    except (UserError, Unavailable) as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, _("The record is published, and it is yours."))
    return redirect("console:channel", membership.brand.slug, campaign.slug, channel)


@require_POST
@of_campaign(Verb.MANAGE)
def take_down(request: HttpRequest, membership: Membership, campaign: Campaign, channel: str) -> HttpResponseBase:
    """Forget what the brand entered for a channel."""
    actions.take_down(membership=membership, channel=_channel(channel).name)
    messages.success(request, _("What was entered is deleted. Nothing is sent until it is set up again."))
    return redirect("console:channel", membership.brand.slug, campaign.slug, channel)


def _table(campaign: Campaign) -> Context:
    """Return a line for every channel, then one for whatever else brought people: nobody who came is left out."""
    came = _came(campaign)
    rows = _shown(campaign, came)
    rows.sort(key=lambda row: (-(row.joined or 0), -(row.opened or 0), row.channel.order or _ALL, row.channel.name))
    return {
        "rows": rows,
        "others": _others(came or {}),
        "is_counted": came is not None,
        "all": sum((came or {}).values(), start=Came()),
    }


def _others(came: Mapping[str, Came]) -> list[Other]:
    """Return what came by names that are no channel's, the largest first, then by none: links carry any name."""
    foreign = [(name, counts) for name, counts in came.items() if name and name not in channels.ALL]
    foreign.sort(key=lambda one: (-one[1].joined, -one[1].opened, one[0]))
    about = _("This name stood in the links; it is none of these channels.")
    found = [Other(name, about, counts) for name, counts in foreign[:_MOST_FOREIGN]]
    rest = foreign[_MOST_FOREIGN:]
    if rest:
        found.append(Other(_("Other names in links"), "", sum((counts for _name, counts in rest), start=Came())))
    if "" in came:
        about = _(
            "No channel was named: by the campaign’s own page, by a link that was cut or typed, or added by a program."
        )
        found.append(Other(channels.title(""), about, came[""]))
    return found


def _one(campaign: Campaign, name: str) -> Context:
    return {"row": next(row for row in _shown(campaign, _came(campaign)) if row.channel.name == name)}


def _shown(campaign: Campaign, came: Mapping[str, Came] | None) -> list[Shown]:
    is_on, accounts, sent = queries.switches(campaign), queries.accounts(campaign.brand), queries.sent(campaign)
    return [
        _row(channel, is_on[name], accounts.get(name), sent.get(name, Sent()), came)
        for name, channel in channels.ALL.items()
    ]


def _row(channel: Channel, is_on: bool, account: Account | None, sent: Sent, came: Mapping[str, Came] | None) -> Shown:
    counts = None if came is None else came.get(channel.name, Came())
    lacking = _lacking(channel, account) if is_on else []
    state = _state(is_on, account, lacking)
    return Shown(
        channel=channel,
        is_on=is_on,
        state=state,
        words=_state_names()[state],
        lacking=[account.trouble_words] if state == "trouble" and account is not None else lacking,
        sent=sent,
        sent_for=[(words, sent.sent_for[purpose]) for purpose, words in _purposes() if purpose in sent.sent_for],
        passed_on=counts.passed_on if counts else None,
        opened=counts.opened if counts else None,
        joined=counts.joined if counts else None,
    )


def _purposes() -> list[tuple[Purpose, str]]:
    return [
        (Purpose.INVITE, _("to friends of people")),
        (Purpose.OWN, _("welcome and the way back to one’s own page")),
        (Purpose.NOTICE, _("news")),
        (Purpose.CORRECTION, _("corrections")),
    ]


def _came(campaign: Campaign) -> dict[str, Came] | None:
    """Return what came by each channel; None while the engine does not answer: the switches must work then too.

    Of more names than anybody can read, the rest counts as unknown.
    """
    try:
        groups = measures.breakdown(campaign.pk, "channel", zone=campaign.time_zone, most=_ALL).groups
    except Unavailable:
        return None
    came: dict[str, Came] = {}
    for group in groups:
        came[group.label] = came.get(group.label, Came()) + Came(group.passed_on, group.visits, group.joins)
    return came


def _lacking(channel: Channel, account: Account | None) -> list[str]:
    """Return what a channel still needs before it does all that it can, a sentence each."""
    if not channel.fields:
        own = ""
    elif account is None:
        own = _("It is not set up yet.")
    else:
        own = channel.wants(account.settings)
    claim = ""
    if account is not None and not gate.is_seen(account):
        claim = (
            _("Nobody has seen yet that {claim} is yours, so what goes out may be taken for spam: publish the record.")
            if gate.is_proved(account)
            else _("Nothing goes out before it can be seen that {claim} is yours: publish the record, then check it.")
        )
        claim = claim.format(claim=channel.claims(account.settings))
    return [sentence for sentence in (channel.lacks(), own, claim) if sentence]


def _state(is_on: bool, account: Account | None, lacking: list[str]) -> str:
    if not is_on:
        return "off"
    if lacking:
        return "missing"
    return "trouble" if account is not None and account.trouble else "on"


def _state_names() -> dict[str, str]:
    return {"on": _("on"), "off": _("off"), "missing": _("on, but incomplete"), "trouble": _("on, but in trouble")}


def _lines(
    channel: Channel, account: Account | None, entered: Mapping[str, str], errors: Mapping[str, str]
) -> list[Line]:
    kept = account.settings if account is not None else {}
    return [
        Line(
            field,
            "" if field.is_secret else entered.get(field.name, kept.get(field.name, "")),
            errors.get(field.name, ""),
        )
        for field in channel.fields
        if field.kind != "made"
    ]


@require_GET
@of_campaign(Verb.LOOK)
def letter(request: HttpRequest, _membership: Membership, campaign: Campaign) -> HttpResponseBase:
    """Show a letter to a friend as it arrives, for a frame: letters bring their own style, and nothing else."""
    response = HttpResponse(previews.of(campaign, request.GET.get("with", "")).letter())
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; img-src {config.load().public_url}; style-src 'unsafe-inline'; base-uri 'none';"
        " form-action 'none'; frame-ancestors 'self'"
    )
    return response


def _channel(name: str) -> Channel:
    found = channels.ALL.get(name)
    if found is None:
        raise NotFound(gettext_noop("There is no channel called “{name}”."), field="channel", name=name[:40])
    return found
