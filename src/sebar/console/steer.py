"""Steering a campaign under way: how far it is let go, what is decided beforehand, and what is said in an affair."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from sebar.brands import audit
from sebar.brands.models import AuditEntry, Role
from sebar.brands.queries import Membership, members
from sebar.brands.rules import Verb
from sebar.campaigns.models import Campaign, Status
from sebar.campaigns.rules import STATEMENT_LENGTH, stop_address
from sebar.channels import notices
from sebar.channels import queries as channels
from sebar.channels.notices import Corrected
from sebar.console import news
from sebar.console.access import of_campaign, page
from sebar.console.campaigns import frame
from sebar.kit.errors import Unavailable, UserError, UserErrors
from sebar.pages import words
from sebar.participants import queries as participants
from sebar.steering.alarms import queries as alarms
from sebar.steering.alarms import words as alarm_words
from sebar.steering.decisions import actions, affair, queries, rules
from sebar.steering.decisions import words as decision_words
from sebar.steering.decisions.affair import Told
from sebar.steering.decisions.models import CampaignDecision, Policy, State
from sebar.steering.decisions.rules import PolicyForm
from sebar.steering.watches import Watch

_REJECTED: Final = "sebar_steer_rejected"
_USUAL_AN_HOUR: Final = 60
_USUAL_MINUTES: Final = 15
_RECORD: Final = 200
_MOST_DIGITS: Final = 9
_A_WHILE: Final = timedelta(minutes=1)


@dataclass(frozen=True)
class Step:
    """One rung of the ladder as a button."""

    rung: str
    name: str
    about: str
    is_here: bool


@dataclass(frozen=True)
class Decided:
    """One decision in words: when it was settled, and when a policy had proposed it if that was a while before."""

    decision: CampaignDecision
    at: datetime
    proposed_at: datetime | None
    what: str
    by: str
    why: str
    because: str
    cut: str
    spared: str
    outcome: str


@dataclass(frozen=True)
class Happened:
    """One line of the timeline of an affair; `said` is what people were told, each time with the language’s name."""

    at: datetime
    who: str
    what: str
    why: str
    said: list[tuple[str, str]] = field(default_factory=list)


@require_GET
@of_campaign(Verb.LOOK)
def steer(request: HttpRequest, membership: Membership, campaign: Campaign) -> HttpResponse:
    """Show where the campaign stands, what waits for an answer, what is decided beforehand, and what was decided."""
    rejected = request.session.pop(_REJECTED, None) or {"entered": {}, "errors": {}}
    decided = queries.of_campaign(campaign)
    speaking = {alarm.watch: alarm_words.of_alarm(alarm) for alarm in alarms.of_campaign(campaign)}
    here = rules.rung_of(campaign.in_force, campaign.invitations_an_hour)
    policies = {policy.watch: policy for policy in queries.policies(campaign)}
    does = {watch: decision_words.beforehand(policy) for watch, policy in policies.items()}
    return page(
        request,
        membership,
        "steer.html",
        **frame(campaign),
        tab="steer",
        is_draft=campaign.status == Status.DRAFT,
        ladder=[Step(rung, *_rungs()[rung], is_here=rung == here) for rung in rules.LADDER],
        here=here,
        needs_owner=here == "stop" and not membership.may(Verb.MANAGE),
        owners=", ".join(one.user.name for one in members(membership) if one.role == Role.OWNER),
        is_late=campaign.in_force != campaign.status,
        waiting=channels.waiting(campaign),
        joins_waiting=participants.waiting(campaign),
        an_hour=campaign.invitations_an_hour or _USUAL_AN_HOUR,
        proposed=[
            (
                in_words(one),
                speaking.get(one.watch),
                queries.may_approve(one, membership.user),
                _others(membership, one),
            )
            for one in decided
            if one.state == State.PROPOSED
        ],
        decided=sorted(
            (in_words(one) for one in decided if one.state != State.PROPOSED), key=lambda one: one.at, reverse=True
        ),
        policies=[(watch, name, does.get(watch, ""), policies.get(watch)) for watch, name in _watches()],
        has_policies=bool(policies),
        may_manage=membership.may(Verb.MANAGE),
        rungs={rung: _rungs()[rung][0] for rung in rules.LADDER[1:]},
        modes=decision_words.modes(),
        entered={
            "an_hour": _USUAL_AN_HOUR,
            "minutes": _USUAL_MINUTES,
            "stop_url": campaign.stop_url,
            **rejected["entered"],
        },
        errors=rejected["errors"],
    )


@require_POST
@of_campaign(Verb.EDIT)
def take(request: HttpRequest, membership: Membership, campaign: Campaign) -> HttpResponseBase:
    """Bring the campaign to a rung, with one tap."""
    rung = request.POST.get("rung", "")
    stop_url = request.POST.get("stop_url", "") if rung == "stop" else None
    unfit = _unfit(stop_url or "")
    is_kept = bool(unfit) and campaign.in_force != Status.STOPPED
    act = partial(
        actions.take,
        membership=membership,
        slug=campaign.slug,
        rung=rung,
        reason=request.POST.get("reason", ""),
        invitations_an_hour=_whole(request.POST.get("an_hour", "")) if rung == "throttle" else None,
        stop_url=None if is_kept else stop_url,  # a wrong address keeps nobody from stopping it
    )
    done = {
        "watch": _("It goes on."),
        "throttle": _("Slowed: invitations go out as you said."),
        "hold": _("Held: who wants to join waits, and so does what is to be sent."),
        "stop": _("It is stopped. The page was not changed: %(problem)s") % {"problem": unfit}
        if is_kept
        else _page_changed(campaign)
        if campaign.in_force == Status.STOPPED
        else _("Stopped. Links show a page that says so; rewards earned stay."),
    }.get(rung, "")
    answer = _done(request, campaign, act, done)
    if unfit:
        request.session[_REJECTED] = {"entered": {"stop_url": stop_url}, "errors": {}}
    return answer


def _page_changed(campaign: Campaign) -> str:
    if any(campaign.statement.values()):
        return _(
            "The page is changed. While the statement stands, links show it here first, with a way on to your page."
        )
    return _("The page is changed: old links lead there now.")


def _unfit(stop_url: str) -> str:
    """Return why links cannot lead to an address; empty where they can."""
    try:
        stop_address(stop_url)
    except UserError as refused:
        return refused.message
    return ""


@require_POST
@of_campaign(Verb.EDIT)
def settle(request: HttpRequest, membership: Membership, campaign: Campaign, decision: int) -> HttpResponseBase:
    """Approve what a policy proposed, object to it, or say why something was decided."""
    slug, reason = campaign.slug, request.POST.get("reason", "")
    ways: dict[str, tuple[Callable[..., object], str]] = {
        "approve": (actions.approve, _("Done, as was decided beforehand.")),
        "refuse": (partial(actions.refuse, reason=reason), _("It is not done.")),
        "explain": (partial(actions.explain, reason=reason), _("The reason is kept.")),
    }
    act, done = ways.get(request.POST.get("act", ""), ways["explain"])
    return _done(request, campaign, partial(act, membership=membership, slug=slug, number=decision), done)


@require_POST
@of_campaign(Verb.MANAGE)
def policy(request: HttpRequest, membership: Membership, campaign: Campaign) -> HttpResponseBase:
    """Decide beforehand what is done when an alarm speaks, or no longer."""
    watch, entered = request.POST.get("watch", ""), request.POST.dict()
    if "drop" in request.POST:
        act: Callable[[], object] = partial(actions.drop_policy, membership=membership, slug=campaign.slug, watch=watch)
        return _done(request, campaign, act, _("Nothing is decided beforehand about this any more."))
    form = PolicyForm(
        watch=watch,
        rung=entered.get("rung", ""),
        mode=entered.get("mode", ""),
        minutes=_whole(entered.get("minutes", "")) or 0,
        invitations_an_hour=_whole(entered.get("an_hour", "")),
    )
    act = partial(actions.set_policy, membership=membership, slug=campaign.slug, form=form)
    return _done(request, campaign, act, _("Decided beforehand."), entered=entered)


@require_GET
@of_campaign(Verb.LOOK)
def affair_page(request: HttpRequest, membership: Membership, campaign: Campaign) -> HttpResponse:
    """Show what is said about an affair, how far it has come, and all that happened, for the management."""
    rejected = request.session.pop(_REJECTED, None) or {"entered": {}, "errors": {}}
    try:
        told, missing = affair.told(campaign), ""
    except Unavailable as error:
        told, missing = None, error.message
    names = dict(settings.LANGUAGES)
    entered, errors = rejected["entered"], rejected["errors"]
    return page(
        request,
        membership,
        "affair.html",
        **frame(campaign),
        tab="steer",
        is_draft=campaign.status == Status.DRAFT,
        told=told,
        corrected=how_many_got(told.corrected) if told is not None else "",
        missing=missing,
        statement=[
            (
                names[language],
                f"statement.{language}",
                entered.get(f"statement.{language}", campaign.statement.get(language, "")),
                errors.get(f"statement.{language}", ""),
            )
            for language in campaign.languages
        ],
        most=STATEMENT_LENGTH,
        correction=news.lines(campaign, entered, errors),
        errors=errors,
        happened=_happened(membership, campaign),
    )


@require_POST
@of_campaign(Verb.EDIT)
def statement(request: HttpRequest, membership: Membership, campaign: Campaign) -> HttpResponseBase:
    """Say something on every page that a link leads to, or nothing any more."""
    is_withdrawn = "withdraw" in request.POST
    entered = {f"statement.{one}": request.POST.get(f"statement.{one}", "") for one in campaign.languages}
    texts = {} if is_withdrawn else {one: entered[f"statement.{one}"] for one in campaign.languages}
    act = partial(affair.state, membership=membership, slug=campaign.slug, texts=texts)
    done = _("It stands on every page and frame of the campaign.") if any(texts.values()) else _("It is taken away.")
    return _done(request, campaign, act, done, entered=entered, back="affair")


@require_POST
@of_campaign(Verb.EDIT)
def correction(request: HttpRequest, membership: Membership, campaign: Campaign) -> HttpResponseBase:
    """Send a correction to those who passed the campaign on."""
    entered, texts = news.sent(request.POST, campaign)
    act = partial(affair.correct, membership=membership, slug=campaign.slug, texts=texts)
    done = _("The correction is on its way to those who passed the campaign on.")
    return _done(request, campaign, act, done, entered=entered, back="affair")


def _done(
    request: HttpRequest,
    campaign: Campaign,
    act: Callable[[], object],
    done: str,
    *,
    entered: Mapping[str, str] | None = None,
    back: str = "steer",
) -> HttpResponseBase:
    """Do it and go back to the page, which says what came of it; what was entered is not lost."""
    try:
        act()
    except UserErrors as refused:
        request.session[_REJECTED] = {"entered": dict(entered or {}), "errors": refused.by_field()}
        if entered is None:
            messages.error(request, refused.message)
    except UserError as refused:
        request.session[_REJECTED] = {"entered": dict(entered or {}), "errors": {}}
        messages.error(request, refused.message)
    except actions.OnTheBrake as late:
        messages.warning(request, late.message)
    except actions.NotWritten as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, done)
    return redirect(f"console:{back}", campaign.brand.slug, campaign.slug)


def _others(membership: Membership, proposed: CampaignDecision) -> str:
    """Return who may approve a proposal beside whoever wrote its policy, by name."""
    others = (one.user for one in members(membership) if one.role != Role.VIEWER)
    return ", ".join(user.name for user in others if queries.may_approve(proposed, user))


def _watches() -> list[tuple[str, str]]:
    return [(watch, alarm_words.name(watch)) for watch in Watch]


def _rungs() -> dict[str, tuple[str, str]]:
    return {
        "watch": (_("Let it go on"), _("People join, everything goes out, and it is watched.")),
        "throttle": (_("Slow it"), _("People join; invitations go out slowly.")),
        "hold": (
            _("Hold it"),
            _("Nothing is sent, and links say so. Who wants to join waits on a list."),
        ),
        "stop": (_("Stop it"), _("Links show a page that says so; what waited is not sent. Rewards earned stay.")),
    }


def in_words(decision: CampaignDecision) -> Decided:
    """Return a decision as pages tell it."""
    at = decision.in_force_at or decision.ended_at or decision.made_at
    return Decided(
        decision=decision,
        at=at,
        proposed_at=decision.made_at if at - decision.made_at >= _A_WHILE else None,
        what=decision_words.step(decision.rung, decision.invitations_an_hour),
        by=_by(decision),
        why=alarm_words.name(decision.watch) if decision.watch else "",
        because=alarm_words.of_decision(decision),
        cut=_cut(decision),
        spared=_spared(decision),
        outcome={
            State.PROPOSED: _("proposed, not carried out"),
            State.REFUSED: _("refused"),
            State.OVERTAKEN: _("overtaken by another decision"),
        }.get(State(decision.state), ""),
    )


def _by(decision: CampaignDecision) -> str:
    who = decision.who or _("a program")
    if decision.watch and decision.second:
        is_refused = decision.state == State.REFUSED
        said = (
            _("policy of %(who)s, %(second)s objected") if is_refused else _("policy of %(who)s, %(second)s approved")
        )
        return said % {"who": who, "second": decision.second}
    return _("policy of %(who)s") % {"who": who} if decision.watch else who


def _cut(decision: CampaignDecision) -> str:
    if decision.state != State.IN_FORCE:
        return ""
    people = decision.cut.get("joins_waiting", 0)
    if rules.is_stricter(decision.before, decision.rung) and people:
        let_in = ngettext("%(n)s person on the list is let in", "%(n)s people on the list are let in", people)
        return let_in % {"n": words.number(people)}
    if decision.rung == "watch":
        return ""
    messages, joins = decision.cut.get("messages", 0), decision.cut.get("joins_a_day", 0)
    joined = ngettext("%(joins)s person had joined within a day", "%(joins)s people had joined within a day", joins) % {
        "joins": words.number(joins)
    }
    waited = ngettext("%(n)s message waited", "%(n)s messages waited", messages) % {"n": words.number(messages)}
    listed = ngettext("%(n)s person waited to join", "%(n)s people waited to join", people) % {
        "n": words.number(people)
    }
    return "; ".join([joined, *([waited] if messages else []), *([listed] if people else [])])


def _spared(decision: CampaignDecision) -> str:
    if decision.rung not in {"hold", "stop"} or decision.state != State.IN_FORCE:
        return ""
    found, lasted = queries.spared(decision), queries.lasted_for(decision)
    if lasted is not None and lasted < _A_WHILE:
        return _("it lasted %(time)s") % {"time": words.duration(lasted.total_seconds())}
    if not found or "participants" not in found:
        return _("what it spared and cost cannot be told: nothing was foreseen of it lately")
    number, ends = _more(found["participants"])
    unknown = _("how many at most cannot be told yet")
    if lasted is None:
        told = _("without it, %(number)s more would join within a week") % {"number": number}
    else:
        time = words.duration(lasted.total_seconds())
        told = _("it lasted %(time)s, in which %(number)s more would have joined") % {"time": time, "number": number}
    is_open = found["participants"][-1] is None
    return "; ".join([told + ends, *([unknown] if is_open else []), *_cost(found), *_assumed(decision)])


def _cost(spared: Mapping[str, Sequence[float | None]]) -> Iterator[str]:
    foreseen = spared.get("conversions", (0.0, 0.0, 0.0))
    number, ends = _more(foreseen)
    if foreseen[-1] != 0:
        yield _("what it costs: %(number)s conversions") % {"number": number} + ends


def _more(foreseen: Sequence[float | None]) -> tuple[str, str]:
    """Return the middle of what was foreseen, and its ends where they say more and the upper one is known."""
    low, middle, high = foreseen
    about = _("about %(number)s") % {"number": words.about(middle or 0.0)}
    if high is None:
        return about, ""
    first, last = words.rounded(low or 0.0, high)
    if first == last:
        return words.number(last), ""
    return about, " " + _("(%(range)s, 80%%)") % {"range": words.span(first, last, 0)}


def _assumed(decision: CampaignDecision) -> Iterator[str]:
    """Yield on what it rests that so many more would have come: on the pace at which people came by themselves."""
    if a_day := decision.seeds_a_day:
        number = words.number(a_day, 0 if a_day >= 1 else 1)
        yield _("if new seeds had gone on coming as in the day before: about %(number)s a day") % {"number": number}


def _happened(membership: Membership, campaign: Campaign) -> list[Happened]:
    known = {
        "campaign.published": _("published"),
        "campaign.resumed": _("let it go on"),
        "campaign.slowed": _("slowed it"),
        "campaign.held": _("held it"),
        "campaign.stopped": _("stopped it"),
        "campaign.led_elsewhere": _("changed the page of old links"),
        **said_so(),
        "decision.refused": _("objected to what a policy proposed"),
        "policy.set": _("decided beforehand what an alarm does"),
        "policy.dropped": _("took back what was decided beforehand"),
        "alarm.acknowledged": _("acknowledged an alarm"),
        "alarm.snoozed": _("put an alarm off"),
        "alarm.closed": _("closed an alarm"),
    }
    taken = {one.pk: one for one in queries.of_campaign(campaign)}
    decided = [
        _told(one, known[one.verb], taken.get(one.details.get("decision", 0)))
        for one in audit.entries(membership, subject=campaign.slug, limit=_RECORD)
        if one.verb in known
    ]
    spoke = [
        Happened(
            alarm.opened_at, "", _with(_("an alarm spoke"), alarm_words.name(alarm.watch)), alarm_words.of_alarm(alarm)
        )
        for alarm in [*alarms.of_campaign(campaign), *alarms.closed(campaign)]
    ]
    return sorted(decided + spoke, key=lambda one: one.at, reverse=True)


def said_so() -> dict[str, str]:
    """Return what saying something about an affair is called, by the verb of its record."""
    return {
        affair.STATED: _("made a statement"),
        affair.WITHDRAWN: _("took the statement away"),
        affair.CORRECTED: _("sent a correction"),
    }


def how_many_saw(told: Told) -> str:
    """Return how many saw the newest statement."""
    seen = ngettext("%(number)s visitor saw it", "%(number)s visitors saw it", told.seen) % {
        "number": words.number(told.seen)
    }
    if told.share_seen is None:
        return seen
    return _("%(seen)s, at most %(share)s of those reached") % {"seen": seen, "share": words.percent(told.share_seen)}


def how_many_got(told: Corrected) -> str:
    """Return to how many people a correction went out, and what became of the others."""
    sent = ngettext("sent to %(number)s person", "sent to %(number)s people", told.sent)
    waiting = ngettext("%(number)s waits", "%(number)s wait", told.waiting)
    doubtful = ngettext(
        "%(number)s doubtful: it may have arrived", "%(number)s doubtful: they may have arrived", told.doubtful
    )
    failed = ngettext("%(number)s could not be sent", "%(number)s could not be sent", told.failed)
    others = ((waiting, told.waiting), (doubtful, told.doubtful), (failed, told.failed))
    told_of = [sent % {"number": words.number(told.sent)}]
    return "; ".join([*told_of, *(said % {"number": words.number(count)} for said, count in others if count)])


def _told(entry: AuditEntry, done: str, decision: CampaignDecision | None) -> Happened:
    """Return a line of the record; what a policy did has nobody's name on it, and is told with whose policy and why."""
    what, said = _with(done, _about(entry, decision)), words_said(entry)
    if decision is not None and decision.watch and not entry.who:
        return Happened(entry.at, _by(decision), what, alarm_words.of_decision(decision), said)
    why = entry.reason or (decision.reason if decision is not None else "")
    return Happened(entry.at, entry.who or _("a program"), what, why, said)


