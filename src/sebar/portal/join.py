"""The campaign's page: where people see what is passed on, and join."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from sebar.campaigns import images, rules
from sebar.campaigns import queries as campaigns
from sebar.campaigns.models import Asks, Campaign
from sebar.campaigns.rules import Phase
from sebar.channels.kinds.email import actions as letters
from sebar.kit import codes
from sebar.kit.errors import NotAllowed, UserErrors
from sebar.material import queries as creatives
from sebar.material.models import Creative
from sebar.pages.origin import origin
from sebar.pages.pace import Pace, line
from sebar.pages.same_site import same_site
from sebar.participants import queries as participants
from sebar.participants.models import Participant
from sebar.portal import admission, app, material, page, promise, recognised, spoken, variants
from sebar.portal import form as forms
from sebar.portal.admission import Sent
from sebar.portal.card import card
from sebar.portal.draws import offered
from sebar.portal.form import Form
from sebar.portal.mine import why
from sebar.portal.people import called
from sebar.portal.recognised import reader, remember
from sebar.verdicts import agents

TEMPLATE: Final = "portal/campaign.html"
_PACE: Final = Pace(burst=120, per_second=1.0)


@same_site
@require_http_methods(["GET", "HEAD", "POST"])
def campaign(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a campaign and let people join it."""
    found = campaigns.public(slug)
    if found is None:
        return page.nothing(request, _("No campaign has this address."), _("It may be mistyped, or not public yet."))
    with page.speaking(found, request, _inviter(found, request.GET.get("ref", ""))):
        if request.method == "POST":
            return _join(request, found)
        return _show(request, found, forms.carried(request.GET))


def preview(request: HttpRequest, shown: Campaign, creative: Creative | None = None) -> HttpResponse:
    """Return the campaign's page as people will see it, draft or not, with its form switched off.

    Parameters
    ----------
    creative
        The material on it, whether people are shown it or not; what they would be shown when absent.
    """
    with page.speaking(shown):
        context = {**_context(shown, Form()), "is_open": True, "is_preview": True}
        context["promise"] = promise.to_referrer(shown, context["draws"])
        if creative is not None:
            context["piece"] = material.piece(creative)
        return page.campaign_answer(request, TEMPLATE, shown, context)


def _join(request: HttpRequest, joining: Campaign) -> HttpResponse:
    here = _here_already(request, joining)
    if here is not None:
        return here
    form = forms.sent(request.POST, request.headers.get("X-Forwarded-Country", ""), line(request), origin(request))
    if agents.read(request.headers.get("User-Agent", "")).name:
        sentence = _("A program has sent this. People join here; the brand’s own programs do so through its API.")
        return _show_again(request, joining, form, {"": sentence}, 403)
    if not _PACE.allows(request):
        sentence = _("Very many people join from your network just now: wait a minute, then press the button again.")
        return _show_again(request, joining, form, {"": sentence}, 429)
    sent = admission.sent(joining, form, variants.given_by(request), request.POST.get("score", ""))
    try:
        return _let_in(joining, sent)
    except UserErrors as errors:
        return _show_again(request, joining, replace(form, offers=spoken.offers(errors)), errors.by_field(), 422)
    except NotAllowed:
        return _show(request, joining, form, 409)  # it was stopped, or has ended, while somebody filled the form in


def _here_already(request: HttpRequest, joining: Campaign) -> HttpResponse | None:
    """Lead whoever joined or waits in this browser to their page; None for everybody else."""
    known = reader(request, joining)
    if known is not None:
        return _to_share_page(known, "again")
    waits = recognised.waits(request, joining)
    return page.see_other(reverse("mine", args=[waits])) if waits else None


def _let_in(joining: Campaign, sent: Sent) -> HttpResponse:
    if rules.phase(joining, timezone.now()) is Phase.PAUSED:
        return admission.wait(joining, sent)
    joined, is_welcomed = admission.let_in(joining, sent)
    moment = "again" if not joined.is_new else "new&letters" if is_welcomed else "new"
    response = _to_share_page(joined.participant, moment)
    if joined.is_new or timezone.now() - joined.participant.joined_at < admission.SENT_AGAIN:
        remember(response, joined.participant)
    return response


def _to_share_page(participant: Participant, moment: str) -> HttpResponse:
    """Lead on to the public page of a participant; `moment` only says which greeting fits."""
    return page.see_other(f"{reverse('share', args=[codes.spell(participant.pk)])}?{moment}")


def _show_again(
    request: HttpRequest, shown: Campaign, form: Form, errors: Mapping[str, str], status: int
) -> HttpResponse:
    in_order = {name: errors[name] for name in sorted(errors, key=forms.place)}
    return _show(request, shown, replace(form, errors=in_order), status)


def _show(request: HttpRequest, shown: Campaign, form: Form, status: int = 200) -> HttpResponse:
    known, inviter = reader(request, shown), _inviter(shown, form.ref)
    variant = variants.for_participant(known) if known else variants.for_visitor(request, shown, inviter)
    form = replace(form, c=variant.creative or form.c)
    context = {**_context(variant.campaign, form, known), "known": known, "variant": variant}
    context["why_known"] = why(known) if known else ""
    if context["is_open"] and known is None and not variant.settles_offer:
        to = promise.to_friend if inviter else promise.to_referrer
        context["promise"] = to(shown, context["draws"])
    context["score"] = (request.POST if request.method == "POST" else request.GET).get("score", "")
    context["is_unanswered"] = "missing" in request.GET
    context["waits"] = recognised.waits(request, shown) if known is None else ""
    if context["is_open"]:
        context["app"] = app.way(request, shown, inviter)
    return page.campaign_answer(request, TEMPLATE, variant.campaign, context, status=status)


def _context(shown: Campaign, form: Form, known: Participant | None = None) -> dict[str, Any]:
    wording = rules.text_for(shown.texts, translation.get_language(), shown.languages)
    lead, _blank, rest = wording["text"].partition("\n\n")
    consent, consent_words = campaigns.consent_words(shown, translation.get_language())
    phase = rules.phase(shown, timezone.now())
    is_quiet = campaigns.is_quiet(shown, timezone.now())
    person = _inviter(shown, form.ref)
    # Friends see what their friend saw, also where a link cannot say it: scanned, or said aloud.
    creative = creatives.creative_for(shown, form.c or (person.creative if person else ""))
    form = replace(form, c=creative.name) if creative is not None else form
    creative = None if is_quiet else creative
    link = {name: value for name, value in (("ref", form.ref), ("via", form.via)) if value}
    return {
        "form": form,
        "piece": material.piece(creative, inviter=person, known=known, carried=link) if creative is not None else None,
        "fields": forms.fields(form, shown),
        "code_field": forms.code_field(form),
        "is_code_folded": bool(form.ref) and not form.typed["code"],
        "has_letters": shown.asks_email != Asks.NO and letters.are_ready(shown),
        "trap": forms.TRAP,
        "inviter": called(person.name) if person else "",
        "card": card(shown, person, form.via, creative),
        "consent": consent,
        "consent_words": consent_words,
        "phase": phase,
        "is_open": phase is Phase.RUNNING,
        "lead": "" if is_quiet else lead,
        "rest": "" if is_quiet else rest,
        "picture": None if is_quiet else images.picture(shown.image),
        "draws": offered(shown),
    }


def _inviter(shown: Campaign, ref: str) -> Participant | None:
    """Return whose link was followed, None for nobody in this campaign."""
    person = participants.of_code(ref) if ref else None
    return person if person is not None and person.campaign_id == shown.pk else None
