"""Alarms in words, made when they are read, in the language of whoever reads."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.utils import formats, translation

from sebar.kit import money
from sebar.kit.words import gettext_noop, number, say
from sebar.steering.alarms.models import Alarm, Status
from sebar.steering.decisions import words as decision_words
from sebar.steering.decisions.models import CampaignDecision, State
from sebar.steering.watches import Watch

_NAMES: Final = {
    Watch.NEGATIVE: gettext_noop("Negative reactions"),
    Watch.COMPLAINTS: gettext_noop("Complaints"),
    Watch.UNSUBSCRIBES: gettext_noop("Unsubscribes"),
    Watch.BOUNCES: gettext_noop("Letters that came back"),
    Watch.DELIVERY: gettext_noop("Letters that could not be sent"),
    Watch.CONVERSION_DROP: gettext_noop("Fewer visitors join"),
    Watch.BOTS: gettext_noop("Bots among visitors"),
    Watch.REWARD_EXPOSURE: gettext_noop("Rewards nearing their budget"),
    Watch.FORECAST: gettext_noop("Outcome outside of the forecast"),
    Watch.SAMPLE_RATIO: gettext_noop("Arms of an experiment out of balance"),
}
_ABOUT: Final = {
    Watch.NEGATIVE: gettext_noop(
        "Of people who said something, how many said something bad. Complaints are among them."
    ),
    Watch.COMPLAINTS: gettext_noop("Of people who said something, how many complained."),
    Watch.UNSUBSCRIBES: gettext_noop(
        "Of people who answered to a letter, by opening its link or unsubscribing, how many unsubscribed."
    ),
    Watch.BOUNCES: gettext_noop("Of letters that went out, how many came back."),
    Watch.DELIVERY: gettext_noop("Of letters that were to go out, how many could not be sent, or nobody knows."),
    Watch.CONVERSION_DROP: gettext_noop("Of people who opened a link, how many joined: here less is worse."),
    Watch.BOTS: gettext_noop("Of visitors, how many were crawlers or scanners."),
    Watch.REWARD_EXPOSURE: gettext_noop(
        "What a reward’s rule has promised, owes and has given, beside its budget. An exact threshold."
    ),
    Watch.FORECAST: gettext_noop(
        "Participants, beside the widest range of calibrated forecasts of record, which 19 of 20 should hold."
    ),
    Watch.SAMPLE_RATIO: gettext_noop(
        "Whether running experiments give their arms as was meant; such numbers come by chance once in 1,000 times."
    ),
}
_SHARES: Final = {
    Watch.NEGATIVE: gettext_noop("{events} of {total} people who said something said something bad: {seen}"),
    Watch.COMPLAINTS: gettext_noop("{events} of {total} people who said something complained: {seen}"),
    Watch.UNSUBSCRIBES: gettext_noop("{events} of {total} people who answered to a letter unsubscribed: {seen}"),
    Watch.BOUNCES: gettext_noop("{events} of {total} letters came back: {seen}"),
    Watch.DELIVERY: gettext_noop("{events} of {total} letters could not be sent: {seen}"),
    Watch.CONVERSION_DROP: gettext_noop("Only {events} of {total} people who opened a link joined: {seen}"),
    Watch.BOTS: gettext_noop("{events} of {total} visitors were bots: {seen}"),
}
_STATUSES: Final = {
    Status.OPEN: gettext_noop("Not seen to yet"),
    Status.ACKNOWLEDGED: gettext_noop("Acknowledged"),
    Status.SNOOZED: gettext_noop("Snoozed"),
    Status.CLOSED: gettext_noop("Closed"),
}


def name(watch: str) -> str:
    """Return what people call a watch."""
    return say(_NAMES[Watch(watch)])


def about(watch: Watch) -> str:
    """Return what a watch looks at."""
    return say(_ABOUT[watch])


def status(alarm: Alarm) -> str:
    """Return where an alarm is in its life."""
    return say(_STATUSES[Status(alarm.status)])


def of_alarm(alarm: Alarm) -> str:
    """Return why an alarm sounds, in one sentence or two, with when it began in the campaign's own time."""
    return evidence(Watch(alarm.watch), alarm.numbers, alarm.began_at, alarm.campaign.time_zone)


def of_decision(decision: CampaignDecision) -> str:
    """Return what the alarm said that brought a decision about; empty when somebody decided by hand."""
    if not decision.numbers or decision.began_at is None:
        return ""
    return evidence(Watch(decision.watch), decision.numbers, decision.began_at, decision.campaign.time_zone)


