"""The only code that writes what is watched, the alarms, and who is told of them."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from django.db import IntegrityError, transaction
from django.utils import timezone

from sebar import channels
from sebar.brands import audit
from sebar.brands.models import Member, Role
from sebar.brands.queries import Membership
from sebar.brands.rules import Verb
from sebar.campaigns import queries as campaigns
from sebar.campaigns.models import Campaign
from sebar.channels import sealing
from sebar.channels.base import Came, Outcome
from sebar.kit.errors import Checks, NotAllowed
from sebar.kit.words import gettext_noop
from sebar.spread.alarm import State
from sebar.steering.alarms import queries, rules
from sebar.steering.alarms.models import Alarm, AlarmBrowser, AlarmHook, AlarmNotice, Lookout, Status, Watched
from sebar.steering.alarms.rules import Evidence, Standard
from sebar.steering.decisions import actions as decisions
from sebar.steering.decisions.models import CampaignDecision
from sebar.steering.decisions.models import State as Decided
from sebar.steering.watches import Watch

_CATCHING_UP: Final = timedelta(hours=72)
_TROUBLE_LENGTH: Final = 300
_MOST_ATTEMPTS: Final = 5
_FIRST_PAUSE: Final = timedelta(seconds=30)
_ANSWERED_WITHIN: Final = timedelta(minutes=5)  # what follows is told with an alarm; longer it does not wait for that
_MOST_BROWSERS: Final = 10  # of a member; another one takes the place of the oldest
_TOLD: Final = (Role.OWNER, Role.EDITOR)


@dataclass(frozen=True, slots=True)
class Looked:
    """What one look at a campaign found.

    Attributes
    ----------
    until, version
        The end of the last hour that was looked at, and the version of the event store.
    before, states
        What each detector knew, and what it is to know at the next look.
    learned
        What was learned at this look.
    found
        The newest evidence of each watch that has enough.
    """

    until: datetime
    version: int
    before: Mapping[Watch, list[float]] = field(default_factory=dict)
    states: Mapping[Watch, State] = field(default_factory=dict)
    learned: Mapping[Watch, Standard] = field(default_factory=dict)
    found: Mapping[Watch, Sequence[Evidence]] = field(default_factory=dict)


def begin(*, campaign: Campaign, now: datetime) -> Lookout:
    """Watch a campaign from now on, and the last three days of it at once."""
    since = max(queries.floor(campaign.published_at or now), queries.floor(now) - _CATCHING_UP)
    lookout, _ = Lookout.objects.get_or_create(
        campaign=campaign,
        defaults={"false_alarm": rules.FALSE_ALARM, "since": since, "looked_until": since},
    )
    Watched.objects.bulk_create([Watched(campaign=campaign, watch=watch) for watch in Watch], ignore_conflicts=True)
    return lookout


@transaction.atomic
def keep(*, lookout: Lookout, looked: Looked, now: datetime) -> None:
    """Keep what a look found, once.

    Whoever looked at the same hours at the same time finds them looked at, and keeps nothing.
    """
    mine = Lookout.objects.filter(pk=lookout.pk, looked_until=lookout.looked_until, version=lookout.version)
    if not mine.update(looked_until=looked.until, version=looked.version):
        return
    rows = {Watch(row.watch): row for row in Watched.objects.select_for_update().filter(campaign=lookout.campaign_id)}
    # Whoever closed an alarm, or set a watch, while we looked has it begin anew.
    valid = {watch: rows[watch] for watch in looked.states if rows[watch].state == looked.before[watch]}
    for watch, row in valid.items():
        row.state = looked.states[watch].numbers()
        if watch in looked.learned:
            row.learned, row.rho = looked.learned[watch].tolerated, looked.learned[watch].rho
    Watched.objects.bulk_update(valid.values(), ["state", "learned", "rho"])
    found = {watch: evidence for watch, evidence in looked.found.items() if watch in valid}
    sound(campaign=lookout.campaign, found=found, now=now)


def sound(*, campaign: Campaign, found: Mapping[Watch, Sequence[Evidence]], now: datetime) -> None:
    """Open an alarm for each watch with fresh evidence, or write it into the one that is open."""
    for watch in (one for one in found if found[one]):
        with transaction.atomic():
            if Watched.objects.filter(campaign=campaign, watch=watch, is_on=True).exists():
                for one in found[watch]:
                    _sound(campaign, watch, one, now)


def _sound(campaign: Campaign, watch: Watch, evidence: Evidence, now: datetime) -> None:
    before = Alarm.objects.filter(campaign=campaign, watch=watch)
    running = before.filter(closed_at__isnull=True).select_for_update().first()
    if evidence.key and any(evidence.key in alarm.keys for alarm in before if alarm != running):
        return
    if running is not None:
        _write_into(running, evidence)
        return
    keys = [evidence.key] if evidence.key else []
    try:
        with transaction.atomic():
            alarm = Alarm.objects.create(
                campaign=campaign,
                watch=watch,
                opened_at=now,
                began_at=evidence.began,
                spoke_at=evidence.at,
                numbers=evidence.numbers,
                keys=keys,
            )
    except IntegrityError:  # somebody else opened it at the same moment
        return
    _tell(alarm, now + _ANSWERED_WITHIN)


def _write_into(alarm: Alarm, evidence: Evidence) -> None:
    """Write what is newer into an alarm; what it was about before the last key is not told again."""
    is_known = evidence.key in alarm.keys
    if evidence.at < alarm.spoke_at or (is_known and evidence.key != alarm.keys[-1]):
        return
    if evidence.key and not is_known:
        alarm.keys = [*alarm.keys, evidence.key]
    alarm.numbers, alarm.spoke_at = evidence.numbers, evidence.at
    alarm.began_at = min(alarm.began_at, evidence.began)
    alarm.save(update_fields=["keys", "numbers", "spoke_at", "began_at"])


def _tell(alarm: Alarm, due: datetime, *, is_end: bool = False) -> None:
    """Let owners, editors and the brand's program be told once, each way. Of a demonstration nobody is."""
    campaign = alarm.campaign
    if campaign.is_demo:
        return
    told = Member.objects.filter(brand=campaign.brand_id, role__in=_TOLD, user__is_active=True)
    notice = partial(AlarmNotice, alarm=alarm, due_at=due, is_end=is_end)
    letters = [notice(member_id=member.user_id) for member in told]
    notes = [
        notice(member_id=browser.member.user_id, is_note=True, browser=browser)
        for browser in AlarmBrowser.objects.filter(member__in=told).select_related("member")
    ]
    program = [notice()] if AlarmHook.objects.filter(brand=campaign.brand_id).exists() else []
    AlarmNotice.objects.bulk_create(letters + notes + program)


