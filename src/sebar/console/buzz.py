"""What is said about a campaign elsewhere: the inbox to read and class it, where it comes from, rules that class it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from sebar.brands.queries import Membership
from sebar.brands.rules import Verb
from sebar.campaigns.models import Campaign
from sebar.channels.kinds.buzz import actions, files, queries, rules
from sebar.channels.kinds.buzz.files import Imported
from sebar.channels.kinds.buzz.models import BuzzSource, Mention
from sebar.channels.kinds.buzz.queries import Trial
from sebar.channels.kinds.buzz.rules import Label, SourceKind
from sebar.console.access import of_campaign, page
from sebar.console.campaigns import frame
from sebar.kit import config
from sebar.kit.errors import UserError, UserErrors
from sebar.kit.words import gettext_noop, say
from sebar.pages import words

_SECRET: Final = "sebar_buzz_secret"  # noqa: S105 - the name under which a session holds it until it is shown
_LARGEST_NUMBER: Final = 2**63 - 1


@dataclass(frozen=True)
class Line:
    """One line of a form: what people read beside it, what helps, what they entered, and what is wrong with it."""

    name: str
    label: str
    hint: str
    value: str
    error: str
    is_long: bool


@dataclass(frozen=True)
class Form:
    """The form that adds a source of one kind; open when something in it is wrong."""

    kind: SourceKind
    about: str
    lines: list[Line]
    is_open: bool


@dataclass(frozen=True)
class ListedSource:
    """One row of the list: a source, its trouble in words, how many mentions came, and where a program writes to."""

    source: BuzzSource
    kind: SourceKind
    trouble: str
    mentions: int
    writes_to: str


@dataclass(frozen=True)
class ListedMention:
    """One mention with its class, and the one after it, where the eye goes next."""

    mention: Mention
    label: Label
    after: int


@dataclass(frozen=True)
class _Asked:
    """Which mentions are asked for: of some classes, of a source, within a time."""

    labels: tuple[Label, ...]
    source: int | None
    since: datetime | None
    until: datetime | None

    @classmethod
    def of(cls, given: QueryDict) -> _Asked:
        """Read it from an address or a form.

        Raises
        ------
        UserError
            When a class or a moment is none.
        """
        return cls(
            labels=tuple(rules.check_label(name) for name in given.getlist("class") if name),
            source=_number(given.get("source", "")) or None,
            since=rules.check_moment(given.get("from", ""), "from"),
            until=rules.check_moment(given.get("to", ""), "to"),
        )

    @property
    def fields(self) -> list[tuple[str, str]]:
        """The same, as an address or a form carries it."""
        found = [("class", label.value) for label in self.labels]
        if self.source is not None:
            found.append(("source", str(self.source)))
        moments = (("from", self.since), ("to", self.until))
        return found + [(name, at.isoformat()) for name, at in moments if at is not None]

    @property
    def query(self) -> str:
        """The same, as the end of an address."""
        return urlencode(self.fields)


def asked_for(labels: Iterable[str], *, since: datetime, until: datetime) -> str:
    """Return the end of the inbox's address at which mentions of some classes, made within a time, are shown."""
    return _Asked(tuple(Label(one) for one in labels), None, since, until).query


