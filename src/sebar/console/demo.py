"""A campaign with invented people in it, for looking around: made by the product's own generator."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

import numpy as np
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from sebar import outbox
from sebar.brands.queries import Membership
from sebar.campaigns import actions as campaigns
from sebar.campaigns import queries as campaign_queries
from sebar.campaigns.models import Campaign
from sebar.campaigns.rules import CampaignForm
from sebar.console import forms
from sebar.events.event import Event, Kind, Verdict
from sebar.kit.ids import new_id
from sebar.pages import words
from sebar.participants import actions as participants
from sebar.participants.models import Participant
from sebar.participants.rules import Entry
from sebar.spread import generate
from sebar.spread.generate import CHANNELS, KINDS, Forest, Touches

PEOPLE = 2000
_DAYS = 6.0
_LASTS = 13
_UNSEEN = 0.2
_SEED = 20
_CONVERTING = 0.05
_PRICE = 4_500_000  # sen
_CONVERTS_AFTER = timedelta(hours=3)
_VISITORS = 2**63
_FIRST_NAMES = (
    *("Dewi", "Budi", "Siti", "Agus", "Rina", "Andi", "Putri", "Bayu", "Lestari", "Joko", "Wulan", "Eko", "Ayu"),
    *("Rizky", "Maya", "Dimas", "Nadia", "Fajar", "Intan", "Hendra", "Sari", "Yusuf", "Ratna", "Galih", "Tika"),
    *("Made", "Ketut", "Nyoman", "Wayan", "Fitri", "Reza", "Mega", "Ilham", "Citra", "Arif", "Lina", "Gilang"),
)
_INITIALS = "ABDEFGHIKLMNPRSTW"


@transaction.atomic
def make(*, membership: Membership) -> Campaign:
    """Make a running campaign of this brand that looks as if it had been passed on for some days.

    Raises
    ------
    NotAllowed
        When the member may not make campaigns.
    """
    start = timezone.now() - timedelta(days=_DAYS)
    drafted = campaigns.draft(membership=membership, form=_form(start), is_demo=True)
    campaign = campaigns.publish(membership=membership, slug=drafted.slug)
    random = np.random.default_rng(_SEED)
    forest = generate.forest(people=PEOPLE, days=_DAYS, seed=_SEED, start_hour=_hour(start, campaign))
    joined = participants.add_many(campaign=campaign, entries=_entries(forest, start, random))
    people = [one.participant for one in joined]
    touches = generate.touches(forest, seed=_SEED)
    outbox.emit(*_events(people, touches, start, random))
    _convert(campaign, people, random)
    return campaign_queries.of_slug(membership.brand, campaign.slug)


def _form(start: datetime) -> CampaignForm:
    texts = {
        language: forms.usual(language) | {"headline": headline, "text": text}
        for language, headline, text in (
            ("en", "Coffee with a friend, on us", "Bring a friend to any Kopi Bareng: the second cup is on the house."),
            ("id", "Ngopi berdua, kami traktir", "Ajak teman ke Kopi Bareng mana saja: cangkir kedua gratis."),
        )
    }
    slug = f"kopi-bareng-{secrets.token_hex(3)}"
    return CampaignForm(
        name=_("Kopi Bareng (demo)"),
        slug=slug,
        languages=("en", "id"),
        texts=texts,
        starts_at=start,
        ends_at=start + timedelta(days=_LASTS),
    )


def _hour(start: datetime, campaign: Campaign) -> float:
    local = start.astimezone(words.zone(campaign.time_zone))
    return local.hour + local.minute / 60


def _entries(forest: Forest, start: datetime, random: np.random.Generator) -> list[Entry]:
    firsts = random.integers(len(_FIRST_NAMES), size=len(forest.parent))
    initials = random.integers(len(_INITIALS), size=len(forest.parent))
    return [
        Entry(
            name=f"{_FIRST_NAMES[firsts[index]]} {_INITIALS[initials[index]]}.",
            external_id=f"demo-{index}",
            referred_by=f"demo-{parent}" if parent >= 0 else "",
            channel=CHANNELS[forest.channel[index]],
            source="" if parent >= 0 else "demo",
            joined_at=_at(start, forest.seconds[index]),
        )
        for index, parent in enumerate(forest.parent.tolist())
    ]


def _at(start: datetime, seconds: float) -> datetime:
    return min(start + timedelta(seconds=float(seconds)), timezone.now())


def _events(people: list[Participant], touches: Touches, start: datetime, random: np.random.Generator) -> list[Event]:
    """Return the touches around the joins, those that lie ahead left out."""
    # Some pass on without a trace: they copy the link or say the code aloud.
    unseen = (touches.kind == KINDS.index("share")) & (random.random(len(touches.kind)) < _UNSEEN)
    visitors = random.integers(1, _VISITORS, size=len(touches.kind))
    now = timezone.now().timestamp()
    columns = zip(
        touches.kind.tolist(),
        touches.owner.tolist(),
        touches.seconds.tolist(),
        touches.channel.tolist(),
        visitors.tolist(),
        unseen.tolist(),
        strict=True,
    )
    begun = start.timestamp()
    return [
        _touch(people[owner], KINDS[kind], int((begun + seconds) * 1000), CHANNELS[channel], visitor)
        for kind, owner, seconds, channel, visitor, is_unseen in columns
        if begun + seconds <= now and not is_unseen
    ]


def _touch(owner: Participant, kind: str, ts: int, channel: str, visitor: int) -> Event:
    is_crawler = kind == "crawler"
    return Event(
        id=new_id(ts),
        ts=ts,
        campaign=owner.campaign_id,
        kind=Kind.VISIT if is_crawler else Kind(kind),
        participant=owner.pk,
        parent=owner.parent_id or 0,
        root=owner.root_id,
        generation=owner.generation,
        visitor=visitor,
        channel=channel,
        verdict=Verdict.CRAWLER if is_crawler else Verdict.PERSON,
        reason="demo",
    )


def _convert(campaign: Campaign, people: list[Participant], random: np.random.Generator) -> None:
    for index in np.flatnonzero(random.random(len(people)) < _CONVERTING).tolist():
        happened_at = min(people[index].joined_at + _CONVERTS_AFTER, timezone.now())
        participants.convert(
            campaign=campaign,
            number=people[index].pk,
            external_id=f"demo-{index}",
            value=_PRICE,
            currency="IDR",
            happened_at=happened_at,
        )