def answer(*, alarm: Alarm) -> None:
    """Let follow what was decided beforehand for such an alarm, and let it be told at once.

    Killed in the middle, it is done again without harm.
    """
    decided: Sequence[CampaignDecision] = ()
    if alarm.closed_at is None:
        decided = decisions.answer(
            campaign=alarm.campaign, watch=alarm.watch, numbers=alarm.numbers, began_at=alarm.began_at
        )
    proposal = next((one for one in decided if one.state == Decided.PROPOSED), None)
    now = timezone.now()
    Alarm.objects.filter(pk=alarm.pk).update(answered_at=now, proposal=proposal)
    AlarmNotice.objects.filter(alarm=alarm, attempts=0).update(due_at=now)


@transaction.atomic
def tell_end(*, alarm: Alarm) -> None:
    """Let what became of the proposal that followed an alarm be told, once."""
    if Alarm.objects.filter(proposal=alarm.proposal_id).update(proposal=None):  # an earlier alarm's too
        _tell(alarm, timezone.now(), is_end=True)


def try_notice(notice: AlarmNotice, *, now: datetime) -> bool:
    """Take a notice to be told: whoever dies in the middle tries it again later. Return whether it is ours to tell."""
    mine = AlarmNotice.objects.filter(pk=notice.pk, attempts=notice.attempts, done_at__isnull=True)
    return bool(mine.update(attempts=notice.attempts + 1, due_at=now + _FIRST_PAUSE * 4**notice.attempts))


