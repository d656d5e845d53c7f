"""“How did you hear of it?”: asked once after joining, answered or not. It changes nothing that was tracked."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from sebar.channels.kinds.spoken import actions, queries, rules
from sebar.channels.kinds.spoken import code as spelling
from sebar.kit import codes
from sebar.kit.errors import Checks, NotFound, UserError, UserErrors
from sebar.kit.words import gettext_noop, say
from sebar.pages import pace
from sebar.pages.same_site import same_site
from sebar.participants import queries as participants
from sebar.participants.models import Participant
from sebar.portal import page, spoken
from sebar.portal.recognised import reader

_TYPED = ("answer", "code", "words")


@same_site
@require_http_methods(["GET", "HEAD", "POST"])
def heard(request: HttpRequest, code: str) -> HttpResponse:
    """Ask the participant who reads this, or keep the answer."""
    participant = participants.of_code(code)
    owner = reader(request, participant.campaign) if participant else None
    if participant is None or owner is None or owner.pk != participant.pk:
        return page.unknown_code(request, code)
    back = reverse("share", args=[code])
    if queries.claimed(participant) is not None:
        return page.see_other(f"{back}?heard")
    with page.speaking(participant.campaign):
        if request.method != "POST":
            return _ask(request, participant, {})
        try:
            _keep(request, participant)
        except UserErrors as wrong:
            context = {"errors": wrong.by_field(), "offers": spoken.offers(wrong)}
            return _ask(request, participant, context, status=422)
    return page.see_other(f"{back}?heard")


def question(participant: Participant) -> dict[str, Any] | None:
    """Return the question as a page shows it; None once it was answered."""
    if queries.claimed(participant) is not None:
        return None
    return {
        "code": codes.spell(participant.pk),
        "answers": [(name, say(rules.ANSWERS[name])) for name in rules.shuffled()],
        "most": rules.MOST_WORDS,
    }


def _ask(request: HttpRequest, participant: Participant, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    own = {"question": question(participant), "typed": {name: request.POST.get(name, "") for name in _TYPED}}
    return page.campaign_answer(request, "portal/heard.html", participant.campaign, {**own, **context}, status=status)


def _keep(request: HttpRequest, participant: Participant) -> None:
    """Keep what was sent.

    Raises
    ------
    UserErrors
        With one sentence for every field that cannot be used.
    """
    answer, typed, words = (request.POST.get(name, "").strip() for name in _TYPED)
    checks, told_by = Checks(), None
    checks(lambda given: rules.check(*given), (answer, words))
    try:
        told_by = _whose(typed, participant, pace.line(request)) if typed else None
    except UserError as wrong:
        checks.errors.append(wrong)
    checks.finish()
    actions.claim(participant=participant, answer=answer, words=words, told_by=told_by)


def _whose(typed: str, participant: Participant, line: str) -> Participant:
    campaign = participant.campaign
    if spelling.is_spoken(typed):
        found = spoken.find(typed, line=line, campaign=campaign)[0]
    else:
        try:
            found = participants.of_number(campaign, spoken.number_of(typed))
        except NotFound:
            message = gettext_noop(
                "Nobody in this campaign has the code “{shown}”: check it, or leave the field empty."
            )
            raise UserError(message, field="code", shown=typed[:40]) from None
    return found
