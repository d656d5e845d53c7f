"""Prize draws: plan, open, fix the list, draw by what the source said, note who was reached."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from django.http import HttpRequest
from ninja import Router, Status
from pydantic import AwareDatetime, Field

from sebar.api.access import READ, WRITE, asking
from sebar.api.shapes import Given
from sebar.campaigns.queries import of_slug
from sebar.kit import addresses, codes
from sebar.launch import actions as launch
from sebar.rewards.draws import actions, queries, randomness
from sebar.rewards.draws.file import Prize
from sebar.rewards.draws.models import Draw
from sebar.rewards.draws.queries import Holder
from sebar.rewards.draws.randomness import Lottery, Source
from sebar.rewards.draws.rules import DrawForm

router = Router(tags=["Prize draws"])


class NewPrize(Given):
    """A prize, and how many there are of it."""

    name: Annotated[str, Field(description="In each language that `names` does not have.")] = ""
    names: Annotated[dict[str, str], Field(description="Language to name.")] = {}
    count: int = 1


class NewLottery(Given):
    """A lottery whose result decides. Without one it is the first round of drand at `draws_at`."""

    name: str
    drawing: Annotated[str, Field(description="Which of its drawings.")]
    numbers: Annotated[int, Field(description="How many numbers a result has.")]
    lowest: int = 1
    highest: int
    order: Annotated[
        Literal["ascending", "drawn"], Field(description="ascending: all different; drawn: some may be equal.")
    ] = "ascending"


class NewDraw(Given):
    """A draw to be planned. What the law wants said may be left out until it opens."""

    texts: Annotated[
        dict[str, dict[str, str]], Field(description="Language to `title` and `rules`, for each of the campaign's.")
    ]
    prizes: Annotated[list[NewPrize], Field(description="In the order in which they are drawn.")]
    entries_until: AwareDatetime
    draws_at: Annotated[AwareDatetime, Field(description="When the source speaks, 5 minutes later or more.")]
    lottery: NewLottery | None = None
    reserves: int = 5
    is_once: Annotated[bool, Field(description="Nobody wins twice.")] = True
    minimum_age: int = 0
    jurisdictions: Annotated[list[str], Field(description="Where people may win: ID, US, ELSEWHERE, or several.")] = []
    law: Annotated[
        dict[str, str],
        Field(
            description="sponsor; for ID permit_number, permit_office, permit_date, permit_asked; for US eligibility, "
            "void_where."
        ),
    ] = {}

    def form(self) -> DrawForm:
        """Return it as the form that `sebar.rewards.draws` takes."""
        values = self.model_dump(exclude={"draws_at", "lottery", "prizes"})
        return DrawForm(
            **values, prizes=[Prize(one.name, one.count, one.names) for one in self.prizes], source=self._source()
        )

    def _source(self) -> Source:
        if self.lottery is None:
            return randomness.drand_at(self.draws_at)
        return Lottery(**self.lottery.model_dump(), time=randomness.spell(self.draws_at))


class Opening(Given):
    """Why a draw opens although the brief names neither its permit nor its free way in."""

    reason: Annotated[
        str,
        Field(description="Needed while the brief of a public campaign has no note on draws; kept in the audit log."),
    ] = ""


class Said(Given):
    """What the source said: drand's `randomness` and `signature`, or the numbers of a lottery."""

    value: str
    signature: str = ""
    round: Annotated[int | None, Field(description="Of drand; checked if it is given.")] = None


class Postponing(Given):
    """When entries end and the source speaks instead."""

    entries_until: AwareDatetime
    draws_at: AwareDatetime
    reason: str


class Why(Given):
    """Why something is decided."""

    reason: str


@dataclass(frozen=True, slots=True)
class DrawShown:
    """A draw. `hash` is empty and `file` null before the list is fixed; `outcome` is null before the draw."""

    number: int
    state: str
    texts: dict[str, dict[str, str]]
    prizes: list[dict[str, Any]]
    entries_until: datetime
    draws_at: datetime
    source: dict[str, Any]
    reserves: int
    is_once: bool
    minimum_age: int
    jurisdictions: list[str]
    law: dict[str, str]
    people: int
    tickets: int
    hash: str
    page: str
    file: str | None
    outcome: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class WinnerShown:
    """To whom a place fell. `state` is waiting, reached or passed_on; `participant` a code, null for a free entry.

    `prize` is as the file names it, `prize_names` by language where names differ.
    """

    place: int
    prize: str
    prize_names: dict[str, str]
    entrant: str
    reserve: int
    state: str
    reason: str
    name: str
    email: str
    participant: str | None
    is_named: bool


@dataclass(frozen=True, slots=True)
class Draws:
    """All draws of a campaign."""

    draws: list[DrawShown]


@dataclass(frozen=True, slots=True)
class Winners:
    """To whom the places of a draw fell."""

    winners: list[WinnerShown]


@router.get("/{slug}/draws", auth=READ, response=Draws, summary="List prize draws")
def list_draws(request: HttpRequest, slug: str) -> Draws:
    """Newest first, planned ones too."""
    return Draws([_shown(one) for one in queries.of_campaign(of_slug(asking(request).membership.brand, slug))])


@router.post("/{slug}/draws", auth=WRITE, response={201: DrawShown}, summary="Plan a prize draw")
def plan(request: HttpRequest, slug: str, given: NewDraw) -> Status[DrawShown]:
    """Keep a draw that nobody sees yet."""
    return Status(201, _shown(actions.plan(membership=asking(request).membership, slug=slug, form=given.form())))


@router.get("/{slug}/draws/{draw}", auth=READ, response=DrawShown, summary="Read a prize draw")
def read(request: HttpRequest, slug: str, draw: int) -> DrawShown:
    """One draw, by its number."""
    return _shown(queries.of_number(of_slug(asking(request).membership.brand, slug), draw))