@transaction.atomic
def told(notice: AlarmNotice, *, outcome: Outcome, now: datetime) -> None:
    """Record what became of a notice that was taken; after the fifth time it is given up on.

    A browser that nobody can be reached in any more is not tried again, and forgotten.
    """
    is_told = outcome.came in {Came.SENT, Came.DOUBTFUL}
    is_over = is_told or outcome.came is Came.GONE or notice.attempts + 1 >= _MOST_ATTEMPTS
    trouble = "" if is_told else (outcome.trouble or outcome.came.name)[:_TROUBLE_LENGTH]
    mine = AlarmNotice.objects.filter(pk=notice.pk)
    mine.update(trouble=trouble, **({"done_at": now} if is_over else {}))
    mine.filter(due_at__lt=now + outcome.wait).update(due_at=now + outcome.wait)
    last = {"trouble": trouble, "trouble_at": now if trouble else None}
    if notice.member_id is None:
        AlarmHook.objects.filter(brand=notice.alarm.campaign.brand_id).update(**last)
    if notice.browser is not None:
        browser = AlarmBrowser.objects.filter(pk=notice.browser.pk)
        if outcome.came is Came.GONE:
            browser.delete()
        else:
            browser.update(**last)


@transaction.atomic
def acknowledge(*, membership: Membership, slug: str, number: int) -> Alarm:
    """Say that somebody sees to an alarm; it leaves the top of the pages and stays in the list.

    Raises
    ------
    NotAllowed
        When it is closed.
    """
    return _step(membership, slug, number, status=Status.ACKNOWLEDGED, verb="alarm.acknowledged")


@transaction.atomic
def snooze(*, membership: Membership, slug: str, number: int, until: datetime) -> Alarm:
    """Let an alarm keep quiet until a moment.

    Raises
    ------
    NotAllowed
        When it is closed.
    UserError
        When the moment has passed or is too far away.
    """
    checked = rules.check_snooze(until, timezone.now())
    return _step(membership, slug, number, status=Status.SNOOZED, verb="alarm.snoozed", until=checked)


@transaction.atomic
def close(*, membership: Membership, slug: str, number: int, reason: str) -> Alarm:
    """Close an alarm with a reason. The watch begins anew: only what happens from now on can open another.

    Raises
    ------
    NotAllowed
        When it is closed.
    UserError
        When there is no reason.
    """
    why = rules.check_reason(reason)
    alarm = _step(membership, slug, number, status=Status.CLOSED, verb="alarm.closed", reason=why)
    Watched.objects.filter(campaign=alarm.campaign_id, watch=alarm.watch).update(state=[])
    return alarm


def _step(
    membership: Membership,
    slug: str,
    number: int,
    *,
    status: Status,
    verb: str,
    reason: str = "",
    until: datetime | None = None,
) -> Alarm:
    campaign = _campaign(membership, slug)
    queries.of_number(campaign, number)
    alarm = Alarm.objects.select_for_update().get(pk=number)
    if alarm.closed_at is not None:
        raise NotAllowed(gettext_noop("This alarm is closed: what happens from now on opens another."))
    alarm.status, alarm.snoozed_until, alarm.reason = status, until, reason
    alarm.closed_at = timezone.now() if status == Status.CLOSED else None
    alarm.who = membership.who
    alarm.save(update_fields=["status", "snoozed_until", "reason", "closed_at", "who"])
    details = {"watch": alarm.watch} | ({"until": until.isoformat()} if until is not None else {})
    audit.record(membership=membership, verb=verb, subject=slug, reason=reason, details=details)
    return alarm