@require_http_methods(["GET", "POST"])
@of_campaign(Verb.LOOK)
def inbox(request: HttpRequest, membership: Membership, campaign: Campaign) -> HttpResponse | HttpResponseBase:
    """Show what was heard, newest first; class what was read."""
    if request.method == "POST":
        membership.require(Verb.EDIT)
        return _class(request, membership, campaign)
    asked = _Asked.of(request.GET)
    found = queries.inbox(
        campaign,
        labels=asked.labels,
        source=asked.source,
        since=asked.since,
        until=asked.until,
        before=request.GET.get("before", ""),
    )
    shown = found.mentions
    afters = [one.pk for one in shown[1:]] + [shown[-1].pk] if shown else []
    counts = queries.labelled(campaign, since=asked.since, until=asked.until)
    every, is_part = sum(counts.values()), asked.since is not None or asked.until is not None
    return page(
        request,
        membership,
        "buzz.html",
        rows=[ListedMention(one, Label(one.label), after) for one, after in zip(shown, afters, strict=True)],
        asked=asked,
        choices=[
            (label.spoken, counts[label], replace(asked, labels=(label,)), label in asked.labels)
            for label in (Label.UNCLASSED, *rules.CLASSES)
        ],
        every_class=replace(asked, labels=()),
        whole_time=replace(asked, since=None, until=None),
        before=found.before,
        every=every,
        is_empty=not every and not is_part,
        reactions=sum(counts[one] for one in rules.CLASSES),
        classes=rules.CLASSES,
        sources=queries.sources_heard(campaign),
        listens=queries.sources(campaign).exists(),
        **_frame(campaign),
    )


def _class(request: HttpRequest, membership: Membership, campaign: Campaign) -> HttpResponseBase:
    """Class one mention, or all that are ticked, and go on where the eye was."""
    asked, before = _Asked.of(request.POST).query, request.POST.get("before", "")
    number, _sign, rest = request.POST.get("one", "").partition(":")
    name, _sign, after = rest.partition(":")
    if number:
        numbers = [_number(number)]
    else:
        numbers = [_number(one) for one in request.POST.getlist("shown" if request.POST.get("every") else "mention")]
        name, after = request.POST.get("all", ""), ""
    done = actions.class_mentions(campaign=campaign, numbers=numbers, label=rules.check_label(name))
    messages.success(request, _("Classed: {n}.").format(n=words.number(done)))
    query = "&".join(part for part in (asked, urlencode({"before": before}) if before else "") if part)
    place = f"#m{_number(after)}" if after else ""
    address = reverse("console:buzz", args=[membership.brand.slug, campaign.slug])
    return redirect(f"{address}?{query}{place}" if query else f"{address}{place}")


@require_http_methods(["GET", "POST"])
@of_campaign(Verb.LOOK)
def sources(request: HttpRequest, membership: Membership, campaign: Campaign) -> HttpResponse | HttpResponseBase:
    """Show what is listened to, when it was heard last, and what is wrong; add and remove."""
    if request.method == "GET":
        return _sources_page(request, membership, campaign)
    membership.require(Verb.EDIT)
    if request.POST.get("do") == "remove":
        removed = actions.remove_source(campaign=campaign, number=_number(request.POST.get("source", "")))
        messages.success(
            request, _("“{name}” is no longer listened to; what was heard stays.").format(name=removed.name)
        )
        return redirect("console:buzz-sources", membership.brand.slug, campaign.slug)
    try:
        return _add(request, membership, campaign)
    except UserError as refused:
        errors = refused.by_field() if isinstance(refused, UserErrors) else {refused.field: refused.message}
        return _sources_page(request, membership, campaign, entered=request.POST, errors=errors)


def _add(request: HttpRequest, membership: Membership, campaign: Campaign) -> HttpResponse | HttpResponseBase:
    """Add a source as it was entered.

    Raises
    ------
    UserError
        When something cannot be used.
    """
    entered = request.POST
    kind = _kind(entered.get("kind", ""))
    if kind is SourceKind.FILE:
        upload = request.FILES.get("file")
        if upload is None:
            raise UserError(gettext_noop("Choose a file first."), field="file")
        name, encoding = entered.get("name", ""), entered.get("encoding", "")
        content = upload.read(files.LARGEST_SMALL + 1)  # as much as shows that it is too large
        done = files.take(campaign=campaign, name=name, content=content, encoding=encoding, must_be_small=True)
        return _sources_page(request, membership, campaign, imported=done)
    days = entered.get("keep_days", "")
    added = actions.add_source(
        campaign=campaign,
        kind=kind,
        name=entered.get("name", ""),
        address=entered.get("address", ""),
        words=entered.get("words", ""),
        token=entered.get("token", ""),
        keep_days=_number(days) if days.strip() else rules.KEEP_DAYS,
    )
    if added.secret:
        request.session[_SECRET] = added.secret
    messages.success(request, _("“{name}” is listened to from now on.").format(name=added.source.name))
    return redirect("console:buzz-sources", membership.brand.slug, campaign.slug)


