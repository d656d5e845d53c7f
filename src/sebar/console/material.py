"""The material of a campaign: a gallery of what is passed on with what came of it, and a form for each kind."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sebar import measures
from sebar.brands.queries import Membership
from sebar.brands.rules import Verb
from sebar.campaigns.models import Campaign
from sebar.channels.kinds.footer import queries as footers
from sebar.console import sentences
from sebar.console.access import brand_context, of_campaign, page
from sebar.console.campaigns import frame
from sebar.console.material_lines import Lines, pressed
from sebar.console.panels import Context, Panel, answered, streamed
from sebar.console.sentences import Shown
from sebar.kit import addresses, text
from sebar.kit.errors import NotAllowed, NotFound, Unavailable, UserError, UserErrors
from sebar.kit.words import gettext_noop, say
from sebar.material import actions, captions, film, games, kinds, queries, rules, uploads
from sebar.material.base import Kind, Wording
from sebar.material.kinds import page as pages
from sebar.material.kinds import quiz
from sebar.material.models import Creative, State
from sebar.material.rules import CreativeForm
from sebar.measures import Played
from sebar.measures.intervals import ENOUGH
from sebar.measures.material import nothing
from sebar.portal import join, material, own_card
from sebar.portal.card import card
from sebar.portal.material import Piece
from sebar.spread.estimate import TooEarly
from sebar.steering.experiments import actions as experiments
from sebar.steering.experiments import queries as experiment_queries

_MOST_FIELDS: Final = 1000
_EXAMPLE: Final = "k7m2fqx"
_EXAMPLE_NAME: Final = "Sari"
_OFF: Final = "off"


@dataclass(frozen=True)
class Exhibit:
    """A creative in the gallery.

    Attributes
    ----------
    piece
        It, as pages show it.
    kind
        What it is.
    state
        Class of its chip; `words` are the same for people.
    played
        What people did with it; None while nobody can count.
    figures
        Name, figure and what it means, ready to be read.
    steps
        How far people came: words, count, and how wide its bar is in percent.
    """

    piece: Piece
    kind: Kind
    state: str
    words: str
    played: Played | None
    figures: tuple[tuple[str, Shown], ...] = ()
    steps: tuple[tuple[str, int], ...] = ()

    @property
    def creative(self) -> Creative:
        """What it shows."""
        return self.piece.creative

    @property
    def title(self) -> str:
        """What it is called in the reader's language."""
        return queries.title(self.creative, translation.get_language())


@dataclass(frozen=True)
class Line:
    """One text of the form in one language."""

    name: str
    wording: Wording
    value: str
    error: str


@dataclass(frozen=True)
class Captions:
    """The captions of a clip in one language: where those are that it has, if any, and what was wrong with new ones."""

    there: str
    error: str


@require_GET
@of_campaign(Verb.LOOK)
def gallery(request: HttpRequest, membership: Membership, campaign: Campaign) -> HttpResponseBase:
    """Show everything side by side, pictures first, with what came of it."""
    context = (
        brand_context(membership)
        | frame(campaign)
        | {
            "tab": "material",
            "kinds": list(kinds.ALL.values()),
            "used": queries.used(campaign.brand),
            "most": rules.QUOTA,
            "is_working": any(one.state == State.WORKING for one in queries.of_campaign(campaign)),
        }
    )
    return streamed(request, "console/material.html", (_PANEL,), campaign, context)


@require_GET
@of_campaign(Verb.LOOK)
def panels(request: HttpRequest, membership: Membership, campaign: Campaign) -> HttpResponse:
    """Return the gallery anew, for the page that is already open."""
    return HttpResponse(answered(request, _PANEL, campaign, brand_context(membership) | frame(campaign)))


