"""The only code that writes evidence, suspicions and decisions, and what follows from them for rewards."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db import OperationalError, transaction
from django.utils import timezone

from sebar.brands import audit
from sebar.brands.queries import Membership
from sebar.brands.rules import Verb
from sebar.campaigns.models import Campaign
from sebar.fraud import queries, rules, traces
from sebar.fraud.models import Decision, JoinEvidence, Objection, Suspicion
from sebar.fraud.rules import Level, Verdict
from sebar.fraud.traces import Traces
from sebar.kit import codes
from sebar.kit.errors import UserError
from sebar.kit.words import gettext_noop
from sebar.participants.actions import at_once
from sebar.participants.models import Participant
from sebar.rewards import actions as rewards
from sebar.rewards.actions import Restored

_CHUNK: Final = 500
AT_ONCE: Final = 1000
"""People about whom one decision is made at most."""
_CROWDED: Final = gettext_noop("Somebody else decided at the same moment; look again.")
_WAITS: Final = "review"
"""The reason that a held reward keeps: pages say it in words of their own."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a decision, or taking it back, has changed.

    Attributes
    ----------
    people
        About how many; about whom the same stood already is not counted.
    back, lacking
        How many refused rewards wait again, and how many stay refused as budget or codes were used meanwhile.
    """

    people: int
    back: int
    lacking: int


def note_join(*, participant: Participant, network: str, device: str, by_form: bool = True) -> None:
    """Note from where somebody joined just now: an IP address, and what the browser's requests say of it."""
    came = traces.of_join(network, device, participant.campaign_id, timezone.now().date())
    note_traces(participant=participant, came=came, by_form=by_form)


def note_traces(*, participant: Participant, came: Traces, by_form: bool = True) -> None:
    """Note what stands for where somebody joined. What cannot be stored just now is lost: no join fails for it.

    Parameters
    ----------
    by_form
        Whether they came by our own form, after which people see their own page.
    """
    seen = {"seen": False} if by_form else {}
    _keep(participant, came.day, network=came.network, device=came.device, **seen)


def note_payment(*, participant: Participant, account: str) -> None:
    """Note by or to which account somebody pays or is paid, as a hash."""
    day = timezone.now().date()
    found = traces.payment(account, participant.campaign_id, day)
    if found is not None:
        _keep(participant, day, payment=found)


def note_seen(*, participant: Participant) -> None:
    """Note that somebody opened their own page."""
    waiting = JoinEvidence.objects.filter(participant=participant, seen=False)
    if waiting.exists():
        waiting.update(seen=True)


def forget(*, before: date) -> int:
    """Delete the evidence of joins before a day; return how many joins'."""
    deleted: int = JoinEvidence.objects.filter(day__lt=before).delete()[0]
    return deleted


def judge(*, campaign: Campaign, now: datetime) -> int:
    """Look at everybody in a campaign and keep what is found; return how many rows that changed.

    What holds rewards back stays until a person has decided, even when the evidence is gone.
    """
    people = queries.crowd(campaign, now)
    judged = rules.judge(people)
    found = {
        int(people.number[place]): Suspicion(
            participant_id=int(people.number[place]),
            campaign=campaign,
            group=int(people.number[judged.group[place]]),
            level=int(judged.level[place]),
            score=round(float(judged.score[place]), 4),
            reasons=[reason.stored() for reason in rules.reasons(judged, place)],
            made_at=now,
        )
        for place in judged.level.nonzero()[0].tolist()
    }
    return _store(campaign, found, set(people.number.tolist()))


def decide(
    *, membership: Membership, campaign: Campaign, numbers: Collection[int], verdict: str, note: str = ""
) -> Outcome:
    """Decide about participants: their unpaid rewards follow.

    Deciding otherwise replaces what was decided; deciding the same again changes nothing, but for who has asked anew.

    Raises
    ------
    NotAllowed
        When this member may not.
    NotFound
        When the campaign has no such participant.
    UserErrors
        When nobody is chosen, too many are, or what was entered cannot be used.
    """
    membership.require(Verb.EDIT)
    chosen, words = rules.check_verdict(verdict), rules.check_note(note)
    people = _chosen(campaign, numbers)

    def write() -> Outcome:
        _lock(campaign)
        standing = queries.standing(campaign, [one.pk for one in people])
        asking = queries.asking(campaign)
        news = [one for one in people if one.pk in asking or _verdict(standing.get(one.pk)) != chosen]
        replaced = [standing[one.pk].pk for one in news if one.pk in standing]
        Decision.objects.filter(pk__in=replaced).update(undone_at=timezone.now())
        made = [_decision(membership, one, chosen, words, standing.get(one.pk)) for one in news]
        Decision.objects.bulk_create(made)
        restored = [_follow(one, _verdict(standing.get(one.pk)), chosen, words) for one in news]
        _record(membership, campaign, f"fraud.{chosen}", [one.pk for one in news], words)
        return _outcome(restored)

    return at_once(write, crowded=_CROWDED)


