"""Answering what somebody wrote to a bot. It always answers in their language, and never writes first."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable
from typing import Final

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sebar.campaigns.rules import LANGUAGES
from sebar.channels import actions, gate
from sebar.channels.conversation import actions as conversation
from sebar.channels.conversation import commands, joining
from sebar.channels.conversation.asked import NOTHING
from sebar.channels.conversation.commands import Command, Wish
from sebar.channels.conversation.turn import Reply, Saying, Turn
from sebar.channels.shown import shown_to
from sebar.edge.limit import Limit
from sebar.kit.words import number
from sebar.material import queries as material
from sebar.participants import queries
from sebar.participants.models import Participant

_PATIENCE: Final = 3  # messages in a row that are not understood; another program would go on for ever
_OTHER_LANGUAGE: Final = {"en": ("id", "Bahasa Indonesia"), "id": ("en", "English")}
_PACE: Final = Limit(burst=20, per_second=0.2)
_PACE_KEY: Final = secrets.token_bytes(16)


def answer(saying: Saying) -> list[Reply]:
    """Return what to write back, after doing what was asked for: all in one transaction.

    Nothing is written back to what was heard before, to who writes far too much, and to what looks like a program.
    """
    wish = commands.read(saying.text) if len(saying.text) <= commands.LONGEST else Wish(Command.WORDS)
    if wish.command is not Command.STOP and not _is_at_a_persons_pace(saying):
        return []
    with transaction.atomic():
        if saying.mark and not conversation.note(brand=saying.brand, channel=saying.channel, mark=saying.mark):
            return []
        turn = Turn(saying, wish)
        with translation.override(turn.talk.language):
            replies = _replies(turn)
        conversation.remember(turn.talk)
    return replies


def ways() -> list[tuple[str, str]]:
    """Return the commands worth knowing, and what each does, in the language spoken just now."""
    return [
        ("link", _("your own link")),
        ("invite", _("a message to pass on")),
        ("stats", _("who joined through you")),
        ("news", _("be told when friends join")),
        ("stop", _("be written to no more")),
        _OTHER_LANGUAGE[translation.get_language()],
    ]


def menu() -> dict[str, list[tuple[str, str]]]:
    """Return the commands worth knowing in each of our languages."""
    shown = {}
    for language in LANGUAGES:
        with translation.override(language):
            shown[language] = ways()
    return shown


def _is_at_a_persons_pace(saying: Saying) -> bool:
    who = hashlib.blake2b(f"{saying.channel}\0{saying.address}".encode(), key=_PACE_KEY, digest_size=16).digest()
    return _PACE.allows(who, 1, time.monotonic())


def _replies(turn: Turn) -> list[Reply]:
    if joining.is_answer(turn):
        does: Callable[[Turn], list[Reply]] = joining.answered
    elif turn.wish.command is Command.WORDS:
        return _not_understood(turn)
    else:
        does = _DOES[turn.wish.command]
    turn.talk.lost = 0
    return does(turn)


def _of_participant(does: Callable[[Turn, Participant], list[Reply]]) -> Callable[[Turn], list[Reply]]:
    """Return what does something for participants, and tells everybody else how to become one."""

    def done(turn: Turn) -> list[Reply]:
        me = turn.me
        if me is None:
            return [Reply(_("You have not joined yet. /start shows what this is."))]
        return does(turn, me)

    return done


def _invite(turn: Turn, me: Participant) -> list[Reply]:
    link = turn.own_link(me)
    campaign = shown_to(me)
    words = material.message(campaign, material.creative_for(campaign, me.creative), me.pk, turn.talk.language)
    invitation = f"{words}\n{link}".strip()
    return [Reply(_("Pass on the next message to friends:")), Reply(invitation, link=link)]


def _stats(_turn: Turn, me: Participant) -> list[Reply]:
    counts = queries.counts(me)
    if not counts.direct:
        return [Reply(_("Nobody has joined through you yet."))]
    direct = ngettext("%(count)s friend joined through you", "%(count)s friends joined through you", counts.direct)
    direct %= {"count": number(counts.direct)}
    if not counts.later:
        return [Reply(_("%(direct)s.") % {"direct": direct})]
    return [Reply(_("%(direct)s, %(later)s through them.") % {"direct": direct, "later": number(counts.later)})]


def _news(turn: Turn, me: Participant) -> list[Reply]:
    saying = turn.saying
    wanted = commands.is_on(turn.wish.rest)
    if wanted is None:
        return [Reply(_("“/news on” tells you when friends join and what is new; “/news off” ends it."))]
    if not wanted:
        actions.end(channel=saying.channel, address=saying.address, brand=turn.brand)
        return [Reply(_("No more news. Your link still works."))]
    actions.reachable_again(brand=turn.brand, channel=saying.channel, address=saying.address)
    if gate.is_suppressed(turn.brand, turn.mark):
        return [Reply(_("{brand} was asked never to write to you, so it does not.").format(brand=turn.brand))]
    actions.agree(participant=me, channel=saying.channel, address=saying.address, language=turn.talk.language)
    return [Reply(_("You get news from now on: when a friend joins, and what is new. “/news off” ends it."))]


def _stop(turn: Turn) -> list[Reply]:
    actions.end(channel=turn.saying.channel, address=turn.saying.address, brand=turn.brand)
    turn.ask(NOTHING)
    sentence = _("Stopped: nothing is sent to you any more unless you write here.")
    if turn.me is None:
        return [Reply(sentence)]
    more = _("Your link still works. To have deleted what is kept about you, ask {brand}.")
    return [Reply(f"{sentence} {more.format(brand=turn.brand)}")]


def _help(_turn: Turn) -> list[Reply]:
    return [Reply("\n".join(f"/{command} – {words}" for command, words in ways()))]


def _speak(_turn: Turn) -> list[Reply]:
    return [Reply(_("All right, English it is."))]


def _not_understood(turn: Turn) -> list[Reply]:
    turn.talk.lost += 1
    if turn.talk.lost > _PATIENCE:
        return []
    if len(turn.saying.text) > commands.LONGEST:
        return [Reply(_("That is too long for a bot. /help says what it understands."))]
    return [Reply(_("A bot does not understand that. /help says what it does understand."))]


_DOES: Final[dict[Command, Callable[[Turn], list[Reply]]]] = {
    Command.START: joining.start,
    Command.JOIN: joining.join,
    Command.YES: joining.agree,
    Command.NO: joining.decline,
    Command.LINK: _of_participant(Turn.links),
    Command.INVITE: _of_participant(_invite),
    Command.STATS: _of_participant(_stats),
    Command.NEWS: _of_participant(_news),
    Command.STOP: _stop,
    Command.HELP: _help,
    Command.LANGUAGE: _speak,
}