@require_GET
@of_campaign(Verb.LOOK)
def version(_request: HttpRequest, _membership: Membership, campaign: Campaign) -> HttpResponse:
    """Return a number that changes whenever the worker has come further with something."""
    states = [(one.name, one.state, one.progress) for one in queries.of_campaign(campaign)]
    is_working = any(state == State.WORKING for _name, state, _progress in states)
    counted = _("Something is in the works; this page follows by itself.") if is_working else ""
    return JsonResponse({"version": zlib.crc32(repr(states).encode()), "counted": counted})


@require_http_methods(["GET", "POST"])
@of_campaign(Verb.EDIT)
def new(request: HttpRequest, membership: Membership, campaign: Campaign, kind: str) -> HttpResponseBase:
    """Make a creative of a kind."""
    return _Editing(request, membership, campaign, queries.kind(kind)).answer()


@require_http_methods(["GET", "POST"])
@of_campaign(Verb.EDIT)
def edit(request: HttpRequest, membership: Membership, campaign: Campaign, creative: str) -> HttpResponseBase:
    """Change a creative, and see how it looks on each channel."""
    found = queries.find(campaign, creative)
    return _Editing(request, membership, campaign, kinds.ALL[found.kind], found).answer()


@require_POST
@of_campaign(Verb.EDIT)
def act(request: HttpRequest, membership: Membership, campaign: Campaign, creative: str) -> HttpResponseBase:
    """Switch a creative on or off, move it, or delete it."""
    named: dict[str, Any] = {"membership": membership, "slug": campaign.slug, "name": creative}
    try:
        _act(request, named)
    except NotAllowed as refused:
        messages.error(request, refused.message)
    return redirect("console:material", membership.brand.slug, campaign.slug)


def _act(request: HttpRequest, named: dict[str, Any]) -> None:
    match request.POST.get("do"):
        case "on" | "off" as to:
            experiments.switch_creative(**named, is_on=to == "on")
        case "first":
            actions.move(**named, by=-rules.MOST)
        case "up":
            actions.move(**named, by=-1)
        case "down":
            actions.move(**named, by=1)
        case "delete":
            experiments.remove_creative(**named)
            messages.success(request, _("Deleted. Its links now show what stands first."))


@require_POST
@of_campaign(Verb.EDIT)
def pieces(request: HttpRequest, _membership: Membership, campaign: Campaign) -> HttpResponseBase:
    """Take a file piece by piece: the first says how large it is, each says where it belongs."""
    brand = campaign.brand
    mark, at = request.GET.get("mark", ""), _number(request.GET.get("at", "0"))
    try:
        if not mark:
            kind = queries.kind(request.GET.get("kind", ""))
            size = _number(request.GET.get("size", ""))
            return JsonResponse({"mark": uploads.begin(brand.pk, kind, size, used=queries.used(brand))})
        return JsonResponse({"there": uploads.add(brand.pk, mark, at, request.read(uploads.PIECE))})
    except UserError as error:
        return JsonResponse({"error": error.message}, status=422)
    except Unavailable as error:
        return JsonResponse({"error": error.message}, status=503)


@require_GET
@of_campaign(Verb.LOOK)
def shown(request: HttpRequest, _membership: Membership, campaign: Campaign, creative: str) -> HttpResponse:
    """Return the campaign's page with a creative on it, whether people are shown it or not."""
    found = queries.find(campaign, creative)
    with _spoken(request, campaign):
        return join.preview(request, campaign, found if found.state == State.READY else None)


@require_GET
@of_campaign(Verb.LOOK)
def shown_card(request: HttpRequest, _membership: Membership, campaign: Campaign, creative: str) -> HttpResponse:
    """Return what is drawn of a creative, whether people are shown it or not.

    Of a personal card that is the card of somebody, of what has no picture a card with its title.
    """
    found = queries.find(campaign, creative)
    if found.kind != "card" and queries.picture(found) is not None:
        message = gettext_noop("No card is drawn of “{name}”: it has a picture of its own.")
        raise NotFound(message, field="name", name=found.name)
    with _spoken(request, campaign):
        return HttpResponse(own_card.example(found, _EXAMPLE_NAME), content_type="image/png")


