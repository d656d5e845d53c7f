"""The campaign's page: where people see what is passed on, and join."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from sebar.campaigns import images, rules
from sebar.campaigns import queries as campaigns
from sebar.campaigns.models import Campaign
from sebar.campaigns.rules import Phase
from sebar.kit import codes, config
from sebar.kit.errors import NotAllowed, UserErrors
from sebar.pages.pace import Pace
from sebar.participants import actions
from sebar.participants import queries as participants
from sebar.participants.models import Participant
from sebar.portal import form as forms
from sebar.portal import page
from sebar.portal.form import Form
from sebar.portal.people import called
from sebar.portal.recognised import reader, remember

TEMPLATE: Final = "portal/campaign.html"
_PACE: Final = Pace(burst=120, per_second=1.0)


@require_http_methods(["GET", "HEAD", "POST"])
def campaign(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a campaign and let people join it."""
    found = campaigns.public(slug)
    if found is None:
        return page.nothing(request, _("No campaign has this address."), _("It may be mistyped, or not public yet."))
    with page.speaking(found):
        if request.method == "POST":
            return _join(request, found)
        return _show(request, found, forms.carried(request.GET))


def preview(request: HttpRequest, shown: Campaign) -> HttpResponse:
    """Return the campaign's page as people will see it, draft or not, with its form switched off."""
    with page.speaking(shown):
        context = {**_context(shown, Form()), "is_open": True, "is_preview": True}
        return page.campaign_answer(request, TEMPLATE, shown, context)


def _join(request: HttpRequest, joining: Campaign) -> HttpResponse:
    known = reader(request, joining)
    if known is not None:
        return _to_share_page(known, "again")
    form = forms.sent(request.POST)
    if not _PACE.allows(request):
        sentence = _("Very many people join from your network just now: wait a minute, then press the button again.")
        return _show_again(request, joining, form, {"": sentence}, 429)
    try:
        return _let_in(joining, form)
    except UserErrors as errors:
        return _show_again(request, joining, form, errors.by_field(), 422)
    except NotAllowed:
        return _show(request, joining, form, 409)  # it was paused or stopped while somebody filled the form in


def _let_in(joining: Campaign, form: Form) -> HttpResponse:
    consent = campaigns.consent(joining)
    entry = forms.checked(form, joining, consent)
    joined = actions.join(campaign=joining, entry=entry, consent_text=consent)
    response = _to_share_page(joined.participant, "new" if joined.is_new else "again")
    if joined.recognised_by != "email":
        # An address proves nothing: whoever knows somebody's sees only what is public.
        remember(response, joined.participant)
    return response


def _to_share_page(participant: Participant, moment: str) -> HttpResponse:
    """Lead on to the public page of a participant; `moment` only says which greeting fits."""
    response = HttpResponseRedirect(f"{reverse('share', args=[codes.spell(participant.pk)])}?{moment}")
    response.status_code = 303
    return response


def _show_again(
    request: HttpRequest, shown: Campaign, form: Form, errors: Mapping[str, str], status: int
) -> HttpResponse:
    in_order = {name: errors[name] for name in sorted(errors, key=forms.place)}
    return _show(request, shown, replace(form, errors=in_order), status)


def _show(request: HttpRequest, shown: Campaign, form: Form, status: int = 200) -> HttpResponse:
    context = {**_context(shown, form), "known": reader(request, shown)}
    return page.campaign_answer(request, TEMPLATE, shown, context, status=status)


def _context(shown: Campaign, form: Form) -> dict[str, Any]:
    wording = rules.text_for(shown.texts, translation.get_language(), shown.languages)
    lead, _blank, rest = wording["text"].partition("\n\n")
    consent, consent_words = campaigns.consent_words(shown, translation.get_language())
    phase = rules.phase(shown, timezone.now())
    return {
        "form": form,
        "fields": forms.fields(form, shown),
        "code_field": forms.code_field(form),
        "is_code_folded": bool(form.ref) and not form.typed["code"],
        "trap": forms.TRAP,
        "inviter": _inviter(shown, form.ref),
        "consent": consent,
        "consent_words": consent_words,
        "phase": phase,
        "is_open": phase is Phase.RUNNING,
        "lead": lead,
        "rest": rest,
        **_picture(shown),
    }


def _inviter(shown: Campaign, ref: str) -> str:
    """Return what the one whose link was followed is called, empty for nobody in this campaign."""
    person = participants.of_code(ref) if ref else None
    return called(person.name) if person is not None and person.campaign_id == shown.pk else ""


def _picture(shown: Campaign) -> dict[str, object]:
    picture = images.picture(shown.image)
    if picture is None:
        return {}
    # What reads a link's preview needs the whole address.
    return {"picture": picture, "og_image": f"{config.load().public_url}{reverse('media', args=[picture.og])}"}