@router.post("/{slug}/draws/{draw}/open", auth=WRITE, response=DrawShown, summary="Open a prize draw")
def open_draw(request: HttpRequest, slug: str, draw: int, given: Opening | None = None) -> DrawShown:
    """Show it to everybody; refused while something is missing that people or the law must know."""
    reason, membership = given.reason if given else "", asking(request).membership
    return _shown(launch.open_draw(membership=membership, slug=slug, number=draw, reason=reason))


@router.post("/{slug}/draws/{draw}/postpone", auth=WRITE, response=DrawShown, summary="Postpone a prize draw")
def postpone(request: HttpRequest, slug: str, draw: int, given: Postponing) -> DrawShown:
    """Let an open draw end later; its source stays of the same kind."""
    membership = asking(request).membership
    return _shown(actions.postpone(membership=membership, slug=slug, number=draw, **given.model_dump()))


@router.post("/{slug}/draws/{draw}/freeze", auth=WRITE, response=DrawShown, summary="Fix the list")
def freeze(request: HttpRequest, slug: str, draw: int) -> DrawShown:
    """Fix the list and publish its hash; the worker does so by itself when entries have ended."""
    return _shown(actions.freeze(membership=asking(request).membership, slug=slug, number=draw))


@router.post("/{slug}/draws/{draw}/randomness", auth=WRITE, response=DrawShown, summary="Draw the winners")
def draw_winners(request: HttpRequest, slug: str, draw: int, given: Said) -> DrawShown:
    """Draw by what the source said, once; refused before its moment."""
    membership = asking(request).membership
    if given.round is not None:
        found = queries.of_number(of_slug(membership.brand, slug), draw)
        randomness.check_round(found.from_source, str(given.round))
    said = given.model_dump(exclude={"round"})
    return _shown(actions.draw_winners(membership=membership, slug=slug, number=draw, **said))


@router.get("/{slug}/draws/{draw}/winners", auth=READ, response=Winners, summary="List winners")
def winners(request: HttpRequest, slug: str, draw: int) -> Winners:
    """By place, with how to reach them; after one who was passed over stands who followed."""
    found = queries.of_number(of_slug(asking(request).membership.brand, slug), draw)
    return Winners([_winner(one, found) for one in queries.holders(found)])


@router.post(
    "/{slug}/draws/{draw}/winners/{place}/reach", auth=WRITE, response=Winners, summary="Note a winner as reached"
)
def reach(request: HttpRequest, slug: str, draw: int, place: int) -> Winners:
    """Again changes nothing."""
    actions.reach(membership=asking(request).membership, slug=slug, number=draw, place=place)
    return winners(request, slug, draw)


@router.post("/{slug}/draws/{draw}/winners/{place}/pass-on", auth=WRITE, response=Winners, summary="Pass a prize on")
def pass_on(request: HttpRequest, slug: str, draw: int, place: int, given: Why) -> Winners:
    """Give a place to the next reserve."""
    actions.pass_on(membership=asking(request).membership, slug=slug, number=draw, place=place, reason=given.reason)
    return winners(request, slug, draw)


@router.post("/{slug}/draws/{draw}/settle", auth=WRITE, response=DrawShown, summary="Settle a prize draw")
def settle(request: HttpRequest, slug: str, draw: int) -> DrawShown:
    """End it when all winners were reached, and forget the addresses of who entered freely."""
    return _shown(actions.settle(membership=asking(request).membership, slug=slug, number=draw))


@router.post("/{slug}/draws/{draw}/cancel", auth=WRITE, response=DrawShown, summary="Cancel a prize draw")
def cancel(request: HttpRequest, slug: str, draw: int, given: Why) -> DrawShown:
    """Before its list is fixed; `give-up` is for afterwards."""
    return _shown(actions.cancel(membership=asking(request).membership, slug=slug, number=draw, reason=given.reason))


@router.post("/{slug}/draws/{draw}/give-up", auth=WRITE, response=DrawShown, summary="Give a prize draw up")
def give_up(request: HttpRequest, slug: str, draw: int, given: Why) -> DrawShown:
    """Cancel one whose list is fixed and whose source has said nothing for three days."""
    return _shown(actions.give_up(membership=asking(request).membership, slug=slug, number=draw, reason=given.reason))


def _shown(draw: Draw) -> DrawShown:
    address = f"{addresses.campaign_page(draw.campaign.slug)}/draw/{draw.number}"
    return DrawShown(
        number=draw.number,
        state=draw.state,
        texts=draw.texts,
        prizes=[msgspec.structs.asdict(one) for one in queries.prizes_of(draw)],
        entries_until=draw.entries_until,
        draws_at=draw.draws_at,
        source=draw.source,
        reserves=draw.reserves,
        is_once=draw.is_once,
        minimum_age=draw.minimum_age,
        jurisdictions=draw.jurisdictions,
        law=draw.law,
        people=draw.people,
        tickets=draw.tickets,
        hash=draw.list_hash,
        page=address,
        file=f"{address}/file" if draw.frozen_at else None,
        outcome=draw.outcome,
    )


def _winner(one: Holder, draw: Draw) -> WinnerShown:
    return WinnerShown(
        place=one.winner.place,
        prize=one.winner.prize,
        prize_names=queries.prize_at(draw, one.winner.place).names,
        entrant=one.winner.entrant.mark,
        reserve=one.winner.reserve,
        state=one.winner.state,
        reason=one.winner.reason,
        name=one.name,
        email=one.email,
        participant=codes.spell(one.participant.pk) if one.participant else None,
        is_named=one.is_named,
    )
