"""The material on the participant's pages: which creative a page shows, what it is shown with, and what people make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Final

from django.conf import settings
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import translation
from django.views.decorators.http import require_POST, require_safe

from sebar.campaigns import queries as campaigns
from sebar.campaigns.images import Picture
from sebar.campaigns.models import Campaign
from sebar.kit import codes, config
from sebar.material import actions, archive, kinds, queries
from sebar.material.models import Creative
from sebar.pages.pace import Pace
from sebar.participants.models import Participant
from sebar.portal import page
from sebar.portal.people import called
from sebar.portal.recognised import reader

_PACE: Final = Pace(burst=60, per_second=0.5)
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_LONGEST_NUMBER: Final = 9
_FIRST: Final = "index.html"


@dataclass(frozen=True, slots=True)
class Challenge:
    """What somebody made who invites: their name as others may see it, and how much it was."""

    name: str
    score: int


@dataclass(frozen=True)
class Piece:
    """A creative ready to be shown.

    Attributes
    ----------
    creative, words
        It, and its texts in the language being spoken.
    picture, sizes
        Its picture cut for cards, and the widths to choose from as HTML writes them.
    address
        Of its clip, of the first file of its game, or of its quiz.
    captions
        Language, its name, and where the captions in it are; the one being spoken first.
    questions
        Of a quiz: each with its answers.
    blocks
        Of a page: kind, words, and the piece inside.
    challenge
        What the inviter made; None when nothing is known.
    best
        What the reader made; None when nothing is known.
    own_card
        Where the inviter's own card is; empty where there is none.
    carried
        What a form must carry along: ``ref`` and ``via``.
    """

    creative: Creative
    words: Mapping[str, str]
    picture: Picture | None = None
    sizes: str = ""
    widest: str = ""
    address: str = ""
    captions: Sequence[tuple[str, str, str]] = ()
    questions: Sequence[tuple[str, Sequence[str]]] = ()
    blocks: Sequence[tuple[str, str, Piece | None]] = ()
    challenge: Challenge | None = None
    best: int | None = None
    own_card: str = ""
    carried: Mapping[str, str] = field(default_factory=dict)

    @property
    def template(self) -> str:
        """What draws it."""
        return f"portal/material/{self.creative.kind}.html"

    @property
    def replaces_picture(self) -> bool:
        """Say whether it has something to look at, so that the campaign's own picture would be too much."""
        return self.picture is not None or bool(self.blocks)


def piece(
    creative: Creative,
    *,
    inviter: Participant | None = None,
    known: Participant | None = None,
    carried: Mapping[str, str] | None = None,
) -> Piece:
    """Return a creative ready to be shown in the language being spoken.

    Parameters
    ----------
    inviter, known
        Whose link was followed, and who reads it; None when nobody knows.
    carried
        What the link carries along, for forms inside.
    """
    files = creative.files
    return Piece(
        creative,
        queries.wording(creative, translation.get_language()),
        picture=queries.picture(creative),
        sizes=_sizes(files.get("sizes", [])),
        widest=reverse("media", args=[files["sizes"][-1]]) if files.get("sizes") else "",
        address=_address(creative),
        captions=_captions(files.get("captions", {})),
        questions=_questions(creative),
        blocks=_blocks(creative),
        challenge=_challenge(creative, inviter),
        best=queries.best(creative, known.pk) if known is not None else None,
        own_card=own_card(creative, inviter) if inviter is not None else "",
        carried=carried or {},
    )


def own_card(creative: Creative, participant: Participant) -> str:
    """Return where a participant's own card is; empty where the creative is none."""
    if creative.kind != "card":
        return ""
    return f"{reverse('own-card', args=[codes.spell(participant.pk)])}?c={creative.name}"


def keep(joining: Campaign, participant: Participant, c: str, score: str) -> None:
    """Keep what somebody made before they joined, if it can be."""
    creative = queries.creative_for(joining, c)
    if creative is not None and creative.name == c and kinds.ALL[creative.kind].keeps and is_number(score):
        actions.keep_score(creative=creative, participant=participant.pk, score=int(score))


@require_POST
def score(request: HttpRequest, slug: str) -> HttpResponse:
    """Keep what somebody made who has joined in this browser, and lead on to the page for passing it on."""
    found = campaigns.public(slug)
    known = reader(request, found) if found is not None else None
    if found is None or known is None:
        return page.see_other(reverse("campaign", args=[slug]))
    if not _PACE.allows(request):
        raise Http404
    keep(found, known, request.POST.get("c", ""), request.POST.get("score", ""))
    return page.see_other(reverse("share", args=[codes.spell(known.pk)]))