@transaction.atomic
def set_watch(
    *,
    membership: Membership,
    slug: str,
    watch: str,
    is_on: bool,
    level: float | None = None,
    people: int | None = None,
) -> Watched:
    """Set what a watch tolerates, and whether it is on. Changed, it begins to look anew.

    Parameters
    ----------
    level
        The share that is tolerated; None leaves it to be learned, or to what is usual.
    people
        How many people within an hour are too many; None for the usual number.

    Raises
    ------
    UserErrors
        With one sentence for every field that cannot be used.
    """
    campaign = _campaign(membership, slug)
    which = rules.check_watch(watch)
    checks = Checks()
    checks(lambda given: rules.check_level(which, given), level)
    checks(lambda given: rules.check_people(which, given), people)
    checks.finish()
    begin(campaign=campaign, now=timezone.now())
    row = Watched.objects.select_for_update().get(campaign=campaign, watch=which)
    before = {"is_on": row.is_on, "level": row.level, "people": row.people}
    changed = {"is_on": is_on, "level": level, "people": people}
    if before != changed:
        row.is_on, row.level, row.people, row.state = is_on, level, people, []
        row.save(update_fields=["is_on", "level", "people", "state"])
        audit.record(
            membership=membership,
            verb="alarm.watch_set",
            subject=slug,
            details={"watch": which, "before": before, **changed},
        )
    return row


@transaction.atomic
def set_false_alarm(*, membership: Membership, slug: str, chance: float) -> None:
    """Set the chance of any false alarm that a campaign bears, all its watches over shares together.

    Raises
    ------
    UserError
        When it is out of bounds.
    """
    campaign = _campaign(membership, slug)
    checked = rules.check_chance(chance)
    begin(campaign=campaign, now=timezone.now())
    lookout = Lookout.objects.select_for_update().get(campaign=campaign)
    details = {"before": lookout.false_alarm, "false_alarm": checked}
    lookout.false_alarm = checked
    lookout.save(update_fields=["false_alarm"])
    audit.record(membership=membership, verb="alarm.false_alarm_set", subject=slug, details=details)


@transaction.atomic
def tell_in_browser(*, membership: Membership, address: str) -> None:
    """Tell a member of the brand's alarms in a browser too, from now on.

    Parameters
    ----------
    address
        As `sebar.channels.kinds.push.subscription.read` returned it.

    Raises
    ------
    NotAllowed
        When this member is not told of alarms.
    """
    membership.require(Verb.EDIT)
    member = Member.objects.select_for_update().get(brand=membership.brand, user=membership.user)
    AlarmBrowser.objects.update_or_create(
        member=member,
        address_hash=channels.known_by("push", address),
        defaults={
            "sealed": sealing.seal(address),
            "asked_at": timezone.now(),
            "trouble": "",
            "trouble_at": None,
        },
    )
    newest = AlarmBrowser.objects.filter(member=member).order_by("-asked_at", "-pk")[:_MOST_BROWSERS]
    AlarmBrowser.objects.filter(member=member).exclude(pk__in=list(newest.values_list("pk", flat=True))).delete()


def end_in_browser(*, membership: Membership, address: str) -> None:
    """Tell a member of the brand's alarms in a browser no more."""
    queries.browsers(membership).filter(address_hash=channels.known_by("push", address)).delete()


@transaction.atomic
def set_hook(*, membership: Membership, address: str) -> str:
    """Let a program of the brand be told of every alarm from now on; return the secret that signs, shown once.

    Raises
    ------
    UserError
        When the address is none that can be asked.
    """
    from sebar.kit import http  # noqa: PLC0415 - the client weighs 11 MB, and web only needs this for an address

    membership.require(Verb.MANAGE)
    checked = http.check(address, field="address", schemes=("https", "http"))
    secret = f"whsec_{base64.b64encode(secrets.token_bytes(24)).decode()}"
    AlarmHook.objects.update_or_create(
        brand=membership.brand,
        defaults={"address": checked, "sealed": sealing.seal(secret), "trouble": "", "trouble_at": None},
    )
    audit.record(membership=membership, verb="alarm.hook_set", subject="")
    return secret


@transaction.atomic
def drop_hook(*, membership: Membership) -> None:
    """Tell no program any more."""
    membership.require(Verb.MANAGE)
    AlarmHook.objects.filter(brand=membership.brand).delete()
    audit.record(membership=membership, verb="alarm.hook_dropped", subject="")


def _campaign(membership: Membership, slug: str) -> Campaign:
    membership.require(Verb.EDIT)
    return campaigns.of_slug(membership.brand, slug)
