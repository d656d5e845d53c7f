"""A participant's badge: a small picture with the brand's name and the campaign's headline, for websites."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Callable
from typing import Final

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import translation
from django.utils.html import escape
from django.views.decorators.http import require_safe
from PIL import Image, ImageDraw, ImageFont

from sebar.campaigns import rules
from sebar.campaigns.colours import palette
from sebar.campaigns.models import Campaign
from sebar.kit import addresses
from sebar.participants import queries
from sebar.portal import page, variants
from sebar.portal.card import headline

SIZE: Final = (260, 56)
"""Pixels, wide and high."""
_SCALE: Final = 2  # of the PNG: sharp on phones, too
_TEXT_AT, _TEXT_WIDTH = 58, 190
_BRAND_UNITS, _HEADLINE_UNITS = 19.0, 27.0  # small letters that fit in the widest font that readers are likely to have
_WIDE, _NARROW = "mw@%", "fijlt.,;:'!| "
_LOOSE: Final = " ,;:.–—-…"  # what no word ends with before an ellipsis
_AN_HOUR: Final = "public, max-age=3600"


@require_safe
def badge_svg(request: HttpRequest, code: str) -> HttpResponse:
    """Return the badge as a drawing; it shows every script that the reader's device has letters for."""
    brand, headline, campaign = _said(request, code)
    tones = palette(campaign.colour).light
    drawn = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{SIZE[0]}" height="{SIZE[1]}" '
        f'viewBox="0 0 {SIZE[0]} {SIZE[1]}" role="img" font-family="system-ui,Segoe UI,Roboto,Noto Sans,sans-serif">'
        f"<title>{escape(f'{brand}: {headline}')}</title>"
        f'<rect x=".5" y=".5" width="{SIZE[0] - 1}" height="{SIZE[1] - 1}" rx="10" fill="{tones.brand}" '
        f'stroke="{tones.edge}"/><rect x="10" y="10" width="36" height="36" rx="9" fill="{tones.ink}"/>'
        f'<text x="28" y="35" font-size="20" font-weight="700" text-anchor="middle" fill="{tones.brand}">'
        f"{escape(page.initial(brand))}</text>"
        f'<g fill="{tones.ink}"><text x="{_TEXT_AT}" y="25" font-size="15" font-weight="700">'
        f'{escape(_fitting(brand, _units, _BRAND_UNITS))}</text><text x="{_TEXT_AT}" y="43" font-size="12">'
        f"{escape(_fitting(headline, _units, _HEADLINE_UNITS))}</text></g></svg>\n"
    )
    return _file(drawn.encode(), "image/svg+xml")


@require_safe
def badge_png(request: HttpRequest, code: str) -> HttpResponse:
    """Return the badge as a picture, for letters and for places that take no drawings.

    The one font that we carry has Latin letters only: a line in another script gives way to the link itself.
    """
    brand, headline, campaign = _said(request, code)
    tones = palette(campaign.colour).light
    address = addresses.link(code).partition("://")[2]
    lines = [line for line in (brand, headline) if _can_be_drawn(line)] or [address]
    wide, high = SIZE[0] * _SCALE, SIZE[1] * _SCALE
    image = Image.new("RGBA", (wide, high))
    pen = ImageDraw.Draw(image)
    pen.rounded_rectangle((0, 0, wide - 1, high - 1), 20, fill=tones.brand, outline=tones.edge, width=_SCALE)
    pen.rounded_rectangle((20, 20, 92, 92), 18, fill=tones.ink)
    initial = page.initial(brand)
    if _can_be_drawn(initial):
        pen.text((56, 56), initial, tones.brand, font=_font(42), anchor="mm")
    places = ((30, 17), (24, 40)) if len(lines) > 1 else ((26, 28),)
    for line, (size, middle) in zip(lines, places, strict=True):
        shown = _fitting(line, _font(size).getlength, _TEXT_WIDTH * _SCALE)
        pen.text((_TEXT_AT * _SCALE, middle * _SCALE), shown, tones.ink, font=_font(size), anchor="lm")
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return _file(out.getvalue(), "image/png")


def _said(request: HttpRequest, code: str) -> tuple[str, str, Campaign]:
    """Return the words of a badge, in the language that ``?in=`` asks for, else in that of whoever shows it.

    Its readers' languages make no difference: caches keep one picture for them all.
    """
    person = variants.dressed(queries.of_code(code))
    if person is None:
        raise Http404
    campaign = person.campaign
    language = rules.spoken(request.GET.get("in", "") or person.language, campaign.languages)
    with translation.override(language):
        return campaign.brand.name, headline(campaign), campaign


def _fitting(line: str, width: Callable[[str], float], most: float) -> str:
    """Return a line, or as many of its words as fit with an ellipsis; of a first word that is too long, its beginning.

    Scripts without spaces are cut between letters.
    """
    if width(line) <= most:
        return line
    begins = [line[:end] for end in range(len(line) - 1, 0, -1) if width(f"{line[:end]}…") <= most]
    whole = [one for one in begins if line[len(one)].isspace()]
    return f"{(whole or begins or [''])[0].rstrip(_LOOSE)}…"


def _units(text: str) -> float:
    """Return how many small letters wide a text is, whatever the font."""
    return sum(map(_unit, text))


def _unit(letter: str) -> float:
    if unicodedata.combining(letter):  # it stands above or below another
        return 0.0
    if unicodedata.east_asian_width(letter) in {"W", "F"}:
        return 2.0
    if letter.isupper() or letter in _WIDE:
        return 1.4
    return 0.5 if letter in _NARROW else 1.0


def _can_be_drawn(line: str) -> bool:
    """Say whether our font has every letter of a line."""
    missing = _font(24).getmask("\uffff")
    return all(letter.isspace() or bytes(_font(24).getmask(letter)) != bytes(missing) for letter in line)


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _file(content: bytes, kind: str) -> HttpResponse:
    response = HttpResponse(content, content_type=kind)
    response.headers["Cache-Control"] = _AN_HOUR
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
