"""Where Meta tells us what people write to a brand's WhatsApp number. Nobody else is listened to."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from sebar.brands.models import Brand
from sebar.channels import gate
from sebar.channels.kinds.whatsapp_cloud import CHANNEL, webhook


@csrf_exempt  # signed by Meta instead
@never_cache
@require_http_methods(["GET", "POST"])
def listen(request: HttpRequest, brand: str) -> HttpResponse:
    """Prove at the set-up that this address is the brand's (GET); take what happened (POST)."""
    found = Brand.objects.filter(slug=brand).first()
    account = gate.account(found, CHANNEL.name) if found is not None else None
    if found is None or account is None:
        return _plain(404)
    if request.method == "GET":
        is_right = webhook.is_told_by_meta(account, request.GET.get("hub.verify_token", ""))
        return _plain(200, request.GET.get("hub.challenge", "")[:200]) if is_right else _plain(403)
    if len(request.body) > webhook.LARGEST:
        return _plain(413)
    if not webhook.is_from_meta(account, request.body, request.headers.get("X-Hub-Signature-256", "")):
        return _plain(403)
    webhook.take(found, account, request.body)
    return _plain(200)


def _plain(status: int, text: str = "") -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
