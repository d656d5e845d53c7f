"""What people pass on, as it goes out: the same code makes the participant's page, the letters and the cards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.utils import translation
from django.utils.translation import gettext as _

from sebar.campaigns.models import Campaign
from sebar.channels.base import Channel
from sebar.channels.kinds.email import console as email
from sebar.kit import config
from sebar.material import queries as materials
from sebar.material.models import Creative
from sebar.material.queries import creative_for
from sebar.portal import variants
from sebar.portal.card import Card, Image, card, image
from sebar.portal.passing import Passing, passing
from sebar.steering.experiments import queries as experiments
from sebar.steering.experiments.models import Experiment, Status, Varies

_LIKE_A_CODE: Final = "k7m2fqx"


@dataclass(frozen=True, kw_only=True)
class Said:
    """One part of what is said on a channel."""

    name: str
    title: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What somebody who joins now by nobody's link passes on.

    Attributes
    ----------
    choices
        With what it may be: key and words; none where there is nothing to choose.
    chosen
        The key of what it is with.
    campaign
        The campaign as that person is shown it; never to be stored.
    passing, card, image
        What they pass on, the card that networks show of its link, and the picture in that and in letters.
    """

    choices: list[tuple[str, str]]
    chosen: str
    campaign: Campaign
    passing: Passing
    card: Card
    image: Image

    @property
    def subject_of_letter(self) -> str:
        """What stands over a letter to a friend."""
        return email.sample(self.campaign, self.passing.link, self.passing.words)["subject"]

    @property
    def picture(self) -> str:
        """Where on this site the card's picture is; empty without one."""
        return _here(self.image.address)

    def letter(self) -> str:
        """Return a letter to a friend as mail programs show it; raises `NotFound` where letters are not set up."""
        picture = self.image
        return email.shown(
            self.campaign,
            self.passing.link,
            self.passing.words,
            picture=picture.address,
            picture_words=picture.words,
        )

    def said(self, channel: Channel) -> list[Said]:
        """Return what is said on a channel, part by part; empty where nobody says anything there."""
        titles = {"link": _("Link"), "words": _("Words"), "message": _("Message"), "subject": _("Title"),
                  "picture": _("Picture")}  # fmt: skip
        parts = self.passing.said(channel)
        return [
            Said(name=name, title=titles[name], text=_here(text) if name == "picture" else text) for name, text in parts
        ]

    def length(self, channel: Channel) -> int:
        """Return how many characters a message has there, its link included."""
        return len(" ".join(part.text for part in self.said(channel)))


def of(campaign: Campaign, wanted: str = "") -> Preview:
    """Return what a new seed passes on with what is wanted: an arm or material, by the key among the choices.

    What is not chosen is as the control of its experiment shows it. What is no choice is taken for the first.
    """
    running = [one for one in experiments.of_campaign(campaign) if one.status == Status.RUNNING]
    arms = {f"arm-{one.pk}-{name}": (one, name) for one in running for name in _given(one)}
    shown = [] if any(one.varies == Varies.CREATIVE for one in running) else materials.shown(campaign)
    pieces = {f"material-{one.name}": one for one in shown}
    keys = [*arms, *pieces] if len(pieces) > 1 else [*arms]
    chosen = wanted if wanted in keys else next(iter(keys), "")
    given = {one.pk: one.control for one in running}
    if chosen in arms:
        experiment, name = arms[chosen]
        given[experiment.pk] = name
    variant = variants.for_seed(campaign, given)
    creative = creative_for(campaign, variant.creative or (pieces[chosen].name if chosen in pieces else ""))
    return Preview(
        choices=[(key, _arm_words(*arms[key]) if key in arms else _words(pieces[key])) for key in keys],
        chosen=chosen,
        campaign=variant.campaign,
        passing=passing(variant.campaign, _LIKE_A_CODE, creative),
        card=card(variant.campaign, None, creative=creative),
        image=image(variant.campaign, None, creative),
    )


def _here(address: str) -> str:
    """Return an address of ours as pages here may show it, whatever name of this host they were opened by."""
    return address.removeprefix(config.load().public_url)


def _given(experiment: Experiment) -> list[str]:
    """Return the arms that new seeds are given, the control first."""
    given = experiments.weights(experiment)
    names = [arm.name for arm in experiments.arms(experiment) if given.get(arm.name)]
    return sorted(names, key=lambda name: name != experiment.control)


def _arm_words(experiment: Experiment, arm: str) -> str:
    if arm == experiment.control:
        return _("{experiment}: {arm}, the control").format(experiment=experiment.name, arm=arm)
    return f"{experiment.name}: {arm}"


def _words(creative: Creative) -> str:
    return materials.title(creative, translation.get_language())
