"""The shortest address of a link, for beacons that have no room to say how it travels: the address itself says it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from sebar.channels.kinds.bluetooth import CHANNEL
from sebar.kit import codes
from sebar.portal import page


@require_safe
@never_cache
def beacon(request: HttpRequest, code: str) -> HttpResponse:
    """Lead on to somebody's link as it travels by Bluetooth."""
    if codes.read(code) is None:
        return page.unknown_code(request, code)
    return HttpResponseRedirect(CHANNEL.link(f"/r/{code}"))