def _with(what: str, about: str) -> str:
    return f"{what}: {about}" if about else what


def _about(entry: AuditEntry, decision: CampaignDecision | None) -> str:
    """Return which alarm, which step or what pace a line of the record is about."""
    details = entry.details
    an_hour = decision.invitations_an_hour if decision is not None else None
    if entry.verb == "campaign.slowed" and an_hour is not None:
        sentence = ngettext("%(number)s invitation an hour", "%(number)s invitations an hour", an_hour)
        return sentence % {"number": words.number(an_hour)}
    if entry.verb == "campaign.led_elsewhere":
        return str(details["to"]) or _("a page here that says so")
    if entry.verb.startswith("campaign."):
        return ""
    watch = alarm_words.name(details["watch"])
    if entry.verb == "policy.set":
        decided = Policy(
            rung=details["rung"],
            mode=details["mode"],
            minutes=details["minutes"],
            invitations_an_hour=details.get("invitations_an_hour"),
        )
        return _with(watch, decision_words.beforehand(decided))
    if entry.verb == "decision.refused":
        return _with(watch, decision_words.step(details["rung"], an_hour))
    return watch


def words_said(entry: AuditEntry) -> list[tuple[str, str]]:
    """Return what a statement or a correction told people, in each of its languages."""
    texts = entry.details.get("texts", {})
    return [(name, _joined(texts[language])) for language, name in settings.LANGUAGES if language in texts]


def _joined(text: str | Mapping[str, str]) -> str:
    """Return a statement, or a correction's parts, a line each."""
    return text if isinstance(text, str) else "\n".join(text[part] for part in notices.LONGEST if part in text)


def _whole(given: str) -> int | None:
    """Return a whole number that was written; None of anything else."""
    tidy = given.strip()
    return int(tidy) if tidy.isdecimal() and len(tidy) <= _MOST_DIGITS else None
