"""What can be decided about a campaign under way: the only code that holds, slows, stops and resumes campaigns.

Who holds or stops first pulls the brake (`sebar.kit.brake`), which is in force on every process at once, and only then
writes the decision down. What cannot be written stays on the brake, and `settle` writes it as soon as that can be done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from django.db import InterfaceError, OperationalError, transaction
from django.utils import timezone

from sebar.brands import audit
from sebar.brands.models import Role, User
from sebar.brands.queries import Membership
from sebar.brands.rules import Verb
from sebar.campaigns import actions as campaigns
from sebar.campaigns import queries as campaign_queries
from sebar.campaigns import rules as campaign_rules
from sebar.campaigns.models import Campaign, Status
from sebar.channels import queries as channels
from sebar.kit import brake, config
from sebar.kit.brake import Brake, Level, Pull
from sebar.kit.errors import NotAllowed, NotFound, Unavailable, UserError
from sebar.kit.words import gettext_noop
from sebar.participants import queries as participants
from sebar.steering.decisions import queries, rules
from sebar.steering.decisions.models import CampaignDecision, Mode, Policy, Rung, State
from sebar.steering.decisions.rules import PolicyForm

_AWAY: Final = (OperationalError, InterfaceError)
_LEVELS: Final = {Rung.HOLD.value: Level.HOLD, Rung.STOP.value: Level.STOP}
_LATE: Final = timedelta(seconds=5)  # a pull that is older and not written down was left by somebody who died
_VERBS: Final = {
    Rung.WATCH.value: "campaign.resumed",
    Rung.THROTTLE.value: "campaign.slowed",
    Rung.HOLD.value: "campaign.held",
    Rung.STOP.value: "campaign.stopped",
}


@dataclass(frozen=True, slots=True)
class _Wish:
    """Where a campaign is to be brought; all of it is checked. `at` is when it came into force, None for now."""

    rung: str
    reason: str = ""
    invitations_an_hour: int | None = None
    stop_url: str = ""
    at: datetime | None = None


class OnTheBrake(Unavailable):
    """A campaign is held or stopped everywhere, but that could not be written down yet."""

    def __init__(self) -> None:
        super().__init__(
            gettext_noop(
                "It is in force everywhere. The database takes nothing just now: it is written down as soon as it does."
            )
        )


class NotWritten(Unavailable):
    """Nothing has changed, since the database takes nothing and the brake only holds and stops."""

    def __init__(self) -> None:
        super().__init__(
            gettext_noop("The database takes nothing just now, so nothing has changed: try once more in a minute.")
        )


def take(
    *,
    membership: Membership,
    slug: str,
    rung: str,
    reason: str = "",
    invitations_an_hour: int | None = None,
    stop_url: str | None = None,
) -> CampaignDecision:
    """Bring a campaign to a rung of the ladder, at once and everywhere.

    Parameters
    ----------
    rung
        One of `rules.LADDER`.
    reason
        Why, in the member's own words; letting a stopped campaign go on takes one.
    invitations_an_hour
        How many may go out, when it is slowed.
    stop_url
        Where links lead once it is stopped; empty for the page that Sebar hosts, None for the one that is set. Of a
        stopped campaign it can be changed: that is no new step, and the decision by which it was stopped stands.

    Raises
    ------
    NotAllowed
        When this member may not; only owners let a stopped campaign go on.
    UserError
        When the campaign is a draft or stands on that rung already, or something cannot be used.
    OnTheBrake
        When it is in force but could not be written down yet.
    NotWritten
        When it is slowed or let go on, which takes the database, and that is away.
    """
    membership.require(Verb.EDIT)
    campaign = campaign_queries.of_slug(membership.brand, slug)
    wish = _Wish(
        rules.check_rung(rung),
        rules.check_reason(reason),
        rules.check_an_hour(invitations_an_hour, rung),
        campaign.stop_url if stop_url is None else campaign_rules.stop_address(stop_url),
    )
    left = _brake().pulled().get(campaign.pk)
    pull = None
    try:
        if left is not None and rules.is_stricter(_rung(left), wish.rung):
            _settle(left)  # what is let go must have been written down
            campaign, left = campaign_queries.of_slug(membership.brand, slug), None
        _refuse(campaign, membership, wish)
        pull = _pull(campaign, rung, membership.user.pk if membership.user else 0)
        if left is not None:
            _settle(left)
        if wish.rung == Rung.STOP and queries.rung_of(campaign) == Rung.STOP:
            return _lead_elsewhere(membership, campaign, wish)
        return _written(membership, slug, wish)
    except _AWAY as error:
        raise (OnTheBrake if pull is not None else NotWritten) from error
    except UserError:
        if pull is not None:
            _brake().release(pull)
            if left is not None:
                _brake().pull(left.campaign, left.level, user=left.user)
        raise


def answer(
    *, campaign: Campaign, watch: str, numbers: Mapping[str, object], began_at: datetime
) -> list[CampaignDecision]:
    """Do, or propose, what was decided beforehand for when the alarm of a watch speaks.

    Parameters
    ----------
    watch
        A `sebar.steering.watches.Watch`.
    numbers, began_at
        The alarm's evidence: what it rests on, and since when. It is put into words when it is read.

    Returns
    -------
    list of CampaignDecision
        Empty when no policy asks for more than is in force already.
    """
    policy = Policy.objects.filter(campaign=campaign, watch=watch).first()
    if policy is None or campaign.status == Status.DRAFT:
        return []
    if not rules.is_stricter(policy.rung, queries.rung_of(campaign)):
        return []
    decision = _propose(campaign, policy, numbers, began_at)
    return [_carry_out(decision, second="") if policy.mode == Mode.AT_ONCE else decision]


def approve(*, membership: Membership, slug: str, number: int) -> CampaignDecision:
    """Carry out what a policy proposed.

    Raises
    ------
    NotAllowed
        When it takes a second person, and this is the one who wrote the policy.
    UserError
        When it was answered before.
    OnTheBrake
        When it is in force but could not be written down yet.
    NotWritten
        When it slows the campaign, which takes the database, and that is away.
    """
    membership.require(Verb.EDIT)
    decision = _waiting(membership, slug, number)
    if not queries.may_approve(decision, membership.user):
        message = gettext_noop("It takes a second person: somebody else than who wrote the policy approves it.")
        raise NotAllowed(message, field="decision")
    user = membership.user.pk if membership.user is not None else 0
    try:
        return _carry_out(decision, second=membership.who, user=user)
    except _AWAY as error:
        raise (OnTheBrake if decision.rung in _LEVELS else NotWritten) from error


@transaction.atomic
def refuse(*, membership: Membership, slug: str, number: int, reason: str) -> CampaignDecision:
    """Object to what a policy proposed: it is not carried out.

    Raises
    ------
    UserError
        When it was answered before.
    """
    membership.require(Verb.EDIT)
    decision = _waiting(membership, slug, number)
    decision.state, decision.second = State.REFUSED, membership.who
    decision.reason, decision.ended_at = rules.check_reason(reason), timezone.now()
    decision.save(update_fields=["state", "second", "reason", "ended_at"])
    audit.record(
        membership=membership,
        verb="decision.refused",
        subject=slug,
        reason=decision.reason,
        details={"decision": decision.pk, "rung": decision.rung, "watch": decision.watch},
    )
    return decision


def explain(*, membership: Membership, slug: str, number: int, reason: str) -> CampaignDecision:
    """Add why to a decision that was taken in a hurry; what somebody wrote stays.

    Raises
    ------
    UserError
        When a reason is there already.
    """
    membership.require(Verb.EDIT)
    decision = _mine(membership, slug, number)
    if decision.reason:
        raise UserError(gettext_noop("The reason of this decision is written down and stays."), field="reason")
    decision.reason = rules.check_reason(reason)
    decision.save(update_fields=["reason"])
    return decision


@transaction.atomic
def set_policy(*, membership: Membership, slug: str, form: PolicyForm) -> Policy:
    """Decide beforehand what is done when the alarm of a watch speaks; it replaces the watch's policy of before.

    Raises
    ------
    NotAllowed
        When this member is no owner.
    UserErrors
        When a field cannot be used, or there is no second person who could approve.
    """
    membership.require(Verb.MANAGE)
    campaign = campaign_queries.of_slug(membership.brand, slug)
    checked = rules.check(form)
    if checked.mode == Mode.APPROVED and not _has_second(membership):
        message = gettext_noop("Nobody else here may approve it: invite an editor first, or choose another way.")
        raise UserError(message, field="mode")
    policy, _ = Policy.objects.update_or_create(
        campaign=campaign,
        watch=checked.watch,
        defaults={
            "rung": checked.rung,
            "mode": checked.mode,
            "minutes": checked.minutes,
            "invitations_an_hour": checked.invitations_an_hour,
            "user": membership.user,
            "who": membership.who,
            "made_at": timezone.now(),
        },
    )
    details = {
        "watch": checked.watch,
        "rung": checked.rung,
        "mode": checked.mode,
        "minutes": checked.minutes,
        "invitations_an_hour": checked.invitations_an_hour,
    }
    audit.record(membership=membership, verb="policy.set", subject=slug, details=details)
    return policy


@transaction.atomic
def drop_policy(*, membership: Membership, slug: str, watch: str) -> None:
    """Decide nothing beforehand about a watch any more.

    Raises
    ------
    NotAllowed
        When this member is no owner.
    """
    membership.require(Verb.MANAGE)
    campaign = campaign_queries.of_slug(membership.brand, slug)
    if Policy.objects.filter(campaign=campaign, watch=watch).delete()[0]:
        audit.record(membership=membership, verb="policy.dropped", subject=slug, details={"watch": watch})


def act() -> None:
    """Carry out what policies proposed and nobody objected to in time."""
    for decision in queries.due(timezone.now()):
        _carry_out(decision, second="")


def settle() -> None:
    """Write down what is on the brake and could not be written when it was pulled, or whose writer died."""
    now = timezone.now()
    for pull in list(_brake().pulled().values()):
        if now - _moment(pull) > _LATE:
            _settle(pull)


def _settle(pull: Pull) -> None:
    """Make the record agree with a pull. Where it does already, the engine lets the brake go once links follow."""
    campaign = Campaign.objects.select_related("brand").filter(pk=pull.campaign).first()
    rung = _rung(pull)
    if campaign is None or campaign.status == Status.DRAFT:
        _brake().release(pull)
    elif rules.is_stricter(rung, queries.rung_of(campaign)):
        if queries.is_let_go_since(campaign, _moment(pull)):
            _brake().release(pull)
            return
        user = User.objects.filter(pk=pull.user).first() if pull.user else None
        proposed = next((one for one in queries.proposed(campaign, rung) if _is_carried_out(one, pull, user)), None)
        if proposed is not None:
            _come_into_force(proposed, campaign, second=user.name if user else "", at=_moment(pull))
        else:
            wish = _Wish(rung, stop_url=campaign.stop_url, at=_moment(pull))
            _written(Membership(campaign.brand, Role.OWNER, user), campaign.slug, wish)


def _is_carried_out(proposed: CampaignDecision, pull: Pull, user: User | None) -> bool:
    """Say whether a pull was what a policy proposed: approved by somebody who may, or because its time had come."""
    if pull.user:
        return queries.may_approve(proposed, user)
    return proposed.acts_at is not None and proposed.acts_at <= _moment(pull)


def _rung(pull: Pull) -> str:
    return next(rung for rung, level in _LEVELS.items() if level is pull.level)


def _moment(pull: Pull) -> datetime:
    return datetime.fromtimestamp(pull.at / 1000, UTC)


def _refuse(campaign: Campaign, membership: Membership, wish: _Wish) -> None:
    """Do nothing if this member may bring a campaign there."""
    if campaign.status == Status.DRAFT:
        raise UserError(gettext_noop("This campaign is not published, so there is nothing to hold."), field="rung")
    before = queries.rung_of(campaign)
    is_other_pace = wish.rung == Rung.THROTTLE and wish.invitations_an_hour != campaign.invitations_an_hour
    is_other_page = wish.rung == Rung.STOP and wish.stop_url != campaign.stop_url
    if before == wish.rung and not is_other_pace and not is_other_page:
        raise UserError(gettext_noop("It is so already."), field="rung")
    if before == Rung.STOP and not is_other_page:
        membership.require(Verb.MANAGE)
        if not wish.reason:
            message = gettext_noop("Write down why: a stopped campaign only goes on with a reason.")
            raise UserError(message, field="reason")


def _pull(campaign: Campaign, rung: str, user: int) -> Pull | None:
    level = _LEVELS.get(rung)
    if level is None or not rules.is_stricter(rung, queries.rung_of(campaign)):
        return None
    return _brake().pull(campaign.pk, level, user=user)


@transaction.atomic
def _lead_elsewhere(membership: Membership, campaign: Campaign, wish: _Wish) -> CampaignDecision:
    details = {"from": campaign.stop_url, "to": wish.stop_url}
    campaigns.lead_elsewhere(membership=membership, slug=campaign.slug, stop_url=wish.stop_url)
    audit.record(
        membership=membership,
        verb="campaign.led_elsewhere",
        subject=campaign.slug,
        reason=wish.reason,
        details=details,
    )
    return CampaignDecision.objects.filter(campaign=campaign, rung=Rung.STOP, state=State.IN_FORCE).latest(
        "in_force_at"
    )


@transaction.atomic
def _written(membership: Membership, slug: str, wish: _Wish) -> CampaignDecision:
    campaign = campaign_queries.of_slug(membership.brand, slug)
    decision = CampaignDecision(
        campaign=campaign,
        before=queries.rung_of(campaign),
        rung=wish.rung,
        invitations_an_hour=wish.invitations_an_hour,
        reason=wish.reason,
        user=membership.user,
        who=membership.who,
        made_at=wish.at or timezone.now(),
    )
    return _enforce(decision, membership, stop_url=wish.stop_url, at=decision.made_at)


def _enforce(decision: CampaignDecision, membership: Membership, *, stop_url: str, at: datetime) -> CampaignDecision:
    """Change the campaign and keep the decision, in force since a moment; the caller holds the transaction."""
    slug = decision.campaign.slug
    decision.cut = {
        "messages": channels.waiting(decision.campaign),
        "joins_a_day": queries.joins_a_day(decision),
        "joins_waiting": participants.waiting(decision.campaign),
    }
    if decision.rung in _LEVELS:  # while it is only slowed, people pass it on all the same
        foreseen = queries.foreseen(decision.campaign)
        if foreseen is not None:
            decision.spared, decision.seeds_a_day = foreseen
    _step(membership, slug, decision.rung, decision.before, stop_url)
    if decision.invitations_an_hour != decision.campaign.invitations_an_hour:
        campaigns.throttle(membership=membership, slug=slug, invitations_an_hour=decision.invitations_an_hour)
    decision.state, decision.in_force_at = State.IN_FORCE, at
    before = CampaignDecision.objects.filter(campaign=decision.campaign, state=State.IN_FORCE, ended_at=None)
    before.update(ended_at=at)
    decision.save()
    overtaken = [rung for rung in rules.LADDER if not rules.is_stricter(rung, decision.rung)]
    CampaignDecision.objects.filter(campaign=decision.campaign, state=State.PROPOSED, rung__in=overtaken).update(
        state=State.OVERTAKEN, ended_at=timezone.now()
    )
    audit.record(
        membership=membership,
        verb=_VERBS[decision.rung],
        subject=slug,
        reason=decision.reason,
        details={"decision": decision.pk, "before": decision.before, "watch": decision.watch},
    )
    if rules.is_stricter(decision.before, decision.rung):
        pulled = _brake().pulled().get(decision.campaign.pk)
        if pulled is not None:
            transaction.on_commit(lambda: _brake().release(pulled))
    return decision


def _step(membership: Membership, slug: str, rung: str, before: str, stop_url: str) -> None:
    if rung == Rung.STOP:
        campaigns.stop(membership=membership, slug=slug, stop_url=stop_url)
        return
    if before in {Rung.HOLD, Rung.STOP}:
        campaigns.resume(membership=membership, slug=slug)
    if rung == Rung.HOLD:
        campaigns.pause(membership=membership, slug=slug)


def _propose(campaign: Campaign, policy: Policy, numbers: Mapping[str, object], began_at: datetime) -> CampaignDecision:
    now = timezone.now()
    proposed, _ = CampaignDecision.objects.get_or_create(
        campaign=campaign,
        watch=policy.watch,
        rung=policy.rung,
        state=State.PROPOSED,
        defaults={
            "before": queries.rung_of(campaign),
            "invitations_an_hour": policy.invitations_an_hour,
            "numbers": dict(numbers),
            "began_at": began_at,
            "user": policy.user,
            "who": policy.who,
            "made_at": now,
            "acts_at": None if policy.mode == Mode.APPROVED else now + timedelta(minutes=policy.minutes),
        },
    )
    return proposed


def _carry_out(decision: CampaignDecision, *, second: str, user: int = 0) -> CampaignDecision:
    """Bring a proposal into force, unless the campaign has got there by another way."""
    campaign = Campaign.objects.select_related("brand").get(pk=decision.campaign_id)
    if not rules.is_stricter(decision.rung, queries.rung_of(campaign)):
        decision.state, decision.ended_at = State.OVERTAKEN, timezone.now()
        decision.save(update_fields=["state", "ended_at"])
        return decision
    _pull(campaign, decision.rung, user)
    return _come_into_force(decision, campaign, second=second, at=timezone.now())


@transaction.atomic
def _come_into_force(decision: CampaignDecision, campaign: Campaign, *, second: str, at: datetime) -> CampaignDecision:
    decision.campaign, decision.before, decision.second = campaign, queries.rung_of(campaign), second
    return _enforce(decision, Membership(campaign.brand, Role.EDITOR), stop_url=campaign.stop_url, at=at)


def _waiting(membership: Membership, slug: str, number: int) -> CampaignDecision:
    decision = _mine(membership, slug, number)
    if decision.state != State.PROPOSED:
        raise UserError(gettext_noop("This was decided in the meantime."), field="decision")
    return decision


def _mine(membership: Membership, slug: str, number: int) -> CampaignDecision:
    campaign = campaign_queries.of_slug(membership.brand, slug)
    found = CampaignDecision.objects.filter(campaign=campaign, pk=number).first()
    if found is None:
        raise NotFound(gettext_noop("There is no such decision."), field="decision")
    return found


def _has_second(membership: Membership) -> bool:
    others = membership.brand.member_set.filter(role__in=[Role.OWNER, Role.EDITOR])
    return others.exclude(user=membership.user).exists()


def _brake() -> Brake:
    return brake.opened(config.load().brake)
