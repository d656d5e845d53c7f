"""Codes that are said aloud: the page to read one from, the page to type one on, and whose a typed one is."""

from __future__ import annotations

import time
from typing import Final
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from sebar import channels
from sebar.campaigns import rules
from sebar.campaigns.models import Campaign
from sebar.campaigns.rules import Phase
from sebar.channels import gate
from sebar.channels.kinds.spoken import CHANNEL, actions, queries
from sebar.channels.kinds.spoken import code as spelling
from sebar.edge.limit import Limit
from sebar.kit import codes, config, text
from sebar.kit.errors import UserError, UserErrors
from sebar.kit.words import gettext_noop
from sebar.pages import pace
from sebar.pages.same_site import same_site
from sebar.participants import queries as participants
from sebar.participants.models import Participant
from sebar.portal import page
from sebar.portal.people import called

_OPEN: Final = frozenset({Phase.RUNNING, Phase.SCHEDULED})
_OTHER: Final = {"en": "id", "id": "en"}
# A right code costs nothing: a whole class may join on one line. What costs is to ask for one that nobody has.
_TRIES: Final = Limit(burst=10, per_second=10 / 3600)
_LEFT: Final = 5  # tries that are never spent on what was perhaps meant


class TooOften(UserError):
    """Somebody tried so many codes that nobody has that they must wait."""


@same_site
@require_http_methods(["GET", "HEAD", "POST"])
def say(request: HttpRequest, code: str) -> HttpResponse:
    """Show a participant's code as words to read aloud; sent as a form, it gives them words first."""
    participant = participants.of_code(code)
    if participant is None:
        return page.unknown_code(request, code)
    campaign = participant.campaign
    with page.speaking(campaign):
        if not gate.is_on(campaign, CHANNEL.name):
            return page.nothing(request, _("No words here."), _("This campaign does not use spoken codes."))
        phase = rules.phase(campaign, timezone.now())
        if request.method == "POST" and phase in _OPEN:
            actions.give(participant=participant)
            return page.see_other(reverse("say", args=[code]))
        context = {**_said(participant), "code": code, "phase": phase, "is_open": phase in _OPEN}
        return page.campaign_answer(request, "portal/spoken.html", campaign, context)


@require_safe
def claim(request: HttpRequest) -> HttpResponse:
    """Show the page whose address is short enough to be said: one field for whatever somebody was told."""
    return page.answer(request, "portal/claim.html", {"switches": page.switches(request, page.SPOKEN)})


def typed(request: HttpRequest, words: str) -> HttpResponse:
    """Send somebody who typed a spoken code on to the link it stands for, or say what is wrong with it."""
    try:
        found = find(words, line=pace.line(request))
    except UserError as wrong:
        answer = page.nothing(
            request,
            _("We do not know this code."),
            _("A word may be misheard or missing. Compare them once more:"),
            typed=text.shown(words),
            error=wrong.message,
            offers=offers(wrong),
        )
        answer.status_code = 429 if isinstance(wrong, TooOften) else 404
        return answer
    now = timezone.now()
    going_on = [person for person in found if rules.phase(person.campaign, now) in _OPEN]
    people = [_lead(person) for person in going_on or found]
    template = "portal/found.html" if len(people) == 1 else "portal/several.html"
    return page.answer(request, template, {**people[0], "people": people})


def number_of(typed: str) -> int:
    """Return the number of a code that somebody typed in letters.

    Raises
    ------
    UserError
        When it is spelled like none; what is said fits a field that takes words too.
    """
    try:
        return codes.read_typed(typed)
    except UserError:
        if codes.is_as_long(typed):
            raise  # which letter is wrong helps more
        message = gettext_noop("“{shown}” is not a code: a code is three words, or letters like {example}.")
        raise UserError(message, field="code", shown=text.shown(typed), example=codes.EXAMPLE) from None


def find(words: str, *, line: str, campaign: Campaign | None = None) -> list[Participant]:
    """Return whose a spoken code is: one person of the campaign, or without one everybody whose it is anywhere.

    Parameters
    ----------
    line
        Whence it was sent (`sebar.pages.pace.line`). Ten codes that nobody has are looked up for each, and ten more in
        an hour. Those that were perhaps meant are looked up too, and count alike.

    Raises
    ------
    Misheard
        When it is no code; it offers those that lead to somebody.
    TooOften
        When no more are looked up just now, right or not.
    UserError
        When nobody has it.
    """
    now = time.monotonic()
    try:
        number = spelling.read(words)
    except spelling.Misheard as wrong:
        raise _leading(wrong, line, campaign, now) from None
    if not _TRIES.allows(line, 1, now):
        message = gettext_noop("Too many codes were tried from your network: wait some minutes, or ask for the link.")
        raise TooOften(message, field="code")
    found = queries.people_of(number, campaign)
    if not found:
        message = gettext_noop("Nobody in this campaign has the code “{shown}”: check it, or leave the field empty.")
        if campaign is None:
            message = gettext_noop("Nobody has the code “{shown}”: compare it once more.")
        raise UserError(message, field="code", shown=text.shown(words))
    _TRIES.allows(line, -1, now)
    return found


def _leading(wrong: spelling.Misheard, line: str, campaign: Campaign | None, now: float) -> spelling.Misheard:
    """Return what was misheard with those of its offers that somebody has.

    An offer that nobody has costs a try, as if it had been typed: so nobody guesses faster by mishearing. When few are
    left, they are kept for what people type, and offers are made unseen.
    """
    leading: list[str] = []
    for offered in wrong.offers:
        if not _TRIES.allows(line, 1 + _LEFT, now):
            return wrong
        is_somebodys = bool(queries.people_of(spelling.read(offered), campaign))
        _TRIES.allows(line, -_LEFT - is_somebodys, now)
        if is_somebodys:
            leading.append(offered)
    if tuple(leading) == wrong.offers:
        return wrong
    if leading:
        return spelling.Misheard(gettext_noop("Nobody has this code. Did you hear this one?"), offers=tuple(leading))
    return spelling.Misheard(spelling.UNFIT)


def offers(wrong: UserError) -> tuple[str, ...]:
    """Return the codes that may have been meant by what was wrong."""
    errors = wrong.errors if isinstance(wrong, UserErrors) else (wrong,)
    return next((error.offers for error in errors if isinstance(error, spelling.Misheard)), ())


def _said(participant: Participant) -> dict[str, object]:
    number = queries.number_of(participant)
    if number is None:
        return {"spoken": None}
    language = translation.get_language()
    return {
        "spoken": [(word, " ".join(word.upper())) for word in spelling.words(number, language)],
        "other_language": _OTHER[language],
        "other_words": spelling.words(number, _OTHER[language]),
        "digits": spelling.digits(number),
        "where": f"{urlsplit(config.load().public_url).netloc}{reverse('claim')}",
    }


def _lead(person: Participant) -> dict[str, str]:
    wording = rules.text_for(person.campaign.texts, translation.get_language(), person.campaign.languages)
    return {
        "who": called(person.name),
        "what": wording["headline"] or person.campaign.name,
        "brand": person.campaign.brand.name,
        "address": channels.ALL[CHANNEL.name].link(f"/r/{codes.spell(person.pk)}"),
    }
