"""Reading material."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from django.db import connection
from django.db.models import Max, Sum

from sebar.brands.models import Brand
from sebar.campaigns import images
from sebar.campaigns import rules as campaign_rules
from sebar.campaigns.images import Picture
from sebar.campaigns.models import Campaign
from sebar.campaigns.queries import of_slug
from sebar.kit import addresses, text
from sebar.kit.errors import NotFound
from sebar.kit.words import gettext_noop
from sebar.material import kinds
from sebar.material.base import Kind
from sebar.material.models import Best, Creative, State

Links = Callable[[str, str], str]
"""Tells somebody's link from their code and what they saw."""
_MOST_REMEMBERED: Final = 500
_CHANGED_AND_SHOWN: Final = """
    SELECT campaign.changed_at, creative.name
    FROM sebar_campaign campaign
    LEFT JOIN sebar_creative creative
        ON creative.campaign_id = campaign.id AND creative.is_on AND creative.state = %s
    WHERE campaign.brand_id = %s AND campaign.slug = %s
    ORDER BY creative.position, creative.id
"""


def of_campaign(campaign: Campaign) -> list[Creative]:
    """Return everything a campaign has, in its order."""
    return list(campaign.creatives.order_by("position", "pk"))


def shown(campaign: Campaign) -> list[Creative]:
    """Return what people can be shown, in its order."""
    return list(campaign.creatives.filter(is_on=True, state=State.READY).order_by("position", "pk"))


def shows_more_than_words(campaign: Campaign) -> bool:
    """Say whether people can be shown something to look at or to do. A text is words, and so is a page of them."""
    there = shown(campaign)
    more = {one.name for one in there if one.kind not in {"text", "page"}}
    return any(
        one.name in more
        or (one.kind == "page" and any(block.get("creative") in more for block in one.content.get("blocks", [])))
        for one in there
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


def links(campaign: Campaign) -> Links:
    """Return what tells anybody's link as `link` does, from their code and what they saw, without asking again."""
    return _links([one.name for one in shown(campaign)])


def link_to(code: str, creative: Creative | None) -> str:
    """Return somebody's link that names what friends see; a link to the campaign where there is nothing."""
    return addresses.link(code, creative.name if creative is not None else "")


class Remembered:
    """Campaigns as `of_slug` finds them, kept for as long as nobody changes them; each look costs one small question.

    Brands' programs add participants by the thousand, and building the whole query each time costs more than a join.
    The same question tells what people can be shown, which their links name.
    """

    def __init__(self) -> None:
        self._kept: dict[tuple[int, str], tuple[object, Campaign]] = {}

    def of_slug(self, brand: Brand, slug: str) -> tuple[Campaign, Links]:
        """Return one campaign of the brand, which the caller only reads, and what `links` says of it.

        Raises
        ------
        NotFound
            When the brand has none of this slug, whoever else may.
        """
        rows: list[tuple[object, str | None]] = []
        if text.can_be_stored(slug):
            with connection.cursor() as cursor:
                cursor.execute(_CHANGED_AND_SHOWN, [State.READY, brand.pk, slug])
                rows = cursor.fetchall()
        changed_at = rows[0][0] if rows else None
        kept_at, campaign = self._kept.get((brand.pk, slug), (None, None))
        if campaign is None or kept_at != changed_at:
            campaign = of_slug(brand, slug)
            if len(self._kept) >= _MOST_REMEMBERED:
                self._kept.clear()
            self._kept[brand.pk, slug] = changed_at, campaign
        return campaign, _links([name for _changed_at, name in rows if name])


def _links(there: Sequence[str]) -> Links:
    first = there[0] if there else ""
    return lambda code, saw: addresses.link(code, saw if saw in there else first)


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


def picture(creative: Creative) -> Picture | None:
    """Return what it shows where it can only be looked at: the cover uploaded beside it, or its own; None without."""
    return images.picture(creative.files.get("cover") or creative.files.get("picture", ""))


def title(creative: Creative, language: str | None) -> str:
    """Return what people call it in a language: its title, what it shows, or its short name."""
    words = wording(creative, language)
    return words.get("title") or words.get("alt") or creative.name


def message(campaign: Campaign, creative: Creative | None, participant: int | None, language: str) -> str:
    """Return what people say when they pass something on, before the link.

    The one place that decides it, for buttons, letters and bots: the words of an experiment's arm, else those of the
    material with what somebody made, else those of the campaign.

    Parameters
    ----------
    campaign
        As its experiments have it for whoever passes it on, if they are to be asked.
    participant
        Whose points and results may stand in the words; None for somebody who has none yet.
    """
    own = tried(campaign, language) or (_own_message(creative, participant, language) if creative is not None else "")
    usual = campaign_rules.text_for(campaign.texts, language, campaign.languages)
    return own or usual["share_text"] or usual["headline"]


def tried(campaign: Campaign, language: str) -> str:
    """Return the message of an experiment's arm, in a campaign as its experiments have it; empty without one."""
    words: str = campaign.texts.get(campaign_rules.spoken(language, campaign.languages), {}).get("tried", "")
    return words


def _own_message(creative: Creative, participant: int | None, language: str) -> str:
    """Return the material's own words; empty without any, and where they tell of what nobody made."""
    written = wording(creative, language)["share"]
    if "{score}" not in written and "{result}" not in written:
        return written
    made = best(creative, participant) if participant is not None else None
    if not made:
        return ""
    return written.replace("{score}", str(made)).replace("{result}", result_title(creative, made, language))


def result_title(creative: Creative, number: int, language: str) -> str:
    """Return what a result of a quiz is called, counted from 1; empty when there is none."""
    results = creative.content.get("results", [])
    return said(results[number - 1]["title"], language) if 0 < number <= len(results) else ""


def said(words: Mapping[str, str], language: str) -> str:
    """Return what is written in a language, or in the first that has it."""
    return words.get(language, "") or next(iter(words.values()), "")


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
