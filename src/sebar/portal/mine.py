"""A participant's own page, behind its secret: who joined through them, who brought them, what is kept about them."""

from __future__ import annotations

from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from sebar.campaigns import queries as campaigns
from sebar.campaigns import rules
from sebar.campaigns.models import Asks
from sebar.campaigns.rules import Phase
from sebar.channels import gate
from sebar.channels.kinds.email import actions as own_letters
from sebar.channels.kinds.link.actions import name_on_card
from sebar.channels.kinds.link.queries import is_named
from sebar.channels.kinds.push import subscription
from sebar.channels.kinds.spoken import CHANNEL
from sebar.channels.queries import contacts
from sebar.fraud import actions as fraud
from sebar.kit import codes
from sebar.kit.errors import Checks
from sebar.kit.words import gettext_noop, say
from sebar.pages import words
from sebar.participants import actions, queries
from sebar.participants import rules as participant_rules
from sebar.participants.models import How, Participant
from sebar.participants.queries import Counts, Cursor, Node
from sebar.portal import admission, kept, page, review, rewards
from sebar.portal import form as forms
from sebar.portal.draws import of_participant
from sebar.portal.form import Form
from sebar.portal.letter import is_offered
from sebar.portal.people import DEEPEST, SHOWN, called, grow

_MOST = 50  # friends on one page of all of them
_WHY = {
    "link": gettext_noop("{who} brought you: you came by their personal link."),
    "code": gettext_noop("{who} brought you: you typed their code."),
    CHANNEL.name: gettext_noop("{who} brought you: you typed the words they told you."),
    "api": gettext_noop("{who} brought you: {brand} entered it when you joined."),
    "nobody": gettext_noop("Nobody’s link or code was used when you joined: everything here starts with you."),
}


@require_safe
def mine(request: HttpRequest, secret: str) -> HttpResponse:
    """Show a participant's own page."""
    participant = queries.by_secret(secret)
    if participant is None:
        waits = queries.waiting_by_secret(secret)
        if waits is not None:
            return admission.waits(request, waits, secret)
        if queries.waited_in_vain(secret):
            sentence = _("What you entered is deleted: the campaign ended first, or you took yourself off the list.")
            return page.nothing(request, _("You are not on the list any more."), sentence)
        return page.nobodys(request)
    fraud.note_seen(participant=participant)
    with page.speaking(participant.campaign):
        return _show(request, participant, Form())


@require_safe
def friends(request: HttpRequest, secret: str) -> HttpResponse:
    """Show everybody who joined directly through a participant, newest first."""
    participant = queries.by_secret(secret)
    if participant is None:
        return page.nobodys(request)
    after = request.GET.get("after", "")
    with page.speaking(participant.campaign):
        found = queries.children(
            participant, limit=_MOST, after=Cursor.read(after) if after else None, newest_first=True
        )
        context = {
            "secret": secret,
            "headline": headline(queries.counts(participant)),
            "friends": [(called(one.name), one.joined_at) for one in found.rows],
            "next": found.next.spell() if found.next else "",
        }
        return page.campaign_answer(request, "portal/friends.html", participant.campaign, context)


@require_POST
def card(request: HttpRequest, secret: str) -> HttpResponse:
    """Let the cards of a participant's link name them, or no longer."""
    participant = queries.by_secret(secret)
    if participant is None:
        return page.nobodys(request)
    name_on_card(participant, is_allowed=request.POST.get("named") == "yes")
    return page.see_other(reverse("mine", args=[secret]) + "#card")


@require_POST
def letters(request: HttpRequest, secret: str) -> HttpResponse:
    """Begin or end news by letter to a participant."""
    participant = queries.by_secret(secret)
    if participant is None:
        return page.nobodys(request)
    if request.POST.get("to") != "on":
        own_letters.want_no_news(participant=participant)
    elif _has_news_by_letter(participant):
        own_letters.want_news(participant=participant)
    return page.see_other(f"{reverse('mine', args=[secret])}#letters")


