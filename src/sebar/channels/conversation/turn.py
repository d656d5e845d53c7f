"""One message’s turn in the conversation with a person: who they are to us, what was asked, what they want now."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from textwrap import shorten
from typing import Final

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from sebar.brands.models import Brand
from sebar.campaigns import queries as campaigns
from sebar.campaigns import rules as campaign_rules
from sebar.campaigns.models import Campaign
from sebar.campaigns.rules import LANGUAGES, Phase
from sebar.channels import ALL, gate, sealing
from sebar.channels.conversation import actions as conversation
from sebar.channels.conversation import asked as questions
from sebar.channels.conversation.asked import Asked
from sebar.channels.conversation.commands import Wish
from sebar.channels.conversation.models import Talk
from sebar.kit import codes
from sebar.material import queries as material
from sebar.participants.models import Participant

_LONGEST_LEAD: Final = 700


@dataclass(frozen=True, kw_only=True, slots=True)
class Saying:
    """What somebody wrote.

    Attributes
    ----------
    brand, channel
        Whose bot it was written to, and on which channel.
    address
        Who wrote it, in the one form in which the channel spells it.
    language
        What the messenger says they speak; may be anything.
    mark
        The messenger's own name of the message: the same again is not answered. Empty where nothing comes twice.
    door
        Address that opens the bot and starts with the code at ``{code}``; empty where there is none.
    """

    brand: Brand
    channel: str
    address: str
    text: str
    language: str = ""
    mark: str = ""
    door: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What is written back, in one message; `link` is the one in it, for messengers that show links apart."""

    text: str
    link: str = ""


def mark_of(channel: str, address: str) -> str:
    """Return by what a participant who joined in a conversation is known again (their `submission`)."""
    return sealing.hashed(channel, address)


class Turn:
    """What everything that answers a message needs to know.

    Attributes
    ----------
    saying, wish
        What was written, and what is meant by it.
    talk, asked
        Where the conversation stands, and what was asked last. Whoever makes a turn saves the talk.
    """

    def __init__(self, saying: Saying, wish: Wish) -> None:
        self.saying = saying
        self.wish = wish
        self.brand = saying.brand
        self.mark = mark_of(saying.channel, saying.address)
        self.talk = self._recalled()
        self.asked = questions.recall(self.talk)

    def ask(self, asked: Asked) -> None:
        """Note what stands open from now on."""
        self.asked = asked
        questions.remember(self.talk, asked)

    @cached_property
    def running(self) -> list[Campaign]:
        """The campaigns that can be joined here."""
        now = timezone.now()
        return [
            campaign
            for campaign in campaigns.of_brand(self.brand)
            if campaign_rules.phase(campaign, now) is Phase.RUNNING and gate.is_on(campaign, self.saying.channel)
        ]

    @property
    def mine(self) -> QuerySet[Participant]:
        """Who wrote this, in every campaign of the brand that they joined here."""
        return Participant.objects.filter(campaign__brand=self.brand, submission=self.mark)

    @property
    def me(self) -> Participant | None:
        """Who wrote this, in the campaign that the talk is about, or else in the one they joined last."""
        joined = self.mine.select_related("campaign__brand").order_by("-joined_at")
        return joined.filter(campaign=self.talk.campaign_id).first() or joined.first()

    def links(self, me: Participant) -> list[Reply]:
        """Return somebody's own link, and the one that starts the bot for their friends."""
        link = self.own_link(me)
        lines = [_("Your link: {link}").format(link=link)]
        if self.saying.door:
            lines.append(
                _("Friends can start here too: {link}").format(link=self.saying.door.format(code=codes.spell(me.pk)))
            )
        return [Reply("\n".join(lines), link=link)]

    def own_link(self, participant: Participant) -> str:
        """Return the link of a participant as it travels on this channel."""
        bare = material.link(participant.campaign, codes.spell(participant.pk), saw=participant.creative)
        return ALL[self.saying.channel].link(bare)

    def wording(self, campaign: Campaign) -> dict[str, str]:
        """Return a campaign's words in the language of the talk, or in its own first one."""
        return campaign_rules.text_for(campaign.texts, self.talk.language, campaign.languages)

    def headline(self, campaign: Campaign) -> str:
        """Return what a campaign is called in front of people."""
        return self.wording(campaign)["headline"] or campaign.name

    def card(self, campaign: Campaign) -> str:
        """Return what shows a campaign to somebody who has never heard of it."""
        lead = self.wording(campaign)["text"].partition("\n\n")[0]
        return f"{self.headline(campaign)}\n\n{shorten(lead, _LONGEST_LEAD, placeholder='…')}".strip()

    def _recalled(self) -> Talk:
        """Return where the conversation stands, in the language in which to go on."""
        talk = conversation.recall(brand=self.brand, channel=self.saying.channel, address_hash=self.mark)
        if self.wish.language or not talk.language:
            talk.language = self.wish.language or self._first_language()
        return talk

    def _first_language(self) -> str:
        hint = self.saying.language[:2].lower()
        of_campaigns = (language for campaign in self.running for language in campaign.languages[:1])
        spoken = (hint, *self.mine.values_list("language", flat=True), *of_campaigns)
        return next((language for language in spoken if language in LANGUAGES), LANGUAGES[0])
