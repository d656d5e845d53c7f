"""What a participant prints: every form to look at and to download. Public like the share page, and it names nobody."""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from sebar.campaigns import rules
from sebar.campaigns.rules import Phase
from sebar.channels import gate
from sebar.channels.kinds.paper import CHANNEL, forms, printing
from sebar.channels.kinds.paper.design import design
from sebar.channels.kinds.paper.forms import Form
from sebar.channels.kinds.paper.printing import What
from sebar.pages.middleware import error_page
from sebar.pages.pace import Pace
from sebar.participants import queries
from sebar.participants.models import Participant
from sebar.portal import page

_PACE: Final = Pace(burst=60, per_second=0.5)
_WIDTH: Final = 240  # pixels of a form to look at
_A_WHILE: Final = "private, max-age=600"
_FILES: Final = (What.QR_PNG, What.QR_SVG, What.QR_EPS)


@require_safe
def forms_page(request: HttpRequest, code: str) -> HttpResponse:
    """Show every form with a participant's link on it."""
    participant = _who_prints(code)
    if participant is None:
        return page.unknown_code(request, code)
    with page.speaking(participant.campaign):
        phase = rules.phase(participant.campaign, timezone.now())
        context = {
            "code": code,
            "forms": list(Form),
            "files": [(what, what.value.removeprefix("qr-").upper()) for what in _files(participant)],
            "language": translation.get_language(),
            "phase": phase,
            "is_open": _is_open(phase),
        }
        return page.campaign_answer(request, "portal/print.html", participant.campaign, context)


@require_safe
def sheet(request: HttpRequest, code: str) -> HttpResponse:
    """Return a form as PDF or the bare QR code as a file, to keep; with ``look`` a picture of the form."""
    participant, wanted = _who_prints(code), request.GET.get("form", What.POSTER)
    if participant is None or wanted not in {*What} or (wanted in _FILES and wanted not in _files(participant)):
        return page.unknown_code(request, code)
    phase = rules.phase(participant.campaign, timezone.now())
    if not _is_open(phase):
        return page.nothing(request, _("There is nothing to print."), phase.reason)
    if not _PACE.allows(request):
        sentence = _("Very much is printed from your network just now: wait a minute, then try again.")
        return error_page(request, 429, _("One moment, please."), sentence)
    language = request.GET.get("language", participant.language)
    answer = _look if "look" in request.GET and wanted in {*Form} else _kept
    response = answer(What(wanted), participant, language)
    response.headers["Cache-Control"] = _A_WHILE
    return response


def _look(what: What, participant: Participant, language: str) -> HttpResponse:
    drawn, person = design(participant.campaign, language), forms.person(participant.campaign, participant.pk)
    return HttpResponse(forms.png(Form(what.value), drawn, person, width=_WIDTH), content_type="image/png")


def _kept(what: What, participant: Participant, language: str) -> HttpResponse:
    file = printing.one(what, participant.campaign, language, participant.pk)
    response = HttpResponse(file.content, content_type=what.content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{file.name}"'
    return response


def _who_prints(code: str) -> Participant | None:
    found = queries.of_code(code)
    return found if found is not None and gate.is_on(found.campaign, CHANNEL.name) else None


def _files(participant: Participant) -> tuple[What, ...]:
    return _FILES if gate.is_on(participant.campaign, "qr") else ()


def _is_open(phase: Phase) -> bool:
    return phase in {Phase.RUNNING, Phase.SCHEDULED}
