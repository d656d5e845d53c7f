"""What somebody passes on: the link, the words before it, and what stands over a letter."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import translation
from django.utils.translation import gettext as _

from sebar.campaigns import rules
from sebar.campaigns.models import Campaign
from sebar.channels.base import Channel
from sebar.material import queries as material
from sebar.material.models import Creative
from sebar.participants.models import Participant
from sebar.portal.card import picture


@dataclass(frozen=True, slots=True)
class Passing:
    """What somebody passes on, in the language being spoken.

    Attributes
    ----------
    link
        Their link, before it says how it travels. Friends see what its owner saw, so it names that; a scanned or said
        one cannot.
    words, subject
        What a friend reads before the link, and over a letter.
    picture
        Whole address of the campaign's picture for cards; empty without one.
    """

    link: str
    words: str
    subject: str
    picture: str

    def door(self, channel: Channel, server: str = "") -> str:
        """Return where a channel's button leads."""
        return channel.door(self.link, words=self.words, subject=self.subject, picture=self.picture, server=server)

    def said(self, channel: Channel) -> list[tuple[str, str]]:
        """Return what is said there, part by part; empty where nothing is (`Channel.said`)."""
        return channel.said(self.link, words=self.words, subject=self.subject, picture=self.picture)


def passing(
    campaign: Campaign, code: str, creative: Creative | None, participant: Participant | None = None
) -> Passing:
    """Return what whoever has this code passes on.

    Parameters
    ----------
    campaign
        As `variants` has it for them.
    creative
        What they pass on, and so what friends see.
    participant
        Whose points and results may stand in the words; None for somebody who has none yet.
    """
    language = translation.get_language() or ""
    wording = rules.text_for(campaign.texts, language, campaign.languages)
    return Passing(
        link=material.link_to(code, creative),
        words=material.message(campaign, creative, participant.pk if participant is not None else None, language),
        subject=wording["headline"] or _("Something for you"),
        picture=picture(campaign),
    )
