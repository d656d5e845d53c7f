"""Cards drawn by typst: a brand's picture with the name of whoever passes it on, or the title of what has none."""

from __future__ import annotations

import base64
import os
import unicodedata
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import translation
from django.views.decorators.http import require_safe

from sebar.campaigns import queries as campaigns
from sebar.campaigns.colours import palette
from sebar.campaigns.models import Campaign
from sebar.channels.kinds.paper.compiling import compiled
from sebar.channels.kinds.paper.glyphs import printable
from sebar.kit import config
from sebar.material import queries
from sebar.material.models import Creative
from sebar.pages.pace import Pace
from sebar.participants import queries as participants
from sebar.portal import page
from sebar.portal.people import called

_PACE: Final = Pace(burst=30, per_second=0.2)
_SOURCE: Final = b"""
#let card = json(bytes(sys.inputs.card))
#set page(width: 600pt, height: 315pt, margin: 0pt)
#set text(font: ("Libertinus Serif", "New Computer Modern"), fill: rgb(card.colour), weight: "semibold")
#set text(lang: card.lang, dir: if card.is_rtl { rtl } else { ltr })
#place(image(bytes(sys.inputs.ground), format: "svg", width: 600pt, height: 315pt))
#let words(size) = block(width: 520pt, align(center, text(size: size, card.words)))
#context {
  let size = (44pt, 38pt, 32pt, 27pt, 23pt, 20pt).find(one => measure(words(one)).height < 170pt)
  let set-words = words(if size == none { 18pt } else { size })
  let (at, by) = (top: (top, 18pt), middle: (horizon, 0pt), bottom: (bottom, -18pt)).at(card.place)
  place(
    at + center,
    dy: by,
    block(fill: rgb(card.shade), radius: 10pt, inset: 16pt, set-words),
  )
}
#place(bottom + start, dx: 26pt, dy: -20pt, text(size: 18pt, card.under))
"""
_PICTURE: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1200 630">'
    '<image width="1200" height="630" href="data:image/jpeg;base64,{}"/></svg>'
)
_GROUND: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1200 630"><rect width="1200" height="630" fill="{brand}"/>'
    '<g fill="none" stroke="{ink}" stroke-width="60" opacity="0.12"><circle cx="1130" cy="600" r="150"/>'
    '<circle cx="1130" cy="600" r="300"/><circle cx="1130" cy="600" r="450"/></g></svg>'
)
_DARK, _BRIGHT, _NO_SHADE = "#00000096", "#ffffffbe", "#ffffff00"
_RESOLUTION: Final = 144  # 1200 x 630 pixels
_LIGHT: Final = 0.55
_VERSION: Final = b"2"  # another drawing of the same card needs another
_RIGHT_TO_LEFT: Final = frozenset({"R", "AL"})


class _Card(msgspec.Struct, frozen=True):
    """What a drawing is made of.

    `under` stands small in the corner; `shade` is what lies behind the words. `picture` is the ground, by its name in
    the media folder; without one the ground is `brand`, with rings of the colour of the words.
    """

    words: str
    under: str
    place: str
    colour: str
    shade: str
    picture: str
    brand: str
    is_rtl: bool
    lang: str


@require_safe
def own_card(request: HttpRequest, code: str) -> HttpResponse:
    """Return somebody's card as a picture of 1200 × 630 pixels."""
    participant = participants.of_code(code)
    creative = _shown(participant.campaign, request.GET.get("c", "")) if participant is not None else None
    if participant is None or creative is None or creative.kind != "card":
        raise Http404
    with page.speaking(participant.campaign, request, participant):
        card = _personal(creative, called(participant.name))
        if not _kept(card).is_file() and not _PACE.allows(request):
            raise Http404
        return _answer(_drawn(card))


@require_safe
def title_card(_request: HttpRequest, slug: str, creative: str, language: str) -> HttpResponse:
    """Return the title of material that has no picture as a picture of 1200 × 630 pixels."""
    campaign = campaigns.public(slug)
    found = _shown(campaign, creative) if campaign is not None else None
    if campaign is None or found is None or language not in campaign.languages or queries.picture(found) is not None:
        raise Http404
    with translation.override(language):
        return _answer(_drawn(_titled(found)))


def example(creative: Creative, name: str) -> bytes:
    """Return what is drawn of a creative, in the language being spoken, as a picture (PNG).

    Parameters
    ----------
    name
        Whose card it would be, if it is a personal one.
    """
    return _drawn(_personal(creative, name) if creative.kind == "card" else _titled(creative))


def _shown(campaign: Campaign, name: str) -> Creative | None:
    return next((one for one in queries.shown(campaign) if one.name == name), None)


def _answer(content: bytes) -> HttpResponse:
    response = HttpResponse(content, content_type="image/png")
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


def _personal(creative: Creative, name: str) -> _Card:
    found, colour = queries.picture(creative), creative.content["colour"]
    line = queries.wording(creative, translation.get_language())["line"]
    return _card(
        line.replace("{name}", _drawable(name)),
        place=creative.content["place"],
        colour=colour,
        shade=_DARK if _lightness(colour) > _LIGHT else _BRIGHT,
        picture=found.og if found else "",
    )


def _drawable(name: str) -> str:
    """Return of a name the words that the fonts here can draw; a friend's for one that has none."""
    return " ".join(word for word in name.split() if not printable(word)[1]) or called("")


def _titled(creative: Creative) -> _Card:
    tones = palette(creative.campaign.colour).light
    title = queries.title(creative, translation.get_language())
    return _card(title, under=creative.campaign.brand.name, colour=tones.ink, brand=tones.brand)


def _card(
    words: str,
    *,
    colour: str,
    under: str = "",
    place: str = "middle",
    shade: str = _NO_SHADE,
    picture: str = "",
    brand: str = "",
) -> _Card:
    drawable, _left_out = printable(words)
    named, _left_out = printable(under)
    return _Card(
        words=drawable,
        under=named,
        place=place,
        colour=colour,
        shade=shade,
        picture=picture,
        brand=brand,
        is_rtl=_is_right_to_left(drawable),
        lang=translation.get_language() or "en",
    )


def _kept(card: _Card) -> Path:
    """Return where a drawing is kept."""
    made_of = _VERSION + msgspec.json.encode(card)
    return config.load().media / "cards" / f"{sha256(made_of).hexdigest()[:32]}.png"


def _drawn(card: _Card) -> bytes:
    """Return the picture, drawn once and then kept."""
    kept = _kept(card)
    if kept.is_file():
        return kept.read_bytes()
    inputs = {"card": msgspec.json.encode(card).decode(), "ground": _ground(card)}
    content = compiled(_SOURCE, inputs, "png", resolution=_RESOLUTION)
    kept.parent.mkdir(parents=True, exist_ok=True)
    fresh = kept.with_suffix(f".{os.getpid()}")
    fresh.write_bytes(content)
    fresh.replace(kept)
    return content


def _ground(card: _Card) -> str:
    """Return what the words stand on, as SVG."""
    if not card.picture:
        return _GROUND.format(brand=card.brand, ink=card.colour)
    return _PICTURE.format(base64.b64encode((config.load().media / card.picture).read_bytes()).decode())


def _lightness(colour: str) -> float:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _is_right_to_left(words: str) -> bool:
    first = next((unicodedata.bidirectional(letter) for letter in words if letter.isalpha()), "L")
    return first in _RIGHT_TO_LEFT
