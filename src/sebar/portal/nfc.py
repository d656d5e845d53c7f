"""Files with which a participant's link is written on NFC tags."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from sebar.channels import gate
from sebar.channels.kinds.nfc import CHANNEL, files
from sebar.participants import queries
from sebar.participants.models import Participant
from sebar.portal import page


@require_safe
@never_cache
def link(request: HttpRequest, code: str) -> HttpResponse:
    """Return the file that holds a participant's link."""
    return _file(request, code, "link", lambda _participant: files.link(code))


@require_safe
@never_cache
def poster(request: HttpRequest, code: str) -> HttpResponse:
    """Return the file that holds a participant's link and what the campaign is, in its languages."""
    return _file(request, code, "poster", lambda participant: files.poster(participant.campaign, code))


def _file(request: HttpRequest, code: str, name: str, made: Callable[[Participant], bytes]) -> HttpResponse:
    participant = queries.of_code(code)
    if participant is None:
        return page.unknown_code(request, code)
    if not gate.is_on(participant.campaign, CHANNEL.name):
        return page.nothing(request, _("There is no such file."), _("This campaign does not use NFC tags."))
    response = HttpResponse(made(participant), content_type="application/octet-stream")
    response.headers["Content-Disposition"] = f'attachment; filename="{code}-{name}.ndef"'
    return response
