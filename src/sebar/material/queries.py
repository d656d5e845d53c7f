"""Reading material."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import Max, Sum

from sebar.brands.models import Brand
from sebar.campaigns import rules as campaign_rules
from sebar.campaigns.models import Campaign
from sebar.kit import addresses, text
from sebar.kit.errors import NotFound
from sebar.kit.words import gettext_noop
from sebar.material import kinds
from sebar.material.base import Kind
from sebar.material.models import Best, Creative, State


def of_campaign(campaign: Campaign) -> list[Creative]:
    """Return everything a campaign has, in its order."""
    return list(campaign.creatives.order_by("position", "pk"))


def shown(campaign: Campaign) -> list[Creative]:
    """Return what people can be shown, in its order."""
    return list(campaign.creatives.filter(is_on=True, state=State.READY).order_by("position", "pk"))


def shows_more_than_words(campaign: Campaign) -> bool:
    """Say whether people can be shown something to look at or to do. A text is words, and so is a page of them."""
    ready = [one for one in of_campaign(campaign) if one.state == State.READY]
    more = {one.name for one in ready if one.kind not in {"text", "page"}}
    return any(
        one.name in more
        or (one.kind == "page" and any(block.get("creative") in more for block in one.content.get("blocks", [])))
        for one in ready
        if one.is_on
    )


def creative_for(campaign: Campaign, c: str) -> Creative | None:
    """Return the creative that a page of the campaign shows; None when there is nothing to show.

    The one place that decides it: what the link names, if people can be shown it, else the first that they can.

    Parameters
    ----------
    c
        What the link names; empty when it names none.
    """
    return _chosen(shown(campaign), c)


def link(campaign: Campaign, code: str, saw: str = "") -> str:
    """Return somebody's link as it is passed on where nobody chooses what it shows, so that what it brings is counted.

    Parameters
    ----------
    code
        Whose link it is.
    saw
        Name of what its owner saw (`Participant.creative`): friends see the same, or else what stands first.
    """
    return links(campaign)(code, saw)


def links(campaign: Campaign) -> Callable[[str, str], str]:
    """Return what tells anybody's link as `link` does, from their code and what they saw, without asking again."""
    there = shown(campaign)
    return lambda code, saw: link_to(code, _chosen(there, saw))


def link_to(code: str, creative: Creative | None) -> str:
    """Return somebody's link that names what friends see; a link to the campaign where there is nothing."""
    return addresses.link(code, creative.name if creative is not None else "")


def _chosen(there: Sequence[Creative], name: str) -> Creative | None:
    return next((one for one in there if one.name == name), there[0] if there else None)


def find(campaign: Campaign, name: str) -> Creative:
    """Return one creative.

    Raises
    ------
    NotFound
        When the campaign has none of this name.
    """
    found = campaign.creatives.filter(name=name).first() if text.can_be_stored(name) else None
    if found is None:
        message = gettext_noop("There is no material called “{name}” in this campaign.")
        raise NotFound(message, field="name", name=text.shown(name))
    return found


def kind(name: str) -> Kind:
    """Return one kind.

    Raises
    ------
    NotFound
        When there is none of this name.
    """
    if name not in kinds.ALL:
        raise NotFound(gettext_noop("There is no material of kind “{kind}”."), field="kind", kind=name[:40])
    return kinds.ALL[name]


def wording(creative: Creative, language: str | None) -> dict[str, str]:
    """Return its texts in a language, or in the first of its campaign that has them; every text is there."""
    campaign = creative.campaign
    spoken = campaign_rules.spoken(language or "", campaign.languages)
    written: dict[str, str] = creative.texts.get(spoken) or next(iter(creative.texts.values()), {})
    return {one.name: written.get(one.name, "") for one in kinds.ALL[creative.kind].wordings}


def used(brand: Brand) -> int:
    """Return how many bytes a brand's material takes."""
    return Creative.objects.filter(campaign__brand=brand).aggregate(all=Sum("size"))["all"] or 0


def best(creative: Creative, participant: int) -> int | None:
    """Return the most points somebody made, as their browser said; None when they never played."""
    return Best.objects.filter(creative=creative, participant_id=participant).values_list("score", flat=True).first()


def highest(campaign: Campaign) -> dict[int, int]:
    """Return the most points anybody made, by creative."""
    rows = Best.objects.filter(creative__campaign=campaign).values_list("creative").annotate(most=Max("score"))
    return dict(rows)


def next_to_make() -> Creative | None:
    """Return what the worker should take next."""
    return Creative.objects.filter(state=State.WORKING).select_related("campaign").order_by("changed_at", "pk").first()


def names(campaign: Campaign) -> Sequence[str]:
    """Return the names that are taken."""
    return list(campaign.creatives.values_list("name", flat=True))


def all_files() -> list[dict[str, Any]]:
    """Return what every creative of the instance keeps in the media folder."""
    return list(Creative.objects.values_list("files", flat=True))
