"""What is printed of a campaign in one language: words, colour and picture, the same on everybody's paper."""

from __future__ import annotations

import base64
import re
import unicodedata
from typing import Final

import msgspec
from django.utils import translation

from sebar.campaigns import images, rules
from sebar.campaigns.colours import palette
from sebar.campaigns.models import Campaign
from sebar.channels.kinds.paper.glyphs import printable
from sebar.kit import config
from sebar.kit.words import gettext_noop, say

_SCAN: Final = gettext_noop("Scan it with your phone’s camera.")
_OPEN: Final = gettext_noop("or open")
_CODE: Final = gettext_noop("Code")
_FOLD: Final = gettext_noop("Fold here")
_SENTENCE_ENDS: Final = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？])")
_FEWEST_LETTERS: Final = 60  # of a text that is cut where it has no sentence short enough
_CLEARLY: Final = 0.9
_RIGHT_TO_LEFT: Final = frozenset({"R", "AL"})


class Words(msgspec.Struct, frozen=True):
    """Some words, and whether they are written from right to left."""

    words: str
    is_rtl: bool


class Colours(msgspec.Struct, frozen=True):
    """The brand's colour, that of words on it, of brand-coloured words on white, and of lines around areas."""

    brand: str
    ink: str
    edge: str
    rim: str


class Labels(msgspec.Struct, frozen=True):
    """What stands on every sheet, whatever the campaign says."""

    scan: Words
    open: str
    code: str
    fold: str


class Design(msgspec.Struct, frozen=True):
    """What a campaign's sheets say in one language.

    Attributes
    ----------
    brand, headline, call
        The brand's name, the campaign's headline, and what it calls people to do.
    initial
        What stands on the brand's tile.
    text
        The campaign's text, then ever shorter beginnings of it, for where there is less room.
    picture
        The campaign's picture as SVG, empty without one: a drawing may hold its pixels, so no file need be read.
    missing
        What of these words no font here can draw. It is left out.
    """

    language: str
    brand: Words
    initial: str
    headline: Words
    text: tuple[Words, ...]
    call: Words
    labels: Labels
    colours: Colours
    picture: str
    missing: tuple[str, ...]


def design(campaign: Campaign, language: str) -> Design:
    """Return what is printed of a campaign in `language`, or in its first where it does not speak that one."""
    spoken = rules.spoken(language, campaign.languages)
    wording = rules.text_for(campaign.texts, spoken, campaign.languages)
    given = (
        campaign.brand.name,
        wording["headline"] or campaign.name,
        wording["text"],
        wording["call_to_action"],
    )
    (brand, headline, text, call), missing = zip(*map(printable, given), strict=True)
    tones = palette(campaign.colour).light
    with translation.override(spoken):
        labels = Labels(_words(say(_SCAN)), say(_OPEN), say(_CODE), say(_FOLD))
    return Design(
        language=spoken,
        brand=_words(brand),
        initial=brand[:1].upper(),
        headline=_words(headline),
        text=tuple(_words(version) for version in _ever_shorter(text)),
        call=_words(call),
        labels=labels,
        colours=Colours(tones.brand, tones.ink, tones.edge, tones.edge if tones.outlined else tones.brand),
        picture=_picture(campaign.image),
        missing=tuple(dict.fromkeys(one for some in missing for one in some)),
    )


def _words(text: str) -> Words:
    """Return a text with the direction of its first letter that has one, as Unicode's rule P2 says."""
    directions = (unicodedata.bidirectional(letter) for letter in text)
    first = next((one for one in directions if one == "L" or one in _RIGHT_TO_LEFT), "L")
    return Words(text, first != "L")


def _ever_shorter(text: str) -> list[str]:
    """Return a text, its first paragraphs and its first sentences: the longest first, each clearly shorter.

    None is cut inside a sentence; only what has not even one short sentence is cut behind a word.
    """
    paragraphs = text.split("\n\n")
    sentences = _SENTENCE_ENDS.split(paragraphs[0])
    joint = " " if " " in paragraphs[0] else ""
    found = ["\n\n".join(paragraphs[:number]) for number in range(len(paragraphs), 0, -1)]
    found += [joint.join(sentences[:number]) for number in range(len(sentences) - 1, 0, -1)]
    words = sentences[0].split()
    if len(sentences[0]) > _FEWEST_LETTERS and len(words) > 1:
        number = next(n for n in range(len(words), 0, -1) if n == 1 or len(" ".join(words[:n])) <= _FEWEST_LETTERS)
        found.append(" ".join(words[:number]) + " …")
    return _clearly_shorter(found)


def _clearly_shorter(versions: list[str]) -> list[str]:
    kept = versions[:1]
    for version in versions[1:]:
        if len(version) < _CLEARLY * len(kept[-1]) or version is versions[-1]:
            kept.append(version)
    return kept


def _picture(name: str) -> str:
    found = images.picture(name)
    if found is None:
        return ""
    try:
        pixels = (config.load().media / found.og).read_bytes()
    except FileNotFoundError:
        return ""
    width, height = images.OG_SIZE
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">'
        f'<image width="{width}" height="{height}" href="data:image/jpeg;base64,{base64.b64encode(pixels).decode()}"/>'
        "</svg>"
    )