def undo(*, membership: Membership, campaign: Campaign, numbers: Collection[int]) -> Outcome:
    """Take decisions back: everything is as it was before them, as far as budgets and codes last.

    Raises
    ------
    NotAllowed
        When this member may not.
    NotFound
        When the campaign has no such participant.
    """
    membership.require(Verb.EDIT)
    people = _chosen(campaign, numbers)

    def write() -> Outcome:
        _lock(campaign)
        standing = queries.standing(campaign, [one.pk for one in people])
        Decision.objects.filter(pk__in=[one.pk for one in standing.values()]).update(undone_at=timezone.now())
        before = {one.participant_id: one.replaces for one in standing.values()}
        Decision.objects.filter(pk__in=[one.pk for one in before.values() if one]).update(undone_at=None)
        held, restored = queries.high(campaign, standing), []
        for one in people:
            if one.pk in standing:
                earlier = before[one.pk]
                note = earlier.note if earlier else ""
                followed = _follow(one, _verdict(standing[one.pk]), _verdict(earlier), note, is_high=one.pk in held)
                restored.append(followed)
        _record(membership, campaign, "fraud.undone", [*standing], "")
        return _outcome(restored)

    return at_once(write, crowded=_CROWDED)


def object_to(*, participant: Participant) -> bool:
    """Keep that somebody asks for a person to look at what was found about them; return whether there is anything.

    Who asks again after a decision is looked at again.
    """
    if queries.state(participant) not in {queries.State.WAITS, queries.State.REFUSED}:
        return False
    now = {"asked_at": timezone.now(), "campaign_id": participant.campaign_id}
    Objection.objects.update_or_create(participant=participant, defaults=now)
    return True


def _keep(participant: Participant, day: date, **found: int | bool | None) -> None:
    try:
        JoinEvidence.objects.update_or_create(
            participant=participant, defaults=found, create_defaults={"day": day, **found}
        )
    except OperationalError:
        return


def _lock(campaign: Campaign) -> None:
    """Let decisions and what the worker finds follow one another within a campaign."""
    Campaign.objects.select_for_update(no_key=True).filter(pk=campaign.pk).first()


@transaction.atomic
def _store(campaign: Campaign, found: Mapping[int, Suspicion], looked_at: Collection[int]) -> int:
    _lock(campaign)
    before = {one.participant_id: one for one in Suspicion.objects.filter(campaign=campaign)}
    changed = [
        one
        for number, one in found.items()
        if number not in before or (_differs(before[number], one) and not rules.stands(before[number].level, one.level))
    ]
    gone = [
        number
        for number, one in before.items()
        if number in looked_at and number not in found and not rules.stands(one.level, Level.NONE)
    ]
    for start in range(0, len(changed), _CHUNK):
        Suspicion.objects.bulk_create(
            changed[start : start + _CHUNK],
            update_conflicts=True,
            unique_fields=["participant"],
            update_fields=["group", "level", "score", "reasons", "made_at"],
        )
    for start in range(0, len(gone), _CHUNK):
        Suspicion.objects.filter(pk__in=gone[start : start + _CHUNK]).delete()
    _withhold(campaign, [one.participant_id for one in changed if one.level == Level.HIGH], before)
    return len(changed) + len(gone)


def _withhold(campaign: Campaign, high: Collection[int], before: Mapping[int, Suspicion]) -> None:
    """Let the rewards of those wait who were not held before and about whom nobody has decided."""
    news = [number for number in high if number not in before or before[number].level != Level.HIGH]
    decided = queries.standing(campaign, news)
    for start in range(0, len(news), _CHUNK):
        for participant in Participant.objects.filter(pk__in=news[start : start + _CHUNK]).select_related("parent"):
            if participant.pk not in decided:
                rewards.withhold(participant, _WAITS)


def _differs(before: Suspicion, now: Suspicion) -> bool:
    return any(getattr(before, name) != getattr(now, name) for name in ("group", "level", "score", "reasons"))


def _chosen(campaign: Campaign, numbers: Collection[int]) -> list[Participant]:
    if not numbers:
        raise UserError(gettext_noop("Nobody is chosen: tick at least one."), field="participants")
    if len(numbers) > AT_ONCE:
        message = gettext_noop("{count} at once are too many: choose at most {most}.")
        raise UserError(message, field="participants", count=len(numbers), most=AT_ONCE)
    return queries.of_numbers(campaign, numbers)


def _decision(
    membership: Membership, participant: Participant, verdict: Verdict, note: str, replaces: Decision | None
) -> Decision:
    return Decision(
        participant=participant,
        campaign_id=participant.campaign_id,
        verdict=verdict,
        note=note,
        user=membership.user,
        who=membership.who,
        at=timezone.now(),
        replaces=replaces,
    )


def _verdict(decision: Decision | None) -> Verdict | None:
    return Verdict(decision.verdict) if decision is not None else None


def _follow(
    participant: Participant, before: Verdict | None, now: Verdict | None, note: str, *, is_high: bool = False
) -> Restored:
    """Let somebody's unpaid rewards follow from what was decided before to what is now; None is nothing.

    Parameters
    ----------
    is_high
        Whether what was found holds rewards back where nothing is decided.
    """
    is_forgiven = before is Verdict.FRAUD and now is not Verdict.FRAUD
    restored = rewards.restore_for(participant) if is_forgiven else Restored(0, 0)
    if now is Verdict.FRAUD and before is not Verdict.FRAUD:
        rewards.reject_for(participant, note or _WAITS)
    elif now is Verdict.FINE:
        rewards.release(participant)
    elif now is None and is_high:
        rewards.withhold(participant, _WAITS)
    return restored


def _outcome(restored: Collection[Restored]) -> Outcome:
    return Outcome(len(restored), sum(one.back for one in restored), sum(one.lacking for one in restored))


def _record(membership: Membership, campaign: Campaign, verb: str, numbers: Collection[int], note: str) -> None:
    if numbers:
        about = {"participants": [codes.spell(number) for number in numbers]}
        audit.record(membership=membership, verb=verb, subject=campaign.slug, reason=note, details=about)