def _sources_page(
    request: HttpRequest,
    membership: Membership,
    campaign: Campaign,
    *,
    entered: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    imported: Imported | None = None,
) -> HttpResponse:
    counts = queries.heard_of(campaign)
    listed = [
        ListedSource(one, SourceKind(one.kind), queries.trouble(one), counts.get(one.pk, 0), _writes_to(one))
        for one in queries.sources(campaign)
    ]
    return page(
        request,
        membership,
        "buzz_sources.html",
        status=422 if errors else 200,
        listed=listed,
        is_listening=queries.is_listening(campaign),
        forms=[_form(kind, campaign, entered or {}, errors or {}) for kind in _LINES],
        errors=errors or {},
        imported=imported,
        bad_rows=[(row.line, row.error.message) for row in imported.shown] if imported else [],
        secret=request.session.pop(_SECRET, ""),
        **_frame(campaign),
    )


@require_http_methods(["GET", "POST"])
@of_campaign(Verb.LOOK)
def class_rules(request: HttpRequest, membership: Membership, campaign: Campaign) -> HttpResponse | HttpResponseBase:
    """Show the rules that class what comes; try one without any effect, add, remove, use on what is unclassed."""
    if request.method == "GET":
        return _rules_page(request, membership, campaign)
    membership.require(Verb.EDIT)
    entered, wish = request.POST, request.POST.get("do", "")
    try:
        if wish == "remove":
            actions.remove_rule(campaign=campaign, number=_number(entered.get("rule", "")))
            messages.success(request, _("The rule is removed. What it has classed stays so."))
        elif wish == "apply":
            done = actions.apply_rules(campaign=campaign)
            messages.success(request, _("Classed: {n}.").format(n=words.number(done)))
        elif wish == "add":
            label = rules.check_label(entered.get("label", ""))
            actions.add_rule(campaign=campaign, label=label, words=entered.get("words", ""))
            messages.success(request, _("The rule is added. It classes what comes from now on."))
        else:
            wanted = rules.check_words(rules.parted(entered.get("words", "")), is_needed=True)
            label = rules.check_label(entered.get("label", ""))
            trial = queries.try_rule(campaign, label=label, words=wanted)
            return _rules_page(request, membership, campaign, entered=entered, trial=trial)
    except UserError as refused:
        return _rules_page(request, membership, campaign, entered=entered, error=refused.message)
    return redirect("console:buzz-rules", membership.brand.slug, campaign.slug)


def _rules_page(
    request: HttpRequest,
    membership: Membership,
    campaign: Campaign,
    *,
    entered: Mapping[str, str] | None = None,
    trial: Trial | None = None,
    error: str = "",
) -> HttpResponse:
    return page(
        request,
        membership,
        "buzz_rules.html",
        status=422 if error else 200,
        class_rules=[(one, Label(one.label)) for one in queries.class_rules(campaign)],
        unclassed=len(queries.unclassed(campaign)),
        classes=rules.CLASSES,
        entered=entered or {},
        trial=trial,
        tried=rules.check_label((entered or {}).get("label", "")) if trial else None,
        error=error,
        **_frame(campaign),
    )


def _frame(campaign: Campaign) -> dict[str, Any]:
    return frame(campaign) | {"tab": "channels"}


def _kind(name: str) -> SourceKind:
    try:
        return SourceKind(name)
    except ValueError:
        raise UserError(gettext_noop("Choose what to listen to."), field="kind") from None