def followed(decision: CampaignDecision) -> str:
    """Return what a policy does, or did, after an alarm: the step, and when, or for whom it waits."""
    step = decision_words.step(decision.rung, decision.invitations_an_hour)
    zone = decision.campaign.time_zone
    if decision.state == State.PROPOSED and decision.acts_at is not None:
        sentence = gettext_noop("Decided beforehand: {step}. It is done at {at} unless somebody objects.")
        return say(sentence, step=step, at=_to_the_clock(decision.acts_at, zone))
    if decision.state == State.IN_FORCE and decision.in_force_at is not None:
        sentence = (
            gettext_noop("Decided beforehand, approved by {second} and done at {at}: {step}.")
            if decision.second
            else gettext_noop("Decided beforehand, and done at {at}: {step}.")
        )
        return say(sentence, step=step, second=decision.second, at=_to_the_clock(decision.in_force_at, zone))
    if decision.state == State.REFUSED and decision.second:
        sentence = (
            gettext_noop("Decided beforehand: {step}. {second} objected, and it is not done: “{reason}”")
            if decision.reason
            else gettext_noop("Decided beforehand: {step}. {second} objected, and it is not done.")
        )
        return say(sentence, step=step, second=decision.second, reason=decision.reason)
    sentence = {
        State.PROPOSED: gettext_noop(
            "Decided beforehand: {step}. It is done when somebody else than {who}, who decided it, approves."
        ),
        State.REFUSED: gettext_noop("Decided beforehand: {step}. Somebody objected: it is not done."),
    }.get(State(decision.state), gettext_noop("Decided beforehand: {step}. Another decision came before it."))
    return say(sentence, step=step, who=decision.who)


def in_english(one: Alarm | CampaignDecision) -> str:
    """Return the same of an alarm or a decision in English, for programs."""
    with translation.override("en"):
        return of_alarm(one) if isinstance(one, Alarm) else of_decision(one)


def evidence(watch: Watch, numbers: dict[str, Any], began: datetime, zone: str) -> str:
    """Return evidence in words."""
    since = moment(began, zone)
    kind = numbers["kind"]
    if kind == "share":
        events, total = _count(numbers["events"]), _count(numbers["total"])
        head = say(_SHARES[watch], events=events, total=total, seen=percent(numbers["seen"]))
        return say(
            gettext_noop("{head} (likely {low} to {high}), since about {since}. Tolerated: {tolerated}."),
            head=head,
            low=percent(numbers["low"]),
            high=percent(numbers["high"]),
            since=since,
            tolerated=percent(numbers["tolerated"]),
        )
    if kind == "people":
        sentence = (
            gettext_noop("{people} people complained within an hour, of {of} who said something, from {since} on.")
            if watch is Watch.COMPLAINTS
            else gettext_noop(
                "{people} people said something bad within an hour, of {of} who said something, from {since} on."
            )
        )
        return say(sentence, people=_count(numbers["people"]), of=_count(numbers["of"]), since=since)
    if kind == "exposure":
        return say(
            gettext_noop("“{rule}” has come to {share} of its budget: {spent} of {budget}."),
            rule=numbers["rule"],
            share=percent(numbers["spent"] / numbers["budget"]),
            spent=_amount(numbers["spent"], numbers["unit"]),
            budget=_amount(numbers["budget"], numbers["unit"]),
        )
    if kind == "forecast":
        return say(
            gettext_noop(
                "{outcome} participants, where the forecast of {made} held {low} to {high} for likely by {due}."
            ),
            outcome=_count(numbers["outcome"]),
            made=moment(datetime.fromisoformat(numbers["made_at"]), zone),
            low=_count(numbers["low"]),
            high=_count(numbers["high"]),
            due=moment(datetime.fromisoformat(numbers["horizon_at"]), zone),
        )
    return say(
        gettext_noop(
            "The arms of “{experiment}” are not dealt out as was meant: by chance that happens at most {chance} of the "
            "time. Read nothing from it before the reason is known."
        ),
        experiment=numbers["experiment"],
        chance=percent(max(numbers["p"], _LEAST)),
    )


_LEAST: Final = 1e-5


def percent(share: float) -> str:
    """Return a share in percent, to two digits that tell something."""
    shown = 100 * share
    digits = 0 if shown >= 10 else 1 if shown >= 1 else 3  # noqa: PLR2004 - digits worth telling
    rounded = round(shown, digits)
    return f"{formats.number_format(rounded, 0 if rounded.is_integer() else digits)}%"


def _count(value: float) -> str:
    return number(round(value))


def _amount(value: int, unit: str) -> str:
    if not money.is_currency(unit):
        return f"{_count(value)} {unit}".strip()
    whole, digits = value / 10 ** money.minor_digits(unit), money.shown_digits(unit)
    amount = formats.number_format(round(whole, digits), digits, use_l10n=True, force_grouping=True)
    return f"{money.sign(unit)}{amount}"


def moment(at: datetime, zone: str) -> str:
    """Return a moment in the time of a campaign, as a day and an hour."""
    clock = "H.i" if (translation.get_language() or "").startswith("id") else "H:i"
    return formats.date_format(at.astimezone(ZoneInfo(zone)), f"j M Y, {clock}")


def _to_the_clock(at: datetime, zone: str) -> str:
    """Return a moment by which somebody may want to act: its zone is named, since letters are read anywhere."""
    return f"{moment(at, zone)} {at.astimezone(ZoneInfo(zone)).tzname()}"
