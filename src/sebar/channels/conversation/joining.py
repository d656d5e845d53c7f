"""Joining by writing to a bot: what the campaign is, what people agree to, what it must know, and then they are in."""

from __future__ import annotations

from typing import Final, Literal

import msgspec
from django.utils import timezone
from django.utils.translation import gettext as _

from sebar.campaigns import queries as campaigns
from sebar.campaigns import rules as campaign_rules
from sebar.campaigns.models import Asks, Campaign
from sebar.campaigns.rules import Phase
from sebar.channels import gate
from sebar.channels.conversation.asked import NOTHING, Asked
from sebar.channels.conversation.commands import Command
from sebar.channels.conversation.turn import Reply, Turn
from sebar.channels.shown import shown_to
from sebar.kit import codes
from sebar.kit.errors import NotAllowed, UserErrors
from sebar.participants import actions, queries
from sebar.participants.rules import Entry

_MOST_CHOICES: Final = 20
_LONGEST_WORD: Final = 80


def is_answer(turn: Turn) -> bool:
    """Say whether a message is the answer to the question that stands open; commands and “stop” never are."""
    wish = turn.wish
    match turn.asked.what:
        case "name" | "email":
            return not wish.has_slash and wish.command is not Command.STOP
        case "campaign":
            return wish.command is Command.WORDS and wish.rest.isdecimal()
    return False


def answered(turn: Turn) -> list[Reply]:
    """Go on with the answer to a question."""
    campaign, text = turn.talk.campaign, turn.saying.text
    if turn.asked.what == "campaign":
        return _chosen(turn, int(turn.wish.rest))
    if campaign is None:
        return _start_anew(turn)
    if turn.asked.what == "email":
        return _let_in(turn, campaign, email=text)
    turn.ask(msgspec.structs.replace(turn.asked, name=text))
    if campaign.asks_email == Asks.REQUIRED:
        return _question(turn, "email")
    return _let_in(turn, campaign, email="")


def start(turn: Turn) -> list[Reply]:
    """Start with a friend's code, with the name of a campaign as it stands in links, or with neither."""
    word = turn.wish.rest.partition(" ")[0][:_LONGEST_WORD]
    return _start_with(turn, word) if word else _start_anew(turn)


def join(turn: Turn) -> list[Reply]:
    """Show once more what the talk is about, and ask."""
    campaign = turn.talk.campaign
    if campaign is None or turn.wish.rest:
        return start(turn)
    return _present(turn, campaign, msgspec.structs.replace(turn.asked, what=""))


def agree(turn: Turn) -> list[Reply]:
    """Take a “yes”: only to the very wording that was shown."""
    campaign, asked = turn.talk.campaign, turn.asked
    if asked.what != "consent" or campaign is None:
        return [Reply(_("Nothing is asked just now. /start begins."))]
    if campaigns.consent(campaign).pk != asked.consent:
        return [Reply(_("The wording has changed in the meantime:")), *_show_consent(turn, campaign, asked)]
    if campaign.asks_name == Asks.REQUIRED and not asked.name:
        return _question(turn, "name")
    if campaign.asks_email == Asks.REQUIRED:
        return _question(turn, "email")
    return _let_in(turn, campaign, email="")


def decline(turn: Turn) -> list[Reply]:
    """Take a “no”."""
    turn.ask(NOTHING)
    return [Reply(_("All right, you have not joined. /start begins again."))]


def _start_anew(turn: Turn) -> list[Reply]:
    turn.ask(NOTHING)
    if not turn.running:
        return [Reply(_("There is nothing to join here just now."))]
    if len(turn.running) == 1:
        return _present(turn, turn.running[0], NOTHING)
    offered = turn.running[:_MOST_CHOICES]
    turn.ask(Asked(what="campaign", campaigns=tuple(campaign.pk for campaign in offered)))
    lines = [f"{number}. {turn.headline(campaign)}" for number, campaign in enumerate(offered, start=1)]
    return [Reply("\n".join([_("Which one? Answer with its number."), *lines]))]


def _start_with(turn: Turn, word: str) -> list[Reply]:
    turn.ask(NOTHING)
    friend = queries.of_code(word.lower())
    if friend is not None and friend.campaign.brand_id == turn.brand.pk:
        return _present(turn, friend.campaign, Asked(code=codes.spell(friend.pk), how=turn.wish.how))
    for campaign in turn.running:
        if campaign.slug == word.lower():
            return _present(turn, campaign, NOTHING)
    sentence = _("“{shown}” is no code of {brand}: compare it once more.")
    return [Reply(sentence.format(shown=word, brand=turn.brand))]


def _chosen(turn: Turn, number: int) -> list[Reply]:
    """Show the campaign of this number among those that were offered, if it still runs."""
    offered = turn.asked.campaigns
    chosen = offered[number - 1] if 1 <= number <= len(offered) else 0
    for campaign in turn.running:
        if campaign.pk == chosen:
            return _present(turn, campaign, NOTHING)
    return _start_anew(turn)


def _present(turn: Turn, campaign: Campaign, came: Asked) -> list[Reply]:
    """Show a campaign and what people agree to; to whoever is in already, their link."""
    turn.talk.campaign = campaign
    me = turn.mine.filter(campaign=campaign).first()
    if me is not None:
        return [Reply(_("You have joined already.")), *turn.links(me)]
    phase = campaign_rules.phase(campaign, timezone.now())
    if phase is not Phase.RUNNING:
        return [Reply(phase.reason)]
    if not gate.is_on(campaign, turn.saying.channel):
        return [Reply(_("This campaign cannot be joined here."))]
    friend = queries.of_code(came.code) if came.code else None
    shown = shown_to(friend) if friend is not None else campaign
    return [Reply(turn.card(shown)), *_show_consent(turn, campaign, came)]


def _show_consent(turn: Turn, campaign: Campaign, came: Asked) -> list[Reply]:
    consent, words = campaigns.consent_words(campaign, turn.talk.language)
    turn.ask(msgspec.structs.replace(came, what="consent", consent=consent.pk))
    question = _("Do you agree? Answer “yes” to join, or “no”.")
    return [Reply(f"{words}\n\n{question}")]


def _question(turn: Turn, what: Literal["name", "email"]) -> list[Reply]:
    turn.ask(msgspec.structs.replace(turn.asked, what=what))
    if what == "name":
        return [Reply(_("What is your name? Friends who follow your link see the first name."))]
    return [Reply(_("What is your e-mail address?"))]


def _let_in(turn: Turn, campaign: Campaign, *, email: str) -> list[Reply]:
    """Make somebody a participant; when something that they wrote cannot be used, ask for that once more."""
    asked = turn.asked
    entry = Entry(
        name=asked.name,
        email=email,
        submission=turn.mark,
        referred_by=asked.code,
        how=asked.how,
        channel=turn.saying.channel,
        language=turn.talk.language,
    )
    try:
        joined = actions.join(campaign=campaign, entry=entry, consent_text=campaigns.consent(campaign))
    except UserErrors as errors:
        return _ask_again(turn, errors)
    except NotAllowed as refused:
        turn.ask(NOTHING)
        return [Reply(refused.message)]
    turn.ask(NOTHING)
    return [Reply(_("Welcome, you are in! /help says what else you can do.")), *turn.links(joined.participant)]


def _ask_again(turn: Turn, errors: UserErrors) -> list[Reply]:
    field = errors.errors[0].field
    if field == "name":
        turn.ask(msgspec.structs.replace(turn.asked, what="name", name=""))
    elif field == "email":
        turn.ask(msgspec.structs.replace(turn.asked, what="email"))
    return [Reply(errors.message)]
