"""The page of one participant's link: to pass it on in every way there is. Public: it opens nothing private."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from sebar import channels
from sebar.campaigns import rules
from sebar.campaigns.models import Campaign
from sebar.campaigns.rules import Phase
from sebar.channels import qr
from sebar.channels import queries as switches
from sebar.channels.base import Channel
from sebar.fraud import actions as fraud
from sebar.kit import addresses, codes, text
from sebar.kit.errors import UserError
from sebar.kit.hosts import host
from sebar.material import queries as creatives
from sebar.participants import queries
from sebar.participants.models import Participant
from sebar.portal import material, page, promise, variants
from sebar.portal.card import card, picture_path
from sebar.portal.draws import offered
from sebar.portal.heard import question
from sebar.portal.passing import Passing, passing
from sebar.portal.people import called_within
from sebar.portal.recognised import reader
from sebar.verdicts import agents

_OPEN = 4  # buttons that stand open; the others are behind “more”


@require_safe
def share(request: HttpRequest, code: str) -> HttpResponse:
    """Show a participant's link with every way to pass it on; to themselves also the way to their own page."""
    participant = queries.of_code(code)
    if participant is None:
        return page.unknown_code(request, code)
    variant = variants.for_participant(participant)
    participant.campaign = variant.campaign
    with page.speaking(participant.campaign, request, participant):
        context = _context(request, participant, code)
        if context["is_open"] and not variant.settles_offer:
            to = promise.to_referrer if context["is_own"] else promise.to_friend
            context["promise"] = to(participant.campaign, offered(participant.campaign))
        return page.campaign_answer(request, "portal/share.html", participant.campaign, context)


@require_safe
def on_server(request: HttpRequest, code: str, name: str) -> HttpResponse:
    """Ask on which of a network's many servers somebody is, and show the way there. Nobody is sent on by us."""
    participant, channel = variants.dressed(queries.of_code(code)), channels.ALL.get(name)
    if participant is None or channel is None or not channel.asks_server:
        return page.unknown_code(request, code)
    typed, error, address = request.GET.get("server", ""), "", ""
    with page.speaking(participant.campaign):
        try:
            typed = host(typed) if typed.strip() else ""
            address = _passing(participant).door(channel, typed) if typed else ""
        except UserError as wrong:
            error = wrong.message
        server = typed if address else text.shown(typed)
        context = {"channel": channel, "code": code, "server": server, "error": error, "address": address}
        status = 422 if error else 200
        return page.campaign_answer(request, "portal/server.html", participant.campaign, context, status=status)


def _context(request: HttpRequest, participant: Participant, code: str) -> dict[str, object]:
    campaign = participant.campaign
    creative = creatives.creative_for(campaign, participant.creative)
    passed = passing(campaign, code, creative, participant)
    has = switches.switches(campaign)
    device = agents.read(request.headers.get("User-Agent", "")).device
    doors = [(channel, _address(channel, code, passed)) for channel in _doors(campaign, has, device)]
    owner = reader(request, campaign)
    is_own = owner is not None and owner.pk == participant.pk
    if owner is not None and is_own:
        fraud.note_seen(participant=owner)
    phase = rules.phase(campaign, timezone.now())
    return {
        "participant": participant,
        "code": code,
        "who": called_within(participant.name),
        "card": card(campaign, participant, creative=creative),
        "creative": creative,
        "own_card": material.own_card(creative, participant) if creative is not None else "",
        "is_own": is_own,
        "is_new": "new" in request.GET,
        "is_again": "again" in request.GET,
        "has_asked_for_letters": is_own and "letters" in request.GET,
        "counts": queries.counts(participant) if is_own else None,
        "question": question(participant) if is_own and "new" in request.GET else None,
        "is_heard": "heard" in request.GET,
        "own_page": reverse("mine", args=[queries.personal_secret(participant)]) if is_own else "",
        "phase": phase,
        "is_open": phase in {Phase.RUNNING, Phase.SCHEDULED},
        "has": has,
        "picture_file": picture_path(campaign),
        "link": passed.link,
        "sheet": channels.ALL["share"],
        "sheet_link": channels.ALL["share"].link(passed.link),
        "copied_link": channels.ALL["copy"].link(passed.link),
        "words": passed.words,
        "subject": passed.subject,
        "doors": doors[:_OPEN],
        "more_doors": doors[_OPEN:],
        "qr": qr.drawing(channels.ALL["qr"].link(addresses.link(code))),
    }


def _doors(campaign: Campaign, has: dict[str, bool], device: str) -> list[Channel]:
    """Return the channels with a button that a campaign has, those first that a device is likely to open."""
    shown = [
        channel
        for channel in channels.DOORS
        if has[channel.name] and (campaign.image or "{picture}" not in channel.address)
    ]
    return sorted(shown, key=lambda channel: channel.needs_phone and device == "desktop")


def _address(channel: Channel, code: str, passed: Passing) -> str:
    return reverse("server", args=[code, channel.name]) if channel.asks_server else passed.door(channel)


def _passing(participant: Participant) -> Passing:
    creative = creatives.creative_for(participant.campaign, participant.creative)
    return passing(participant.campaign, codes.spell(participant.pk), creative, participant)
