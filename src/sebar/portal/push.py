"""News by web push: the worker that shows it in the browser, and the switch on the personal page."""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from sebar.channels import actions, gate
from sebar.channels.kinds.push import subscription
from sebar.kit.errors import UserError
from sebar.pages.pace import Pace
from sebar.participants import queries

_PACE: Final = Pace(burst=30, per_second=0.1)
_WORKER = """\
// Shows the news that this page's reader asked for, and opens our own page when it is pressed.
self.addEventListener("push", (event) => {
  const { title, text, link, tag, lang } = event.data.json();
  event.waitUntil(self.registration.showNotification(title, { body: text, tag, lang, data: { link } }));
});
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const link = new URL(event.notification.data.link, self.location.origin);
  if (link.origin === self.location.origin) event.waitUntil(self.clients.openWindow(link.href));
});
"""


@require_safe
def worker(_request: HttpRequest) -> HttpResponse:
    """Return the program that the browser keeps for when news comes."""
    response = HttpResponse(_WORKER, content_type="text/javascript")
    response.headers["Cache-Control"] = "no-cache"
    return response


@require_POST
def switch(request: HttpRequest, secret: str) -> HttpResponse:
    """Begin or end news to one browser of a participant; what it answers is shown as it is."""
    participant = queries.by_secret(secret)
    if participant is None:
        return JsonResponse({"said": _("No personal page has this address.")}, status=404)
    if not _PACE.allows(request):
        return JsonResponse({"said": _("Wait a minute, then press the button again.")}, status=429)
    try:
        address = subscription.read(request.POST.get("subscription", ""))
    except UserError as refused:
        return JsonResponse({"said": refused.message}, status=422)
    if request.POST.get("to") != "on":
        actions.end_for(participant=participant, channel="push", address=address)
        return JsonResponse({"said": _("No more news in this browser.")})
    if not gate.is_on(participant.campaign, "push"):
        return JsonResponse({"said": _("There is no news by this means just now.")}, status=409)
    actions.agree(participant=participant, channel="push", address=address)
    return JsonResponse({"said": _("You get a note here when a friend joins.")})