@require_safe
def game(request: HttpRequest, key: str, path: str) -> HttpResponseBase:
    """Return one file of a game: it may run its own scripts, and reach nothing of ours nor of anybody else's."""
    parts = PurePosixPath(path).parts
    kind = archive.TYPES.get(PurePosixPath(path).suffix.lower().removeprefix("."), "")
    if not archive.KEY.fullmatch(key) or not kind or ".." in parts or path.startswith("/"):
        raise Http404
    home = config.load().media / "games" / key
    file = home.joinpath(*parts)
    if not file.is_file():
        raise Http404
    response = FileResponse(file.open("rb"), content_type=kind)
    response.headers["Content-Security-Policy"] = _policy(request, key)
    response.headers["Cache-Control"] = _FOR_EVER
    response.headers["Access-Control-Allow-Origin"] = "*"  # a sandboxed page has no origin of its own
    response.headers["X-DNS-Prefetch-Control"] = "off"
    response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@require_safe
def captions(_request: HttpRequest, name: str) -> HttpResponse:
    """Return the captions of a clip."""
    try:
        content = (config.load().media / "captions" / name).read_bytes()
    except FileNotFoundError:
        raise Http404 from None
    response = HttpResponse(content, content_type="text/vtt; charset=utf-8")
    response.headers["Cache-Control"] = _FOR_EVER
    return response


def _policy(request: HttpRequest, key: str) -> str:
    """Return what a game may do. Its own folder is named whole: other games' files are as far away as other sites."""
    own = f"{request.scheme}://{request.get_host()}{_game(key).removesuffix(_FIRST)}"
    return "; ".join(
        (
            "sandbox allow-scripts",
            "default-src 'none'",
            f"script-src {own} 'unsafe-inline' 'wasm-unsafe-eval'",
            f"style-src {own} 'unsafe-inline'",
            f"img-src {own} data: blob:",
            f"media-src {own} data: blob:",
            f"font-src {own} data:",
            "connect-src 'none'",
            "form-action 'none'",
            "base-uri 'none'",
            "frame-ancestors 'self'",
        )
    )


def _address(creative: Creative) -> str:
    files = creative.files
    if "clip" in files:
        return f"/v/{files['clip']}"  # the front answers it itself
    if "game" in files:
        return _game(files["game"])
    return reverse("answered", args=[creative.campaign.slug, creative.name]) if creative.kind == "quiz" else ""


def _game(key: str) -> str:
    return reverse("game", args=[key, _FIRST])


def _sizes(names: Sequence[str]) -> str:
    return ", ".join(f"{reverse('media', args=[name])} {_width(name)}w" for name in names)


def _width(name: str) -> str:
    return name.partition("-")[2].partition("x")[0]


def _captions(files: Mapping[str, str]) -> list[tuple[str, str, str]]:
    names, spoken = dict(settings.LANGUAGES), translation.get_language()
    found = [(language, names[language], reverse("captions", args=[file])) for language, file in files.items()]
    return sorted(found, key=lambda one: one[0] != spoken)


def _questions(creative: Creative) -> list[tuple[str, list[str]]]:
    return [
        (spoken(one["question"]), [spoken(answer["answer"]) for answer in one["answers"]])
        for one in creative.content.get("questions", [])
    ]


def _blocks(creative: Creative) -> list[tuple[str, str, Piece | None]]:
    blocks: list[dict[str, Any]] = creative.content.get("blocks", [])
    if not blocks:
        return []
    others = {one.name: one for one in queries.shown(creative.campaign)}
    found: list[tuple[str, str, Piece | None]] = []
    for block in blocks:
        other = others.get(block.get("creative", ""))
        if block["kind"] != "creative":
            found.append((block["kind"], spoken(block["words"]), None))
        elif other is not None and other.kind != "page":
            found.append(("creative", "", piece(other)))
    return found


def _challenge(creative: Creative, inviter: Participant | None) -> Challenge | None:
    if inviter is None or kinds.ALL[creative.kind].keeps != "best":
        return None
    made = queries.best(creative, inviter.pk)
    return Challenge(called(inviter.name), made) if made else None


def spoken(words: Mapping[str, str]) -> str:
    """Return what is said in the language being spoken."""
    return queries.said(words, translation.get_language() or "")


def is_number(written: str) -> bool:
    """Say whether something is a whole number that we can keep."""
    return written.isascii() and written.isdecimal() and len(written) <= _LONGEST_NUMBER
