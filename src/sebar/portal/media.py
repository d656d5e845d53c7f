"""Pictures of campaigns and the QR codes of links: files that never change, so that browsers ask once."""

from __future__ import annotations

import re
from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from sebar import channels
from sebar.channels import qr
from sebar.kit import addresses, codes, config

_TYPES: Final = {"webp": "image/webp", "avif": "image/avif", "jpg": "image/jpeg"}
_NAME: Final = re.compile(r"[0-9a-f]{20}-\d{1,4}x\d{1,4}(?:\.webp|\.avif|-og\.jpg)")
_FOR_EVER: Final = "public, max-age=31536000, immutable"


@require_safe
def media(_request: HttpRequest, name: str) -> HttpResponse:
    """Return one re-encoded picture."""
    if not _NAME.fullmatch(name):
        raise Http404
    try:
        content = (config.load().media / name).read_bytes()
    except FileNotFoundError:
        raise Http404 from None
    return _file(content, _TYPES[name.rpartition(".")[2]])


@require_safe
def qr_svg(_request: HttpRequest, code: str) -> HttpResponse:
    """Return the QR code of a link as a drawing."""
    return _file(qr.svg(_scanned(code)), "image/svg+xml")


@require_safe
def qr_png(_request: HttpRequest, code: str) -> HttpResponse:
    """Return the QR code of a link as a picture to print."""
    response = _file(qr.png(_scanned(code)), "image/png")
    response.headers["Content-Disposition"] = f'attachment; filename="{code}.png"'
    return response


def _scanned(code: str) -> str:
    """Return what a code's QR code says. Any well-spelled code has one: it tells nobody whether the link exists."""
    if codes.read(code) is None:
        raise Http404
    return channels.ALL["qr"].link(addresses.link(code))


def _file(content: bytes, kind: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response.headers["Cache-Control"] = _FOR_EVER
    return response