def _spoken(request: HttpRequest, campaign: Campaign) -> translation.override:
    asked = request.GET.get("language", "")
    return translation.override(asked if asked in campaign.languages else campaign.languages[0])


def _gallery(campaign: Campaign) -> Context:
    try:
        counted = measures.material(campaign.pk, zone=campaign.time_zone)
        unavailable = ""
    except Unavailable as error:
        counted, unavailable = {}, error.message
    everything = queries.of_campaign(campaign)
    exhibits = [_exhibit(one, None if unavailable else counted.get(one.name, nothing(one.name))) for one in everything]
    first = next((one.creative.name for one in exhibits if one.state == "on"), "")
    return {
        "exhibits": exhibits,
        "first": first,
        "unavailable": unavailable,
        "is_working": any(one.state == State.WORKING for one in everything),
    }


_PANEL: Final = Panel("material", _gallery)


def _exhibit(creative: Creative, played: Played | None) -> Exhibit:
    kind = kinds.ALL[creative.kind]
    state = {State.WORKING: "paused", State.REFUSED: "trouble"}.get(
        State(creative.state), "on" if creative.is_on else "off"
    )
    words = {
        "paused": _("in the works, %(percent)s%%") % {"percent": creative.progress},
        "trouble": _("cannot be used"),
        "on": _("on"),
        "off": _("off"),
    }[state]
    piece = material.piece(creative)
    if played is None:
        return Exhibit(piece, kind, state, words, None)
    return Exhibit(piece, kind, state, words, played, _figures(kind, played), _steps(kind, played))


def _figures(kind: Kind, played: Played) -> tuple[tuple[str, Shown], ...]:
    group = played.group
    none = sentences.shown(TooEarly(0, ENOUGH))
    passing_on = (
        (_("Share rate"), sentences.share(played.share_rate)),
        (_("Joins per share"), sentences.shown(played.joins_each_share, is_around_one=False)),
        ("R", sentences.shown(group.r, 2) if group else none),
        ("K", sentences.shown(group.k_factor, 2) if group else none),
    )
    completion = ((_("Completion"), sentences.share(played.completion)),) if kind.steps else ()
    return (*completion, *passing_on)


def _steps(kind: Kind, played: Played) -> tuple[tuple[str, int], ...]:
    ends = ((_("saw it"), played.viewers),)
    if not kind.steps:
        return ends
    began = ((_("began"), played.started),)
    quarters = ((_("a quarter"), played.q25), (_("half"), played.q50), (_("three quarters"), played.q75))
    return (*ends, *began, *(quarters if kind.steps == "quarters" else ()), (_("to the end"), played.finished))