def _number(given: str) -> int:
    """Return the number that was sent; 0, which nothing has, for anything else."""
    tidy = given.strip()
    number = int(tidy) if tidy.isascii() and tidy.isdecimal() and len(tidy) < 20 else 0  # noqa: PLR2004 - of 64 bits
    return number if number <= _LARGEST_NUMBER else 0


def _writes_to(source: BuzzSource) -> str:
    return f"{config.load().public_url}/api/v1/mentions/{source.code}" if source.code else ""


def _form(kind: SourceKind, campaign: Campaign, entered: Mapping[str, str], errors: Mapping[str, str]) -> Form:
    mine = entered if entered.get("kind") == kind else {}
    wrong = errors if mine else {}
    first = {"words": campaign.name, "keep_days": str(rules.KEEP_DAYS)}
    return Form(
        kind,
        say(_ABOUT[kind]),
        [
            Line(
                name=name,
                label=say(_LABELS[name]),
                hint=say(_HINTS[kind, name]) if (kind, name) in _HINTS else "",
                value=mine.get(name, first.get(name, "") if kind in rules.STREAMS or name == "keep_days" else ""),
                error=wrong.get(name, ""),
                is_long=name == "words",
            )
            for name in _LINES[kind]
        ],
        bool(wrong),
    )


_LINES: Final = {
    SourceKind.FEED: ("name", "address", "words", "keep_days"),
    SourceKind.MASTODON: ("name", "address", "token", "words", "keep_days"),
    SourceKind.BLUESKY: ("name", "words", "keep_days", "address"),
    SourceKind.FILE: ("name", "encoding"),
    SourceKind.WEBHOOK: ("name", "keep_days"),
}
_LABELS: Final = {
    "name": gettext_noop("What you call it"),
    "address": gettext_noop("Address"),
    "token": gettext_noop("Access token"),
    "words": gettext_noop("Words to look for"),
    "keep_days": gettext_noop("Delete texts after so many days"),
    "encoding": gettext_noop("Encoding"),
}
_ABOUT: Final = {
    SourceKind.FEED: gettext_noop(
        "Whatever has a feed: a blog, a forum, the news, reviews in a shop, a tag on Mastodon (its address with .rss)."
        " It is looked at every quarter of an hour."
    ),
    SourceKind.MASTODON: gettext_noop(
        "All public posts that a server knows, as they appear. The server wants the token of an account there."
    ),
    SourceKind.BLUESKY: gettext_noop("All public posts on Bluesky, as they appear. No account is needed."),
    SourceKind.FILE: gettext_noop(
        "A CSV file of mentions or reviews. Its first line names the columns: time and text, and if you have them id,"
        " url, author, language, reach and class."
    ),
    SourceKind.WEBHOOK: gettext_noop("Your own program, or a service for it, sends mentions signed with a secret."),
}
_WORDS_HINT: Final = gettext_noop(
    "Parted by commas. The name of a website finds links to it; a star at the end lets the word go on: kecewa*."
)
_HINTS: Final = {
    (SourceKind.FEED, "words"): gettext_noop("Leave this empty to take everything in the feed."),
    (SourceKind.MASTODON, "words"): _WORDS_HINT,
    (SourceKind.BLUESKY, "words"): _WORDS_HINT,
    (SourceKind.FEED, "address"): gettext_noop("Like https://example.com/feed.xml."),
    (SourceKind.MASTODON, "address"): gettext_noop("Like mastodon.social."),
    (SourceKind.BLUESKY, "address"): gettext_noop("Of a Jetstream of your own; empty for Bluesky’s."),
    (SourceKind.MASTODON, "token"): gettext_noop(
        "In your account there: Preferences, Development, New application; the right read:statuses is enough."
    ),
    (SourceKind.FILE, "encoding"): gettext_noop("Leave this empty for UTF-8. Otherwise like cp1252 or utf-16."),
    (SourceKind.FILE, "name"): gettext_noop("The same name again adds what is new to what is known of it."),
}
