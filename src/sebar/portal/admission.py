"""Letting people in who sent the form: at once or, while the campaign is held, as soon as it goes on."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Final

import msgspec
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.http import require_POST

from sebar.campaigns import queries as campaigns
from sebar.campaigns.models import Campaign
from sebar.channels import sealing
from sebar.channels.kinds.email import actions as letters
from sebar.kit.errors import NotAllowed, UserError
from sebar.participants import actions, queries
from sebar.participants.actions import Joined
from sebar.participants.models import WaitingJoin
from sebar.portal import form as forms
from sebar.portal import material, page, review
from sebar.portal.form import Form
from sebar.portal.recognised import forget_secret, remember_secret
from sebar.steering.experiments import actions as experiments

_REST: Final = 2.0
_log = logging.getLogger("sebar.worker")


class Sent(msgspec.Struct, frozen=True):
    """What somebody sent who wants to join.

    Attributes
    ----------
    form
        What they entered, and what their link carried.
    given
        The arm that the page gave them, by experiment.
    score
        What they made of the material before; empty for nothing.
    language
        The one they read the page in.
    """

    form: Form
    given: Mapping[int, str]
    score: str
    language: str


def let_in(joining: Campaign, sent: Sent, *, number: int | None = None) -> tuple[Joined, bool]:
    """Make somebody a participant, with all that follows from the form; say whether a letter welcomes them.

    Parameters
    ----------
    number
        The one they were promised while they waited.

    Raises
    ------
    NotAllowed
        When nobody can join just now.
    UserErrors
        With one sentence for every field that cannot be used.
    """
    form, consent = sent.form, campaigns.consent(joining)
    entry = forms.checked(form, joining, consent)
    if sent.given:
        joined = experiments.join(campaign=joining, entry=entry, consent_text=consent, number=number, given=sent.given)
    else:
        joined = actions.join(campaign=joining, entry=entry, consent_text=consent, number=number)
    review.note(joined, form.origin)
    is_welcomed = joined.is_new and bool(form.typed["letters"]) and letters.welcome(participant=joined.participant)
    material.keep(joining, joined.participant, form.c, sent.score)
    return joined, is_welcomed


def wait(joining: Campaign, sent: Sent) -> HttpResponse:
    """Let somebody wait until a held campaign goes on, and lead them to the page that will be their own.

    Raises
    ------
    UserErrors
        With one sentence for every field that cannot be used.
    """
    forms.checked(sent.form, joining, campaigns.consent(joining))
    sealed = sealing.seal(msgspec.json.encode(sent).decode())
    number = actions.wait(campaign=joining, submission=sent.form.submission, sealed=sealed)
    secret = queries.secret_of(number)
    response = page.see_other(reverse("mine", args=[secret]))
    remember_secret(response, joining, secret)
    return response


def waits(request: HttpRequest, one: WaitingJoin, secret: str) -> HttpResponse:
    """Show that somebody waits."""
    with page.speaking(one.campaign):
        return page.campaign_answer(request, "portal/waits.html", one.campaign, {"secret": secret})


@require_POST
def wait_no_more(_request: HttpRequest, secret: str) -> HttpResponse:
    """Forget somebody who waits, as they ask."""
    one = queries.waiting_by_secret(secret)
    if one is None:
        return page.see_other(reverse("mine", args=[secret]))
    actions.wait_no_more(one)
    response = page.see_other(reverse("campaign", args=[one.campaign.slug]))
    forget_secret(response, one.campaign)
    return response


def admit() -> float:
    """Let in whoever waits for a campaign that goes on, and forget who waits for none; return how long to rest."""
    now = timezone.now()
    for one in queries.waiting_to_be_let_in(now):
        _admit(one)
    actions.forget_who_waits_in_vain(now)
    return _REST


def _admit(one: WaitingJoin) -> None:
    try:
        sent = msgspec.json.decode(sealing.unseal(one.sealed), type=Sent)
        with translation.override(sent.language):
            let_in(one.campaign, sent, number=one.number if queries.is_free(one.number) else None)
    except NotAllowed:
        return  # it is held again
    except (UserError, msgspec.DecodeError) as refused:  # what they agree to has changed: they have to read that
        _log.warning("somebody who waited is not let in: %s", refused)
    actions.wait_no_more(one)
