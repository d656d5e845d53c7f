"""The card of a link: what messengers and networks show of it, and where other programs find its frame and its feed."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from sebar.campaigns import images, rules
from sebar.campaigns import queries as campaigns
from sebar.campaigns.models import Campaign
from sebar.channels import queries as channels
from sebar.channels.kinds.link.queries import is_named
from sebar.kit import codes, config
from sebar.material import queries
from sebar.material.models import Creative
from sebar.participants.models import Participant
from sebar.portal.people import called


@dataclass(frozen=True, slots=True)
class Image:
    """A picture of 1200 × 630 pixels: its whole address, and what is read where it is not seen. Empty without one."""

    address: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """What is shown of a link.

    Attributes
    ----------
    title, description, site
        Its words: who invites to what if that person allows it, what it is about, and whose it is.
    address
        The page behind the link as it can be passed on further, with the person's code. It is the page itself and never
        ``/r/…``: a network that looks the address up would be sent round in a circle.
    image
        Whole address of the picture of 1200 × 630 pixels; empty without one. Of material without a picture it is a
        card with its title.
    frame, feed
        Whole addresses of the oEmbed answer and of the RSS feed; empty where the campaign does not have them.
    frame_title
        What the oEmbed answer is called.
    """

    title: str
    description: str
    site: str
    address: str
    image: str
    frame: str
    feed: str
    frame_title: str


def card(campaign: Campaign, person: Participant | None, via: str = "", creative: Creative | None = None) -> Card:
    """Return the card of a person's link, or of the campaign's own page, in the language being spoken.

    That of a campaign that does not advertise any more only says so.

    Parameters
    ----------
    via
        How the link travelled, to be kept for whoever passes the page on.
    creative
        The material behind the link, whose words and picture come before the campaign's.
    """
    now = timezone.now()
    if campaigns.is_quiet(campaign, now):
        address, why = page_of(campaign, person, via), rules.phase(campaign, now).reason
        return Card(campaign.name, why, campaign.brand.name, address, image="", frame="", feed="", frame_title="")
    own_words = queries.wording(creative, translation.get_language()) if creative is not None else {}
    c = creative.name if creative is not None else ""
    wording = rules.text_for(campaign.texts, translation.get_language(), campaign.languages)
    usual, who = headline(campaign), _who(person)
    has = channels.switches(campaign)
    own = page_of(campaign, person)
    return Card(
        title=_title(who, own_words.get("title") or usual),
        description=own_words.get("short")
        or own_words.get("text")
        or wording["text"].partition("\n\n")[0]
        or wording["share_text"],
        site=campaign.brand.name,
        address=page_of(campaign, person, via, c),
        image=image(campaign, person, creative).address,
        frame=f"{whole(reverse('oembed'))}?{urlencode({'url': own, 'format': 'json'})}" if has["embed"] else "",
        feed=feed_of(campaign, person) if has["feed"] else "",
        frame_title=_title(who, usual),
    )


def headline(campaign: Campaign) -> str:
    """Return what a campaign is called on other people's pages: in frames, elements, badges and feeds.

    Give it as `variants.dressed` has it, so that all of a person's say what their cascade is shown. They carry the
    campaign's picture; only the card of a link carries the material's, and its headline with it.
    """
    wording = rules.text_for(campaign.texts, translation.get_language(), campaign.languages)
    return wording["headline"] or campaign.name


def frame_title(campaign: Campaign, person: Participant | None) -> str:
    """Return what a person's frame is called, wherever that stands."""
    return _title(_who(person), headline(campaign))


def _who(person: Participant | None) -> str:
    """Return who shares, as strangers may be told; empty for nobody."""
    return called(person.name) if person is not None and may_be_named(person) else ""


def _title(who: str, what: str) -> str:
    return _("%(who)s invites you: %(what)s") % {"who": who, "what": what} if who else what


def may_be_named(person: Participant) -> bool:
    """Say whether strangers may be told who shares a link: only if that person has a name and allows it."""
    return bool(person.name) and is_named(person)


def page_of(campaign: Campaign, person: Participant | None, via: str = "", c: str = "") -> str:
    """Return the whole address of a campaign's page as a person's link opens it."""
    return _with_code(reverse("campaign", args=[campaign.slug]), person, via, c)


def feed_of(campaign: Campaign, person: Participant | None) -> str:
    """Return the whole address of a campaign's feed, with a person's code in its links."""
    return _with_code(reverse("feed", args=[campaign.slug]), person)


def image(campaign: Campaign, person: Participant | None, creative: Creative | None) -> Image:
    """Return the picture that goes with a person's link: the material's, a card with its title, or the campaign's."""
    language = translation.get_language()
    if creative is None:
        own = picture(campaign)
        headline = rules.text_for(campaign.texts, language, campaign.languages)["headline"]
        return Image(own, headline or campaign.name) if own else Image()
    wording = queries.wording(creative, language)
    words = wording.get("alt") or wording.get("title") or creative.name
    found = queries.picture(creative)
    if creative.kind == "card" and person is not None and may_be_named(person):
        address = f"{whole(reverse('own-card', args=[codes.spell(person.pk)]))}?c={creative.name}"
    elif found is not None:
        address = whole(reverse("media", args=[found.og]))
    else:
        address = whole(reverse("title-card", args=[campaign.slug, creative.name, language]))
    return Image(address, words)


def picture(campaign: Campaign) -> str:
    """Return the whole address of the campaign's picture for cards; empty without one."""
    path = picture_path(campaign)
    return whole(path) if path else ""


def picture_path(campaign: Campaign) -> str:
    """Return where on this site the campaign's picture for cards is; empty without one."""
    found = images.picture(campaign.image)
    return reverse("media", args=[found.og]) if found else ""


def whole(path: str) -> str:
    """Return a path of ours as an address that others can use."""
    return f"{config.load().public_url}{path}"


def _with_code(path: str, person: Participant | None, via: str = "", c: str = "") -> str:
    named = {"ref": codes.spell(person.pk) if person else "", "via": via, "c": c}
    query = urlencode({name: value for name, value in named.items() if value})
    return whole(f"{path}?{query}" if query else path)