@dataclass(frozen=True)
class _Editing:
    """One request for the form of a creative, new when `creative` is None."""

    request: HttpRequest
    membership: Membership
    campaign: Campaign
    kind: Kind
    creative: Creative | None = None

    def answer(self) -> HttpResponseBase:
        """Show the form, or take what was sent."""
        if self.request.method != "POST":
            return self._page(self._kept(), {}, Lines())
        fields = {name: self.request.POST.get(name, "") for name in list(self.request.POST)[:_MOST_FIELDS]}
        form, lines, marks = self._sent(fields), Lines(fields), {}
        try:
            marks = self._marks()
            added = pressed(fields, fields.get("part", ""))
            if added is not None:
                return self._page(self._sent(added.fields), {}, added, marks)
            stored = self._store(form, marks)
        except UserErrors as refused:
            return self._page(form, refused.by_field(), lines, marks)
        except (UserError, Unavailable) as refused:
            return self._page(form, {"file": refused.message}, lines, marks)
        is_made_later = stored.state == State.WORKING
        messages.success(self.request, _("Saved. It is being made ready now.") if is_made_later else _("Saved."))
        return redirect("console:material", self.membership.brand.slug, self.campaign.slug)

    def _kept(self) -> CreativeForm:
        if self.creative is None:
            return CreativeForm(name="", content=self.kind.read({}, self.campaign.languages))
        return CreativeForm(name=self.creative.name, texts=self.creative.texts, content=self.creative.content)

    def _sent(self, fields: Mapping[str, str]) -> CreativeForm:
        languages = self.campaign.languages
        texts = {
            language: {one.name: fields.get(f"texts.{language}.{one.name}", "") for one in self.kind.wordings}
            for language in languages
        }
        title = next((words for one in texts.values() for words in one.values() if words), "")
        name = self.creative.name if self.creative is not None else fields.get("name", "").strip()
        return CreativeForm(
            name=name or rules.name_from(title, queries.names(self.campaign)),
            texts=texts,
            content=self.kind.read(fields, languages),
        )

    def _store(self, form: CreativeForm, marks: Mapping[str, str]) -> Creative:
        files = {language: self.request.FILES.get(f"captions.{language}") for language in self.campaign.languages}
        subtitles: dict[str, bytes | None] = {
            language: None for language in files if self.request.POST.get(f"captions.{language}.none")
        }
        subtitles |= {language: file.read(captions.BYTES + 1) for language, file in files.items() if file is not None}
        entered: dict[str, Any] = {
            "form": form,
            "upload": self._upload(marks),
            "source": self.request.POST.get("source", ""),
            "subtitles": subtitles,
        }
        if self.kind.takes_cover:
            entered["cover"] = self._whole(marks["cover"])
        named: dict[str, Any] = {"membership": self.membership, "slug": self.campaign.slug}
        if self.creative is None:
            return actions.make(**named, kind=self.kind.name, **entered)
        return actions.change(**named, name=self.creative.name, **entered)

    def _upload(self, marks: Mapping[str, str]) -> Path | None:
        """Return the file that came in, or one of our own games; None for none."""
        own = self.request.POST.get("own", "")
        return games.packed(own) if self.kind.name == "game" and own in games.TITLES else self._whole(marks["upload"])

    def _whole(self, mark: str) -> Path | None:
        return uploads.whole(self.campaign.brand.pk, mark) if mark else None

    def _marks(self) -> dict[str, str]:
        """Return the marks of the file and the cover that came in, with this form or before it; empty for none.

        A browser does not send a file again that it has sent, so the form carries the mark until all of it is right.
        """
        return {
            "upload": self._received("file", self.kind, "upload") if self.kind.accept else "",
            "cover": self._received("cover", kinds.ALL["image"], "cover_mark") if self.kind.takes_cover else "",
        }

    def _received(self, field: str, kind: Kind, before: str) -> str:
        brand, file = self.campaign.brand, self.request.FILES.get(field)
        if file is None:
            return self.request.POST.get(before, "")
        mark = uploads.begin(brand.pk, kind, file.size or 0, used=queries.used(brand))
        at = 0
        for piece in file.chunks(uploads.PIECE):
            at = uploads.add(brand.pk, mark, at, piece)
        return mark

    def _kept_mark(self, mark: str) -> str:
        """Return the mark of a file that came in if it can still be used; empty when it was used up."""
        try:
            return mark if self._whole(mark) else ""
        except UserError:
            return ""

    def _page(
        self, form: CreativeForm, errors: Mapping[str, str], lines: Lines, marks: Mapping[str, str] | None = None
    ) -> HttpResponse:
        names, kind, campaign, came_in = dict(settings.LANGUAGES), self.kind, self.campaign, marks or {}
        return page(
            self.request,
            self.membership,
            "material_form.html",
            status=422 if errors else 200,
            tab="material",
            kind=kind,
            creative=self.creative,
            form=form,
            errors=errors,
            upload="" if "file" in errors else self._kept_mark(came_in.get("upload", "")),
            cover_mark="" if "cover" in errors else self._kept_mark(came_in.get("cover", "")),
            own_game=self.request.POST.get("own", ""),
            lost_captions=any(name.startswith("captions.") for name in self.request.FILES),
            source=self.request.POST.get("source", self.creative.source if self.creative is not None else ""),
            languages=[
                (one, names[one], _lines(form, kind, one, errors), self._captions(one, errors))
                for one in campaign.languages
            ],
            own_games=[(name, say(title)) for name, title in games.TITLES.items()],
            has_film=film.is_installed(),
            pieces=reverse("console:material-pieces", args=[self.membership.brand.slug, campaign.slug]),
            previews=_previews(campaign, self.creative),
            messages_tried=experiment_queries.speaking(campaign),
            part=_PARTS[kind.name](campaign, form, errors, lines) if kind.name in _PARTS else {},
            is_unsaved=bool(lines.fields),
            typed_name=lines.fields.get("name", ""),
            **frame(campaign),
        )

    def _captions(self, language: str, errors: Mapping[str, str]) -> Captions:
        file = self.creative.files.get("captions", {}).get(language) if self.creative is not None else None
        return Captions(reverse("captions", args=[file]) if file else "", errors.get(f"captions.{language}", ""))


