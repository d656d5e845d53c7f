"""The review of joins that may not be what they seem: who waits, why, what hangs on it; to decide, and to take back."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from sebar.brands.queries import Membership
from sebar.brands.rules import Verb
from sebar.campaigns.models import Campaign
from sebar.console.access import of_campaign, page
from sebar.console.campaigns import frame
from sebar.fraud import actions, queries
from sebar.fraud.actions import Outcome
from sebar.fraud.queries import Group, Suspect
from sebar.fraud.rules import Level, Reason, Verdict
from sebar.kit import codes
from sebar.kit.errors import NotAllowed, NotFound, UserError
from sebar.pages import trees, words
from sebar.pages.trees import SmallTree
from sebar.participants.models import Participant

_GROUPS: Final = 10
_DECISIONS: Final = 100
_DRAWN: Final = 60
_TREES: Final = 2
_CHIPS: Final = {Level.NONE: "off", Level.LOW: "off", Level.MEDIUM: "missing", Level.HIGH: "trouble"}


@dataclass(frozen=True)
class Row:
    """One person of a group; whoever only stands beside is not ticked."""

    suspect: Suspect
    is_waiting: bool


@dataclass(frozen=True)
class Block:
    """People of a group against whom the very same speaks, so that it is said once."""

    level: Level
    chip: str
    reasons: list[Reason]
    rows: list[Row]


@dataclass(frozen=True)
class Card:
    """A group as the page shows it, with small pictures of who brought whom."""

    group: Group
    head: Participant
    blocks: list[Block]
    pictures: list[SmallTree]


@require_GET
@of_campaign(Verb.LOOK)
def review(request: HttpRequest, membership: Membership, campaign: Campaign) -> HttpResponse:
    """Show who waits for a decision, those first who asked or on whom most money hangs; or what was decided."""
    first = _place(request.GET.get("from", ""))
    is_decided = request.GET.get("show") == "decided"
    queue = queries.queue(campaign, first=0 if is_decided else first, limit=_GROUPS)
    count = queries.count_decided(campaign)
    following = first + (_DECISIONS if is_decided else _GROUPS)
    return page(
        request,
        membership,
        "review.html",
        **frame(campaign),
        tab="review",
        queue=queue,
        cards=[] if is_decided else _cards(campaign, queue.groups),
        decided=queries.decided(campaign, first=first, limit=_DECISIONS) if is_decided else [],
        is_decided=is_decided,
        count_decided=count,
        are_ticked="tick" in request.GET,
        first=first,
        following=following if following < (count if is_decided else queue.total) else 0,
        verdicts={"fine": Verdict.FINE, "fraud": Verdict.FRAUD},
    )


@require_POST
@of_campaign(Verb.EDIT)
def decide(request: HttpRequest, membership: Membership, campaign: Campaign) -> HttpResponseBase:
    """Decide about all who are ticked."""
    try:
        made = actions.decide(
            membership=membership,
            campaign=campaign,
            numbers=_numbers(request.POST.getlist("participant")),
            verdict=request.POST.get("verdict", ""),
            note=request.POST.get("note", ""),
        )
    except (UserError, NotAllowed, NotFound) as refused:
        messages.error(request, refused.message)
    else:
        said = (
            _("Fraud: {n}. Their unpaid rewards are refused; you can take it back under “Decided”.")
            if request.POST["verdict"] == Verdict.FRAUD
            else _("Fine: {n}. Their rewards go their way.")
        )
        messages.success(request, said.format(n=words.number(made.people)) + _lacking(made))
    return redirect("console:review", membership.brand.slug, campaign.slug)


@require_POST
@of_campaign(Verb.EDIT)
def undo(request: HttpRequest, membership: Membership, campaign: Campaign) -> HttpResponseBase:
    """Take decisions back."""
    try:
        done = actions.undo(
            membership=membership, campaign=campaign, numbers=_numbers(request.POST.getlist("participant"))
        )
    except (UserError, NotAllowed, NotFound) as refused:
        messages.error(request, refused.message)
    else:
        said = _("Taken back: {n}.") if done.lacking else _("Taken back: {n}. All is as it was before.")
        messages.success(request, said.format(n=words.number(done.people)) + _lacking(done))
    return redirect("console:review", membership.brand.slug, campaign.slug)


def _lacking(outcome: Outcome) -> str:
    """Return a sentence on what did not come back, to stand behind another; empty when all did."""
    if not outcome.lacking:
        return ""
    said = _("Rewards that wait again: {back}. Rewards that stay refused: {lacking}; their budget or codes were used.")
    return " " + said.format(back=words.number(outcome.back), lacking=words.number(outcome.lacking))


def _cards(campaign: Campaign, groups: Collection[Group]) -> list[Card]:
    heads = {one.pk: one for one in queries.of_numbers(campaign, {group.number for group in groups})}
    return [_card(group, heads[group.number]) for group in groups]


def _card(group: Group, head: Participant) -> Card:
    rows = [
        *(Row(one, is_waiting=True) for one in group.waiting),
        *(Row(one, is_waiting=False) for one in group.beside),
    ]
    people = {row.suspect.participant.pk: row.suspect.participant for row in rows} | {head.pk: head}
    return Card(group, head, _blocks(rows), _pictures(people.values()))


def _blocks(rows: Iterable[Row]) -> list[Block]:
    """Put those together against whom the same was found; whoever asked for a person to look comes first and alone."""
    blocks: dict[tuple[int, Level, frozenset[Reason]], Block] = {}
    for row in sorted(rows, key=lambda one: one.suspect.asked_at is None):
        level, reasons = row.suspect.level, row.suspect.reasons
        whose = row.suspect.participant.pk if row.suspect.asked_at is not None else 0
        block = blocks.setdefault((whose, level, frozenset(reasons)), Block(level, _CHIPS[level], reasons, []))
        block.rows.append(row)
    return list(blocks.values())


def _pictures(people: Iterable[Participant]) -> list[SmallTree]:
    """Draw who brought whom within a group: a tree for each who was brought by nobody of it, the largest first."""
    ordered = sorted(people, key=lambda one: (one.generation, one.joined_at, one.pk))
    known = {one.pk for one in ordered}
    top: dict[int, int] = {}
    trees_of: dict[int, list[trees.Person]] = {}
    for one in ordered:
        parent = one.parent_id or 0
        top[one.pk] = top[parent] if parent in known else one.pk
        person = trees.Person(one.pk, parent, one.generation, one.name, one.joined_at.timestamp())
        trees_of.setdefault(top[one.pk], []).append(person)
    largest = sorted((tree for tree in trees_of.values() if len(tree) > 1), key=len, reverse=True)
    return [trees.small_tree(trees.branch(tree)) for tree in largest[:_TREES] if len(tree) <= _DRAWN]


def _numbers(given: Iterable[str]) -> set[int]:
    """Return the numbers that codes spell; 0, which nobody has, for what is none."""
    return {codes.read(one) or 0 for one in given}


def _place(given: str) -> int:
    return int(given) if given.isascii() and given.isdecimal() and len(given) < 7 else 0  # noqa: PLR2004 - a million