@require_POST
def address(request: HttpRequest, secret: str) -> HttpResponse:
    """Add the address of a participant who joined without one, by the rules of joining."""
    participant = queries.by_secret(secret)
    if participant is None:
        return page.nobodys(request)
    own = reverse("mine", args=[secret])
    if not _may_add_email(participant):
        return page.see_other(own)
    form, consent = forms.sent(request.POST), campaigns.consent(participant.campaign)
    with page.speaking(participant.campaign):
        checks = Checks()
        checks(participant_rules.own_email, form.typed["email"])
        checks(forms.agreed, form.typed["consent"], consent)
        if checks.errors:
            errors = {error.field: error.message for error in checks.errors}
            return _show(request, participant, replace(form, errors=errors), status=422)
    actions.add_email(participant=participant, email=form.typed["email"], consent_text=consent)
    if form.typed["letters"] and own_letters.welcome(participant=participant):
        return page.see_other(f"{own}#letters")
    return page.see_other(f"{own}?added#address")


def _show(request: HttpRequest, participant: Participant, form: Form, *, status: int = 200) -> HttpResponse:
    """Show a participant's own page, with what they entered into the form for their address."""
    context = {
        **_context(participant),
        **(_email_form(participant, form) if _may_add_email(participant) else {}),
        "secret": queries.personal_secret(participant),
        "rewards": rewards.context(participant, request.GET.get("code", "")),
        "has_added": "added" in request.GET,
    }
    return page.campaign_answer(request, "portal/mine.html", participant.campaign, context, status=status)


def _may_add_email(participant: Participant) -> bool:
    """Say whether a participant may add an address: those whose campaign asks for one and takes people just now."""
    campaign = participant.campaign
    is_asked = not participant.email and campaign.asks_email != Asks.NO
    return is_asked and rules.phase(campaign, timezone.now()) is Phase.RUNNING


def _email_form(participant: Participant, form: Form) -> dict[str, object]:
    consent, consent_words = campaigns.consent_words(participant.campaign, translation.get_language())
    return {
        "form": form,
        "email_field": forms.own_email(form),
        "consent": consent,
        "consent_words": consent_words,
        "can_be_written_to": own_letters.are_ready(participant.campaign),
    }


def _context(participant: Participant) -> dict[str, object]:
    counts = queries.counts(participant)
    phase = rules.phase(participant.campaign, timezone.now())
    letter_contacts = contacts(participant, "email")
    return {
        "participant": participant,
        "code": codes.spell(participant.pk),
        "who": called(participant.name) if participant.name else "",
        "counts": counts,
        "headline": headline(counts),
        "tree": grow(_below(participant)) if counts.direct else None,
        "why": why(participant),
        "is_named": is_named(participant),
        "facts": kept.facts(participant),
        "phase": phase,
        "is_open": phase in {Phase.RUNNING, Phase.SCHEDULED},
        "push_key": subscription.public_key()
        if phase is Phase.RUNNING and gate.is_on(participant.campaign, "push")
        else "",
        "push_marks": subscription.marks(one.sealed for one in contacts(participant, "push")),
        "has_news_by_letter": _has_news_by_letter(participant) or bool(letter_contacts),
        "gets_letters": bool(letter_contacts),
        "has_asked": own_letters.has_asked(participant),
        "has_footer": phase is Phase.RUNNING and gate.is_on(participant.campaign, "footer"),
        "review": review.of_participant(participant),
        "draws": of_participant(participant),
        "has_letters": phase is Phase.RUNNING and is_offered(participant.campaign),
    }


def _has_news_by_letter(participant: Participant) -> bool:
    running = rules.phase(participant.campaign, timezone.now()) is Phase.RUNNING
    return running and bool(participant.email) and own_letters.are_ready(participant.campaign)


def _below(participant: Participant) -> list[Node]:
    return queries.subtree(participant, limit=SHOWN * 5, depth=DEEPEST, newest_first=True)


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
    """Return who brought a participant and what says so, without anybody's code.

    Whoever typed letters or words was sent on to the link that they stand for: the link tells which it was.
    """
    parent = participant.parent
    came = participant.channel if participant.how == How.LINK and participant.channel in _WHY else participant.how
    return say(_WHY[came], who=called(parent.name) if parent else "", brand=participant.campaign.brand.name)