def _lines(form: CreativeForm, kind: Kind, language: str, errors: Mapping[str, str]) -> list[Line]:
    written = form.texts.get(language, {})
    names = [(f"texts.{language}.{one.name}", one) for one in kind.wordings]
    return [Line(name, one, written.get(one.name, ""), errors.get(name, "")) for name, one in names]


def _previews(campaign: Campaign, creative: Creative | None) -> list[tuple[str, dict[str, Any]]]:
    """Return how a ready creative looks on channels, in each language of its campaign."""
    if creative is None or creative.state != State.READY:
        return []
    found = []
    for language in campaign.languages:
        with translation.override(language):
            words = queries.wording(creative, language)
            usual = campaign.texts.get(language, {})
            said = (words["share"] or usual.get("share_text", "")).replace("{score}", "42")
            said = said.replace("{result}", queries.result_title(creative, 1, language))
            link = f"{addresses.link(_EXAMPLE, creative.name)}&via=whatsapp"
            its_card = card(campaign, None, creative=creative)
            if creative.kind == "card" or queries.picture(creative) is None:
                place = (campaign.brand.slug, campaign.slug, creative.name)
                its_card = replace(its_card, image=f"{reverse('console:show-card', args=place)}?language={language}")
            shown = {
                "card": its_card,
                "message": f"{said} {link}".strip(),
                "footer": footers.footer_with(campaign, creative, language, _EXAMPLE).plain(),
                "language": language,
            }
        found.append((dict(settings.LANGUAGES)[language], shown))
    return found


def _quiz_part(campaign: Campaign, form: CreativeForm, errors: Mapping[str, str], lines: Lines) -> dict[str, Any]:
    """Return the lines of a quiz: what is there, and one more of each."""
    results, questions = form.content.get("results", []), form.content.get("questions", [])
    languages = campaign.languages

    def said(words: Mapping[str, str], name: str) -> list[tuple[str, str, str, str]]:
        return [
            (f"{name}.{one}", one, words.get(one, ""), errors.get(f"{name}.{one}", errors.get(name, "")))
            for one in languages
        ]

    most_results = lines.rows("result", len(results), least=3, most=quiz.RESULTS)
    most_questions = lines.rows("question", len(questions), least=2, most=quiz.QUESTIONS)
    return {
        "results": [
            {
                "number": number + 1,
                "title": said(_at(results, number).get("title", {}), f"result.{number}.title"),
                "text": said(_at(results, number).get("text", {}), f"result.{number}.text"),
            }
            for number in range(most_results)
        ],
        "questions": [
            {
                "number": number + 1,
                "head": f"question.{number}",
                "words": said(_at(questions, number).get("question", {}), f"question.{number}"),
                "answers": [
                    {
                        "words": said(_at(answers, place).get("answer", {}), f"question.{number}.{place}"),
                        "name": f"question.{number}.{place}",
                        "to": (to := _at(answers, place).get("to", place % (len(results) or 2)) + 1),
                        "leads_nowhere": not 1 <= to <= most_results,
                        "points": _at(answers, place).get("points", 1),
                    }
                    for place in range(lines.rows(f"question.{number}", len(answers), least=3, most=quiz.ANSWERS))
                ],
            }
            for number in range(most_questions)
            for answers in (_at(questions, number).get("answers", []),)
        ],
        "more_results": most_results < quiz.RESULTS,
        "more_questions": most_questions < quiz.QUESTIONS,
        "most_answers": quiz.ANSWERS,
        "numbers": [
            (number + 1, queries.said(_at(results, number).get("title", {}), translation.get_language() or ""))
            for number in range(most_results)
        ],
        "points": list(range(1, quiz.POINTS + 1)),
    }


