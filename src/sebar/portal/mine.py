"""A participant's own page, behind its secret: who joined through them, who brought them, what is kept about them."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from sebar.campaigns import rules
from sebar.campaigns.rules import Phase
from sebar.kit import codes
from sebar.kit.words import gettext_noop, say
from sebar.pages import words
from sebar.participants import queries
from sebar.participants.models import Participant
from sebar.participants.queries import Counts
from sebar.portal import page
from sebar.portal.people import DEEPEST, SHOWN, called, grow

_WHY = {
    "link": gettext_noop("{who} brought you: you came by their personal link."),
    "code": gettext_noop("{who} brought you: you typed their code."),
    "api": gettext_noop("{who} brought you: {brand} entered it when you joined."),
    "nobody": gettext_noop("Nobody’s link or code was used when you joined: everything here starts with you."),
}


@require_safe
def mine(request: HttpRequest, secret: str) -> HttpResponse:
    """Show a participant's own page."""
    participant = queries.by_secret(secret)
    if participant is None:
        sentence = _("Check that you copied the whole of it: the last letters count.")
        return page.nothing(request, _("No personal page has this address."), sentence)
    with page.speaking(participant.campaign):
        return page.campaign_answer(request, "portal/mine.html", participant.campaign, _context(participant))


def _context(participant: Participant) -> dict[str, object]:
    counts = queries.counts(participant)
    phase = rules.phase(participant.campaign, timezone.now())
    return {
        "participant": participant,
        "code": codes.spell(participant.pk),
        "who": called(participant.name) if participant.name else "",
        "counts": counts,
        "headline": headline(counts),
        "tree": grow(queries.subtree(participant, limit=SHOWN * 5, depth=DEEPEST)) if counts.direct else None,
        "why": why(participant),
        "consent_words": _agreed(participant),
        "phase": phase,
        "is_open": phase in {Phase.RUNNING, Phase.SCHEDULED},
    }


def _agreed(participant: Participant) -> str:
    """Return the wording they agreed to; empty when they never saw one, because the brand entered them."""
    consent = participant.consent_text
    if consent is None:
        return ""
    language = rules.spoken(participant.language, list(consent.texts))
    wording: str = consent.texts[language]
    return wording


def headline(counts: Counts) -> str:
    """Return the page's one sentence: how many joined through its reader, and through those."""
    if not counts.direct:
        return _("Nobody has joined through you yet.")
    direct = ngettext("%(count)s friend joined through you", "%(count)s friends joined through you", counts.direct)
    direct %= {"count": words.number(counts.direct)}
    if not counts.later:
        return _("%(direct)s.") % {"direct": direct}
    return _("%(direct)s, %(later)s through them.") % {"direct": direct, "later": words.number(counts.later)}


def why(participant: Participant) -> str:
    """Return who brought a participant and what says so, without anybody's code."""
    parent = participant.parent
    return say(_WHY[participant.how], who=called(parent.name) if parent else "", brand=participant.campaign.brand.name)
