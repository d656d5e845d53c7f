"""Where a participant puts their footer under everyday mail: they see it, name their mailbox, and switch it."""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from sebar.channels import gate
from sebar.channels.kinds.footer import actions, rules, wording
from sebar.channels.kinds.footer import queries as footers
from sebar.kit.errors import UserError
from sebar.pages.middleware import allow_inline_style
from sebar.participants import queries
from sebar.participants.models import Participant
from sebar.portal import page

# Mail programs show mail on white; the line itself looks as it will there.
_STYLE: Final = (
    ".mail{background:#fff;color:#1c1d1a;border:1px solid var(--line);border-radius:8px;padding:14px}"
    f".mail div{{{wording.STYLE}}}.mail u{{text-decoration:underline}}"
    ".mail pre{margin:0;white-space:pre-wrap;font:13px/1.5 ui-monospace,monospace}"
)


@require_http_methods(["GET", "HEAD", "POST"])
def footer(request: HttpRequest, secret: str) -> HttpResponse:
    """Show a participant their footer and what becomes of it, or do what they ask."""
    participant = queries.by_secret(secret)
    if participant is None:
        return page.nobodys(request)
    with page.speaking(participant.campaign):
        if not gate.is_on(participant.campaign, rules.CHANNEL):
            sentence = _("Share your link in another way: from your own mail program, for example.")
            return page.nothing(request, _("This campaign puts nothing under mail."), sentence)
        if request.method != "POST":
            return _show(request, participant, secret)
        try:
            _do(participant, request)
        except UserError as error:
            return _show(request, participant, secret, error.message, 422)
    return page.see_other(reverse("mine-footer", args=[secret]))


def _do(participant: Participant, request: HttpRequest) -> None:
    match request.POST.get("do"):
        case "name":
            actions.enrol(participant=participant, address=request.POST.get("address", ""))
        case "on":
            actions.switch_on(participant=participant)
        case "off":
            actions.switch_off(participant=participant)


def _show(
    request: HttpRequest, participant: Participant, secret: str, error: str = "", status: int = 200
) -> HttpResponse:
    sender = footers.of_participant(participant)
    token = rules.token(participant.pk, sender.address_hash).upper() if sender else ""
    context = {
        "secret": secret,
        "footer": (mine := footers.footer_of(participant)),
        "lines": "\n".join(mine.plain()),
        "preview_css": _STYLE,
        "sender": sender,
        "token": f"{token[:3]} {token[3:]}",
        "counts": footers.counts_of(sender) if sender else None,
        "typed": request.POST.get("address", ""),
        "error": error,
    }
    response = page.campaign_answer(request, "portal/footer.html", participant.campaign, context, status=status)
    allow_inline_style(response, _STYLE)
    return response
