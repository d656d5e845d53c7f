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
from sebar.campaigns.models import Campaign, Status
from sebar.channels import queries as channels
from sebar.kit import brake, config
from sebar.kit.brake import Brake, Level, Pull
from sebar.kit.errors import NotAllowed, NotFound, Unavailable, UserError
from sebar.kit.words import gettext_noop
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
    """Where a campaign is to be brought; all of it is checked."""

    rung: str
    reason: str = ""
    invitations_an_hour: int | None = None
    stop_url: str = ""


class OnTheBrake(Unavailable):
    """A campaign is held or stopped everywhere, but that could not be written down yet."""

    def __init__(self) -> None:
        super().__init__(
            gettext_noop(
                "It is in force everywhere. The database takes nothing just now: it is written down as soon as it does."
            )
        )


def take(
    *,
    membership: Membership,
    slug: str,
    rung: str,
    reason: str = "",
    invitations_an_hour: int | None = None,
    stop_url: str = "",
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
        Where links lead once it is stopped; empty for the page that Sebar hosts.

    Raises
    ------
    NotAllowed
        When this member may not; only owners let a stopped campaign go on.
    UserError
        When the campaign is a draft or stands on that rung already, or something cannot be used.
    OnTheBrake
        When it is in force but could not be written down yet.
    """
    membership.require(Verb.EDIT)
    campaign = campaign_queries.of_slug(membership.brand, slug)
    left = _brake().pulled().get(campaign.pk)
    if left is not None:
        _settle(left)
        campaign = campaign_queries.of_slug(membership.brand, slug)
    wish = _Wish(
        rules.check_rung(rung), rules.check_reason(reason), rules.check_an_hour(invitations_an_hour, rung), stop_url
    )
    _refuse(campaign, membership, wish)
    pull = _pull(campaign, rung, membership.user.pk if membership.user else 0)
    try:
        return _written(membership, slug, wish)
    except _AWAY as error:
        if pull is None:
            raise
        raise OnTheBrake from error
    except UserError:
        if pull is not None:
            _brake().release(pull)
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
    """
    membership.require(Verb.EDIT)
    decision = _waiting(membership, slug, number)
    if decision.acts_at is None and (membership.user is None or membership.user.pk == decision.user_id):
        message = gettext_noop("It takes a second person: somebody else than who wrote the policy approves it.")
        raise NotAllowed(message, field="decision")
    return _carry_out(decision, second=_name(membership))


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
    decision.state, decision.second = State.REFUSED, _name(membership)
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
            "who": _name(membership),
            "made_at": timezone.now(),
        },
    )
    details = {"watch": checked.watch, "rung": checked.rung, "mode": checked.mode, "minutes": checked.minutes}
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
    rung = next(rung for rung, level in _LEVELS.items() if level is pull.level)
    if campaign is None or campaign.status == Status.DRAFT:
        _brake().release(pull)
    elif rules.is_stricter(rung, queries.rung_of(campaign)):
        if queries.is_let_go_since(campaign, _moment(pull)):
            _brake().release(pull)
        else:
            user = User.objects.filter(pk=pull.user).first() if pull.user else None
            membership = Membership(campaign.brand, Role.OWNER, user)
            _written(membership, campaign.slug, _Wish(rung, stop_url=campaign.stop_url))


def _moment(pull: Pull) -> datetime:
    return datetime.fromtimestamp(pull.at / 1000, UTC)


def _refuse(campaign: Campaign, membership: Membership, wish: _Wish) -> None:
    """Do nothing if this member may bring a campaign there."""
    if campaign.status == Status.DRAFT:
        raise UserError(gettext_noop("This campaign is not published, so there is nothing to hold."), field="rung")
    before = queries.rung_of(campaign)
    is_other_pace = wish.rung == Rung.THROTTLE and wish.invitations_an_hour != campaign.invitations_an_hour
    if before == wish.rung and not is_other_pace:
        raise UserError(gettext_noop("It is so already."), field="rung")
    if before == Rung.STOP:
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
def _written(membership: Membership, slug: str, wish: _Wish) -> CampaignDecision:
    campaign = campaign_queries.of_slug(membership.brand, slug)
    decision = CampaignDecision(
        campaign=campaign,
        before=queries.rung_of(campaign),
        rung=wish.rung,
        invitations_an_hour=wish.invitations_an_hour,
        reason=wish.reason,
        user=membership.user,
        who=_name(membership),
        made_at=timezone.now(),
    )
    return _enforce(decision, membership, wish.stop_url)


def _enforce(decision: CampaignDecision, membership: Membership, stop_url: str) -> CampaignDecision:
    """Change the campaign and keep the decision; the caller holds the transaction."""
    slug = decision.campaign.slug
    decision.cut = {"messages": channels.waiting(decision.campaign), "joins_a_day": queries.joins_a_day(decision)}
    decision.spared = queries.spared(decision.campaign)
    _step(membership, slug, decision.rung, decision.before, stop_url)
    if decision.invitations_an_hour != decision.campaign.invitations_an_hour:
        campaigns.throttle(membership=membership, slug=slug, invitations_an_hour=decision.invitations_an_hour)
    decision.state, decision.in_force_at = State.IN_FORCE, timezone.now()
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


def _carry_out(decision: CampaignDecision, *, second: str) -> CampaignDecision:
    """Bring a proposal into force, unless the campaign has got there by another way."""
    campaign = Campaign.objects.select_related("brand").get(pk=decision.campaign_id)
    before = queries.rung_of(campaign)
    if not rules.is_stricter(decision.rung, before):
        decision.state, decision.ended_at = State.OVERTAKEN, timezone.now()
        decision.save(update_fields=["state", "ended_at"])
        return decision
    _pull(campaign, decision.rung, 0)
    decision.campaign, decision.before, decision.second = campaign, before, second
    with transaction.atomic():
        return _enforce(decision, Membership(campaign.brand, Role.EDITOR), campaign.stop_url)


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


def _name(membership: Membership) -> str:
    return membership.user.name if membership.user else ""


def _brake() -> Brake:
    return brake.opened(config.load().brake)
