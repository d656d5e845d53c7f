"""The personal card: the brand's picture with words on it and the name of whoever passes it on, drawn by typst."""

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

from sebar.campaigns import images
from sebar.channels.kinds.paper.compiling import compiled
from sebar.channels.kinds.paper.glyphs import printable
from sebar.kit import config
from sebar.material import queries
from sebar.material.models import Creative
from sebar.pages.pace import Pace
from sebar.participants import queries as participants
from sebar.participants.models import Participant
from sebar.portal import page
from sebar.portal.people import called

_PACE: Final = Pace(burst=30, per_second=0.2)
_SOURCE: Final = b"""
#let card = json(bytes(sys.inputs.card))
#set page(width: 600pt, height: 315pt, margin: 0pt)
#set text(font: ("Libertinus Serif", "New Computer Modern"), fill: rgb(card.colour), weight: "semibold")
#set text(lang: card.lang, dir: if card.is_rtl { rtl } else { ltr })
#place(image(bytes(card.picture), format: "svg", width: 600pt, height: 315pt))
#let shade = if card.is_light { rgb(0, 0, 0, 150) } else { rgb(255, 255, 255, 190) }
#let words(size) = block(width: 520pt, align(center, text(size: size, card.words)))
#context {
  let size = (44pt, 38pt, 32pt, 27pt, 23pt, 20pt).find(one => measure(words(one)).height < 170pt)
  let set-words = words(if size == none { 18pt } else { size })
  let (at, by) = (top: (top, 18pt), middle: (horizon, 0pt), bottom: (bottom, -18pt)).at(card.place)
  place(
    at + center,
    dy: by,
    block(fill: shade, radius: 10pt, inset: 16pt, set-words),
  )
}
"""
_PICTURE: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1200 630">'
    '<image width="1200" height="630" href="data:image/jpeg;base64,{}"/></svg>'
)
_RESOLUTION: Final = 144  # 1200 x 630 pixels
_LIGHT: Final = 0.55
_VERSION: Final = "1"  # another drawing of the same card needs another
_RIGHT_TO_LEFT: Final = frozenset({"R", "AL"})


class _Card(msgspec.Struct, frozen=True):
    """What the drawing is made of."""

    words: str
    place: str
    colour: str
    is_light: bool
    is_rtl: bool
    lang: str
    picture: str


@require_safe
def own_card(request: HttpRequest, code: str) -> HttpResponse:
    """Return somebody's card as a picture of 1200 × 630 pixels."""
    participant = participants.of_code(code)
    creative = _card(participant, request.GET.get("c", "")) if participant is not None else None
    if participant is None or creative is None:
        raise Http404
    with page.speaking(participant.campaign, request, participant):
        words = _words(creative, called(participant.name))
        if not _kept(creative, words).is_file() and not _PACE.allows(request):
            raise Http404
        content = _drawn(creative, words)
    response = HttpResponse(content, content_type="image/png")
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


def _card(participant: Participant, name: str) -> Creative | None:
    shown = queries.shown(participant.campaign)
    return next((one for one in shown if one.kind == "card" and one.name == name), None)


def example(creative: Creative, name: str) -> bytes:
    """Return a card as somebody of this name would have it, in the language being spoken, as a picture (PNG)."""
    return _drawn(creative, _words(creative, name))


def _words(creative: Creative, name: str) -> str:
    line = queries.wording(creative, translation.get_language())["line"]
    words, _left_out = printable(line.replace("{name}", name))
    return words


def _kept(creative: Creative, words: str) -> Path:
    """Return where a drawing is kept."""
    parts = (_VERSION, words, creative.files["picture"], *sorted(creative.content.values()))
    return config.load().media / "cards" / f"{sha256('|'.join(map(str, parts)).encode()).hexdigest()[:32]}.png"


def _drawn(creative: Creative, words: str) -> bytes:
    """Return the picture, drawn once and then kept."""
    kept = _kept(creative, words)
    if kept.is_file():
        return kept.read_bytes()
    content = _draw(creative, words)
    kept.parent.mkdir(parents=True, exist_ok=True)
    fresh = kept.with_suffix(f".{os.getpid()}")
    fresh.write_bytes(content)
    fresh.replace(kept)
    return content


def _draw(creative: Creative, words: str) -> bytes:
    media: Path = config.load().media
    found = images.picture(creative.files["picture"])
    ground = base64.b64encode((media / found.og).read_bytes()).decode() if found else ""
    colour = creative.content["colour"]
    card = _Card(
        words=words,
        place=creative.content["place"],
        colour=colour,
        is_light=_lightness(colour) > _LIGHT,
        is_rtl=_is_right_to_left(words),
        lang=translation.get_language() or "en",
        picture=_PICTURE.format(ground),
    )
    return compiled(_SOURCE, {"card": msgspec.json.encode(card).decode()}, "png", resolution=_RESOLUTION)


def _lightness(colour: str) -> float:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _is_right_to_left(words: str) -> bool:
    first = next((unicodedata.bidirectional(letter) for letter in words if letter.isalpha()), "L")
    return first in _RIGHT_TO_LEFT
