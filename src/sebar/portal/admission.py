"""Letting people in who sent the form: at once or, while the campaign is held, as soon as it goes on."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
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
from sebar.fraud import traces
from sebar.fraud.traces import Traces
from sebar.kit.errors import NotAllowed, Unavailable, UserError, UserErrors
from sebar.kit.words import gettext_noop
from sebar.pages.origin import NOWHERE
from sebar.participants import actions, queries
from sebar.participants.actions import Joined
from sebar.participants.models import WaitingJoin
from sebar.portal import form as forms
from sebar.portal import material, page, review
from sebar.portal.form import Form
from sebar.portal.recognised import forget_secret, remember_secret
from sebar.steering.experiments import actions as experiments

SENT_AGAIN: Final = timedelta(minutes=10)
"""So long whoever sends a form twice is known again; whoever finds its mark later is nobody."""
_AT_ONCE: Final = 200
_LONGEST: Final = 300  # characters of what is kept of a field; every field's own limit is lower
_REST: Final = 2.0
_log = logging.getLogger("sebar.worker")


class Sent(msgspec.Struct, frozen=True):
    """What somebody sent who wants to join.

    Attributes
    ----------
    form
        What they entered, and what their link carried.
    came
        What stands for where they came from.
    given
        The arm that the page gave them, by experiment.
    score
        What they made of the material before; empty for nothing.
    language
        The one they read the page in.
    """

    form: Form
    came: Traces
    given: Mapping[int, str]
    score: str
    language: str


def sent(joining: Campaign, form: Form, given: Mapping[int, str], score: str) -> Sent:
    """Return what somebody sent, without what need not be kept of it."""
    origin = form.origin
    came = traces.of_join(origin.address, origin.device, joining.pk, timezone.now().date())
    typed = {name: value[:_LONGEST] for name, value in form.typed.items()}
    return Sent(
        form=replace(form, typed=typed, origin=NOWHERE),
        came=came,
        given=given,
        score=score if material.is_number(score) else "",
        language=translation.get_language(),
    )


def let_in(joining: Campaign, one: Sent, *, promised: int | None = None) -> tuple[Joined, bool]:
    """Make somebody a participant, with all that follows from the form; say whether a letter welcomes them.

    Parameters
    ----------
    promised
        The number they were to get while they waited.

    Raises
    ------
    NotAllowed
        When nobody can join just now.
    UserErrors
        With one sentence for every field that cannot be used.
    """
    form, consent = one.form, campaigns.consent(joining)
    entry = forms.checked(form, joining, consent)
    join = partial(experiments.join, given=one.given) if one.given else actions.join
    joined = join(campaign=joining, entry=entry, consent_text=consent, promised=promised)
    review.note(joined, one.came)
    is_welcomed = joined.is_new and bool(form.typed["letters"]) and letters.welcome(participant=joined.participant)
    material.keep(joining, joined.participant, form.c, one.score)
    return joined, is_welcomed


def wait(joining: Campaign, one: Sent) -> HttpResponse:
    """Let somebody wait until a held campaign goes on, and lead them to the page that will be their own.

    Raises
    ------
    UserErrors
        With one sentence for every field that cannot be used, or when the same form was sent long before.
    """
    entry = forms.checked(one.form, joining, campaigns.consent(joining))
    mark = entry.submission or secrets.token_urlsafe(16)
    kept = msgspec.structs.replace(one, form=replace(one.form, submission=mark, line=""))
    row = actions.wait(campaign=joining, submission=mark, sealed=sealing.seal(msgspec.json.encode(kept).decode()))
    if timezone.now() - row.asked_at > SENT_AGAIN:
        message = gettext_noop("This form was sent before: open the page anew to send another one.")
        raise UserErrors([UserError(message)])
    secret = queries.secret_of(row.number)
    response = page.see_other(reverse("mine", args=[secret]))
    remember_secret(response, joining, secret)
    return response


def waits(request: HttpRequest, row: WaitingJoin, secret: str) -> HttpResponse:
    """Show that somebody waits."""
    with page.speaking(row.campaign):
        context = {"secret": secret, "is_refused": row.is_refused}
        return page.campaign_answer(request, "portal/waits.html", row.campaign, context)


@require_POST
def wait_no_more(_request: HttpRequest, secret: str) -> HttpResponse:
    """Forget somebody who waits, as they ask."""
    row = queries.waiting_by_secret(secret)
    if row is None:
        return page.see_other(reverse("mine", args=[secret]))
    actions.wait_no_more(row)
    response = page.see_other(reverse("campaign", args=[row.campaign.slug]))
    forget_secret(response, row.campaign)
    return response


def admit() -> float:
    """Let in whoever waits for a campaign that goes on, and forget who waits for none; return how long to rest."""
    now = timezone.now()
    let = 0
    for number in queries.waiting_to_be_let_in(now):
        let += _admit(number)
        if let >= _AT_ONCE:
            break
    actions.forget_who_waits_in_vain(now)
    return _REST


def _admit(number: int) -> bool:
    """Let somebody in, and say whether they are; the log says what went wrong, and nothing of who it is."""
    try:
        actions.let_in(number, _let_in_as_sent)
    except NotAllowed:
        return False  # it is held again
    except (UserError, msgspec.DecodeError) as refused:  # what they agree to has changed: they have to read that
        _log.warning("waiting %s is not let in: %s", number, getattr(refused, "field", ""))
        actions.refuse_waiting(number)
        return False
    except Unavailable:
        raise
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one must not keep the others out
        _log.warning("waiting %s is not let in: %s", number, type(error).__name__)
        return False
    return True


def _let_in_as_sent(row: WaitingJoin) -> None:
    one = msgspec.json.decode(sealing.unseal(row.sealed), type=Sent)
    with translation.override(one.language):
        let_in(row.campaign, one, promised=row.number)
