"""Everything that can be printed, as files: a single one, or one after the other for many people."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from sebar import channels
from sebar.campaigns.models import Campaign
from sebar.channels import qr
from sebar.channels.kinds.paper import forms
from sebar.channels.kinds.paper.design import Design, design
from sebar.channels.kinds.paper.forms import Form
from sebar.kit import codes
from sebar.kit.words import gettext_noop, say

_PAGES: Final = 10  # of cards in one file: all pages of a file are held while it is made


class What(StrEnum):
    """What can be printed for many people; for one alone, `CARDS` are a page of ten like `CARD`."""

    QR_SVG = "qr-svg"
    QR_PNG = "qr-png"
    QR_EPS = "qr-eps"
    CARDS = "cards"
    CARD = "card"
    POSTER = "poster"
    POSTCARD = "postcard"
    TENT = "tent"

    @property
    def label(self) -> str:
        """What it is for many people, in the reader's language."""
        return say(_LABELS[self])

    @property
    def content_type(self) -> str:
        """Of its files, as browsers name it."""
        return _CODES[self].content_type if self in _CODES else "application/pdf"


@dataclass(frozen=True, slots=True)
class Piece:
    """One file, and for how many people it is."""

    name: str
    content: bytes
    people: int = 1


@dataclass(frozen=True, slots=True)
class _Code:
    content_type: str
    drawn: Callable[[str], bytes]


_LABELS: Final = MappingProxyType(
    {
        What.QR_SVG: gettext_noop("QR codes as SVG"),
        What.QR_PNG: gettext_noop("QR codes as PNG"),
        What.QR_EPS: gettext_noop("QR codes as EPS"),
        What.CARDS: gettext_noop("Business cards, one for each person"),
        What.CARD: gettext_noop("Business cards, ten for each person"),
        What.POSTER: gettext_noop("A poster for each person"),
        What.POSTCARD: gettext_noop("A postcard for each person"),
        What.TENT: gettext_noop("A table tent for each person"),
    }
)
_CODES: Final = MappingProxyType(
    {
        What.QR_SVG: _Code("image/svg+xml", qr.svg),
        What.QR_PNG: _Code("image/png", qr.png),
        What.QR_EPS: _Code("application/postscript", qr.eps),
    }
)


def one(what: What, campaign: Campaign, language: str, number: int | None) -> Piece:
    """Return the file for the participant of this number; with None the campaign's own, which is nobody's."""
    if what in _CODES:
        return _code(what, campaign, number)
    form = Form.CARD if what is What.CARDS else Form(what.value)
    return _sheet(form, campaign, design(campaign, language), number)


def many(what: What, campaign: Campaign, language: str, numbers: Sequence[int]) -> Iterator[Piece]:
    """Yield the files for these participants, one after the other."""
    if what in _CODES:
        return (_code(what, campaign, number) for number in numbers)
    drawn = design(campaign, language)
    if what is What.CARDS:
        step = _PAGES * forms.CARDS_A_PAGE
        return (_cards(drawn, campaign, numbers, start, start + step) for start in range(0, len(numbers), step))
    return (_sheet(Form(what.value), campaign, drawn, number) for number in numbers)


def _code(what: What, campaign: Campaign, number: int | None) -> Piece:
    """Return a bare QR code. It says of itself that it was one, wherever it is put."""
    link = channels.ALL["qr"].link(forms.bare_link(campaign, number))
    return Piece(f"{_stem(campaign, number)}.{what.value.removeprefix('qr-')}", _CODES[what].drawn(link))


def _sheet(form: Form, campaign: Campaign, drawn: Design, number: int | None) -> Piece:
    content = forms.pdf(form, drawn, forms.person(campaign, number))
    return Piece(f"{_stem(campaign, number)}-{form.value}.pdf", content)


def _cards(drawn: Design, campaign: Campaign, numbers: Sequence[int], start: int, end: int) -> Piece:
    these = numbers[start:end]
    content = forms.cards(drawn, [forms.person(campaign, number) for number in these])
    return Piece(f"cards-{start + 1:06}-{start + len(these):06}.pdf", content, len(these))


def _stem(campaign: Campaign, number: int | None) -> str:
    return campaign.slug if number is None else codes.spell(number)
