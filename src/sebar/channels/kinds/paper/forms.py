"""The forms that are printed, and the sheets themselves, as PDF for the printer or PNG to look at."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib import resources
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

import msgspec

from sebar.campaigns.models import Campaign
from sebar.channels import qr
from sebar.channels.kinds.paper import CHANNEL
from sebar.channels.kinds.paper.compiling import compiled
from sebar.channels.kinds.paper.design import Design
from sebar.kit import addresses, codes
from sebar.kit.words import gettext_noop, say

_MILLIMETRES_AN_INCH: Final = 25.4
CARDS_A_PAGE: Final = 10


class Form(StrEnum):
    """What can be printed."""

    POSTER = "poster"
    POSTCARD = "postcard"
    TENT = "tent"
    CARD = "card"

    @property
    def label(self) -> str:
        """What people call it, in the reader's language."""
        return say(_KNOWN[self].label)

    @property
    def paper(self) -> str:
        """On what it is printed and what is done with it then, in the reader's language."""
        return say(_KNOWN[self].paper)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of its page, in millimetres."""
        return _KNOWN[self].size


@dataclass(frozen=True, slots=True)
class _About:
    label: str
    paper: str
    size: tuple[int, int]


_KNOWN: Final = MappingProxyType(
    {
        Form.POSTER: _About(gettext_noop("Poster"), gettext_noop("A4"), (210, 297)),
        Form.POSTCARD: _About(gettext_noop("Postcard"), gettext_noop("A6"), (105, 148)),
        Form.TENT: _About(gettext_noop("Table tent"), gettext_noop("A4, folded once"), (210, 297)),
        Form.CARD: _About(gettext_noop("Business cards"), gettext_noop("A4, cut into ten of 85 × 55 mm"), (210, 297)),
    }
)


class Person(msgspec.Struct, frozen=True):
    """What differs from one person's paper to the next.

    Attributes
    ----------
    link
        The link in words, in parts that should stay together.
    code
        The code in groups; empty on the campaign's own paper, which is nobody's.
    qr
        The link for cameras.
    """

    link: tuple[str, ...]
    code: str
    qr: qr.Runs


class _Given(msgspec.Struct, frozen=True):
    """All that a sheet is made of, as the sources in this folder read it."""

    design: Design
    people: list[Person]
    has_edge: bool


def bare_link(campaign: Campaign, number: int | None) -> str:
    """Return the link of the participant of this number, or the campaign's own, before it says how it travels."""
    return addresses.campaign_page(campaign.slug) if number is None else addresses.link(codes.spell(number))


def person(campaign: Campaign, number: int | None) -> Person:
    """Return what stands on the paper of the participant of this number.

    With None it is the campaign's own paper: whoever joins by it was brought by nobody.
    """
    link = CHANNEL.link(bare_link(campaign, number))
    parts = urlsplit(link)
    code = "" if number is None else codes.grouped(number)
    return Person((parts.netloc, parts.path, f"?{parts.query}"), code, qr.runs(link))


def pdf(form: Form, design: Design, person: Person) -> bytes:
    """Return a form as a PDF to print; of cards a whole page."""
    return compiled(_source(form), _inputs(design, _filling(form, person)))


def cards(design: Design, people: list[Person]) -> bytes:
    """Return one card for each of some people as a PDF to print, ten on a page."""
    return compiled(_source(Form.CARD), _inputs(design, people))


def png(form: Form, design: Design, person: Person, *, width: int) -> bytes:
    """Return a form to look at, `width` pixels wide, with the edge of the paper drawn."""
    inputs = _inputs(design, _filling(form, person), has_edge=True)
    return compiled(_source(form), inputs, "png", resolution=width * _MILLIMETRES_AN_INCH / form.size[0])


def _filling(form: Form, person: Person) -> list[Person]:
    return [person] * (CARDS_A_PAGE if form is Form.CARD else 1)


def _inputs(design: Design, people: list[Person], *, has_edge: bool = False) -> dict[str, str]:
    return {"given": msgspec.json.encode(_Given(design, people, has_edge)).decode()}


@lru_cache(maxsize=len(Form))
def _source(form: Form) -> bytes:
    folder = resources.files(__package__)
    return b"\n".join((folder / f"{name}.typ").read_bytes() for name in ("base", form.value))
