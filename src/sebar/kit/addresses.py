"""Where people find things of ours, as they see it: whole addresses, for pages, letters, pictures and programs."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from sebar.kit import codes, config, text
from sebar.kit.errors import UserError
from sebar.kit.words import gettext_noop

_PLACES: Final = ("/r/", "/s/")  # where a link and its page for passing on stand
_SAID: Final = frozenset({"via", "c"})  # what a link says beside whose it is


def link(code: str, creative: str = "") -> str:
    """Return the link of whoever has this code, with what it shows, before it says how it travels."""
    bare = f"{config.load().public_url}/r/{code}"
    return f"{bare}?c={creative}" if creative else bare


def is_link(typed: str) -> bool:
    """Say whether something typed is meant as a link, right or wrong, rather than as a code."""
    return any(mark in typed for mark in ("://", *_PLACES, "/c/"))


def followed(typed: str) -> tuple[int, str]:
    """Return whose link somebody pasted, by number, and where on this instance it leads, with how it travelled.

    Pages on which people arrive by a link, or pass it on, are taken for the link: browsers show their addresses.

    Raises
    ------
    UserError
        When it is no participant's link of this instance.
    """
    own = config.load().public_url
    tidy = typed.strip()
    try:
        parts = urlsplit(tidy if "://" in tidy else f"//{tidy}")
    except ValueError:
        parts = urlsplit("")
    query = parse_qsl(parts.query)
    place, code = parts.path[:3], parts.path[3:].removesuffix("/")
    if place == "/c/":
        code = dict(query).get("ref", "")
    number = codes.read(code) if place in {*_PLACES, "/c/"} else None
    if parts.netloc.lower() != urlsplit(own).netloc.lower() or number is None:
        raise UserError(
            gettext_noop("“{shown}” is not a link to anybody here: those look like {example}. Paste the whole of it."),
            field="code",
            shown=text.shown(typed),
            example=link(codes.spell(codes.FIRST * 5)),
        )
    said = urlencode([(name, value) for name, value in query if name in _SAID])
    return number, f"/r/{code}?{said}" if said else f"/r/{code}"


def campaign_page(slug: str) -> str:
    """Return the page of a campaign."""
    return f"{config.load().public_url}/c/{slug}"


def way_back(mark: str) -> str:
    """Return the address that a letter holds by which somebody finds their own page, once."""
    return f"{config.load().public_url}/back/{mark}"


def share_page(code: str) -> str:
    """Return the public page on which whoever has this code passes it on."""
    return f"{config.load().public_url}/s/{code}"