def _page_part(campaign: Campaign, form: CreativeForm, errors: Mapping[str, str], lines: Lines) -> dict[str, Any]:
    """Return the blocks of a page: what is there, and two more."""
    blocks = form.content.get("blocks", [])
    most = lines.rows("block", len(blocks), least=2, most=pages.BLOCKS)
    others = {
        one.name: one.state if one.is_on or one.state != State.READY else _OFF
        for one in queries.of_campaign(campaign)
        if one.kind != "page"
    }
    usable = [name for name, state in others.items() if state != State.REFUSED]
    return {
        "blocks": [
            {
                "number": number + 1,
                "name": f"block.{number}",
                "kind": _at(blocks, number).get("kind", "text"),
                "creative": (chosen := _at(blocks, number).get("creative", "")),
                "lacks": _lacks(chosen, others),
                "words": [
                    (f"block.{number}.{one}", one, _at(blocks, number).get("words", {}).get(one, ""),
                     errors.get(f"block.{number}.{one}", ""))
                    for one in campaign.languages
                ],
            }
            for number in range(most)
        ],
        "more_blocks": most < pages.BLOCKS,
        "choices": [("heading", _("Heading")), ("text", _("Text")), ("creative", _("Other material"))],
        "others": usable,
    }  # fmt: skip


def _lacks(name: str, others: Mapping[str, str]) -> str:
    """Return why people do not see a part of a page; empty where they do."""
    if not name or others.get(name) == State.READY:
        return ""
    said = {
        _OFF: _(
            "“%(name)s” is switched off: people see the page without it. Switch it on, choose another, or take it out."
        ),
        State.WORKING.value: _("“%(name)s” is still in the works: people see the page without it until then."),
        State.REFUSED.value: _(
            "“%(name)s” cannot be used: people see the page without it. Choose another, or take it out."
        ),
    }
    gone = _("“%(name)s” is not there any more: people see the page without it. Choose another, or take it out.")
    return said.get(others.get(name, ""), gone) % {"name": name}


def _card_part(_campaign: Campaign, form: CreativeForm, _errors: Mapping[str, str], _lines: Lines) -> dict[str, Any]:
    return {
        "place": form.content.get("place", "middle"),
        "colour": form.content.get("colour", "#ffffff"),
        "places": [("top", _("at the top")), ("middle", _("in the middle")), ("bottom", _("at the bottom"))],
    }


_PARTS: Final = {"quiz": _quiz_part, "page": _page_part, "card": _card_part}


def _at(rows: list[dict[str, Any]], place: int) -> dict[str, Any]:
    return rows[place] if place < len(rows) else {}


def _number(written: str) -> int:
    if written.isascii() and written.isdecimal() and len(written) <= len(str(rules.QUOTA)):
        return int(written)
    raise UserError(_("“%(shown)s” is no number of bytes.") % {"shown": text.shown(written)}, field="file")
