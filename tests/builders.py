"""Builders: each makes one thing that is right in every way, except for what the test asks to be different."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from sebar.brands.models import Brand, Member, Role, User
from sebar.brands.queries import Membership
from sebar.campaigns import actions as campaign_actions
from sebar.campaigns.models import Campaign
from sebar.campaigns.rules import CampaignForm
from sebar.events.event import Event, Kind, decode
from sebar.kit import codes
from sebar.outbox import OutboxRow
from sebar.participants import actions
from sebar.participants.models import Participant
from sebar.participants.rules import Entry

PASSWORD = "correct horse battery"
_numbers = itertools.count(1)

_WORDS = {
    "headline": "Share the spark",
    "text": "Everybody who brings two friends lights up the town.",
    "call_to_action": "Join in",
    "share_text": "I am in. You too?",
}


def a_user(name: str = "Dina", **different: Any) -> User:
    """Return a user who can sign in with `PASSWORD`."""
    user = User(**{"name": name, "email": f"{name.lower()}{next(_numbers)}@example.com", **different})
    user.set_password(PASSWORD)
    user.save()
    return user


def a_brand(name: str = "Kopi Senja") -> Brand:
    """Return a brand without members."""
    return Brand.objects.create(name=name, slug=f"brand-{next(_numbers)}")


def a_membership(brand: Brand | None = None, *, role: Role = Role.OWNER, name: str = "Dina") -> Membership:
    """Return a new user's membership in `brand`, or in a new brand."""
    brand, user = brand or a_brand(), a_user(name)
    Member.objects.create(brand=brand, user=user, role=role)
    return Membership(brand, role, user)


def a_form(**different: Any) -> CampaignForm:
    """Return a campaign's form, complete in its languages: English and Indonesian unless asked for others."""
    number, languages = next(_numbers), different.get("languages", ("en", "id"))
    return CampaignForm(
        **{
            "name": f"Spark {number}",
            "slug": f"spark-{number}",
            "languages": languages,
            "texts": dict.fromkeys(languages, _WORDS),
            **different,
        }
    )


def a_draft(membership: Membership | None = None, **different: Any) -> Campaign:
    """Return a campaign that nobody sees yet."""
    return campaign_actions.draft(membership=membership or a_membership(), form=a_form(**different))


def a_campaign(membership: Membership | None = None, **different: Any) -> Campaign:
    """Return a published campaign; `different` changes its form."""
    member = membership or a_membership()
    return campaign_actions.publish(membership=member, slug=a_draft(member, **different).slug)


def a_participant(campaign: Campaign, parent: Participant | None = None, **different: Any) -> Participant:
    """Return a new participant, brought by the link of `parent` if given; `different` changes the entry."""
    referred_by = codes.spell(parent.pk) if parent else ""
    entry = Entry(**{"how": "link", "referred_by": referred_by, **different})
    return actions.join(campaign=campaign, entry=entry).participant


def a_cascade(campaign: Campaign, parents: Sequence[int]) -> list[Participant]:
    """Return participants of whom each was brought by the one at that place before them; -1 makes a seed."""
    made: list[Participant] = []
    for place in parents:
        made.append(a_participant(campaign, made[place] if place >= 0 else None))
    return made


def emitted(kind: Kind | None = None) -> list[Event]:
    """Return the events in the outbox, in the order of their writing, those of this very transaction too."""
    found = [decode(bytes(row.payload)) for row in OutboxRow.objects.order_by("seq")]
    return [event for event in found if kind in {None, event.kind}]
