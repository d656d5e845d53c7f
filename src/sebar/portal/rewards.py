"""What a participant has earned, what waits and until when, and what comes next: plain facts, nothing that presses."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from itertools import chain, islice, zip_longest
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from sebar.campaigns.models import Campaign
from sebar.kit.errors import UserError
from sebar.pages import words
from sebar.pages.rewards import amount, described
from sebar.participants import queries as participants
from sebar.participants.models import Participant
from sebar.portal import page
from sebar.portal.people import called
from sebar.rewards import actions, queries
from sebar.rewards.models import Reward, RewardRule
from sebar.rewards.rules import LIVE, Cause, RuleKind, State, Trigger, What, Who

_SHOWN: Final = 8
_ON_ONE_PAGE: Final = 50
_MILESTONES: Final = 3
_A_MOMENT: Final = timedelta(minutes=1)  # in which the worker gives what nobody withholds


@dataclass(frozen=True)
class Line:
    """One reward as its owner sees it.

    `code` is there once it was asked for, and `is_open` when that was just now; `claim` is its number while it may be;
    `address` is what it unlocked; `is_ended` says that it was refused or taken back.
    """

    what: str
    why: str
    when: str
    code: str
    claim: int
    address: str
    is_open: bool
    is_ended: bool


@dataclass(frozen=True)
class Next:
    """A milestone that is not reached: what it gives, and how far it is."""

    what: str
    friends: int
    of: int


@dataclass(frozen=True)
class Standing:
    """A leaderboard with its reader's own place; None where they have none."""

    title: str
    rows: list[tuple[int, str, str, bool]]
    own: str


def context(participant: Participant, taken: str = "") -> dict[str, Any]:
    """Return what the participant's page shows of rewards; nothing where the campaign has none.

    Parameters
    ----------
    taken
        Number of the coupon whose code was asked for just now: it stands first, and is open.
    """
    mine, on = queries.of_participant(participant), queries.on(participant.campaign)
    if not mine and not on:
        return {}
    promised = [rule for rule in on if rule.kind != RuleKind.LEADERBOARD]
    gone = [rule for rule in promised if queries.is_used_up(rule)]
    standing = [reward for reward in mine if reward.state in LIVE]
    return {
        "offers": [offer(rule) for rule in promised if rule not in gone],
        "gone": [offer(rule) for rule in gone],
        "totals": _totals(standing),
        "lines": [_line(reward, taken) for reward in _first(mine, taken)],
        "all": len(mine) if len(mine) > _SHOWN else 0,
        "ahead": _ahead(participant, [rule for rule in on if rule not in gone], standing),
        "standings": [_standing(rule, participant) for rule in on if rule.kind == RuleKind.LEADERBOARD],
    }


@require_safe
def every(request: HttpRequest, secret: str) -> HttpResponse:
    """Show all of a participant's rewards, newest first, some on a page."""
    participant = participants.by_secret(secret)
    if participant is None:
        return page.nobodys(request)
    given = request.GET.get("from", "")
    first = int(given) if given.isascii() and given.isdecimal() and len(given) < 10 else 0  # noqa: PLR2004 - fits
    with page.speaking(participant.campaign):
        mine = queries.of_participant(participant)
        following = first + _ON_ONE_PAGE
        context = {
            "secret": secret,
            "totals": _totals([reward for reward in mine if reward.state in LIVE]),
            "lines": [_line(reward) for reward in mine[first:following]],
            "following": following if following < len(mine) else 0,
        }
        return page.campaign_answer(request, "portal/rewards.html", participant.campaign, context)


@require_POST
def coupon(request: HttpRequest, secret: str, number: int) -> HttpResponse:
    """Give a participant the code of a coupon that is theirs."""
    participant = participants.by_secret(secret)
    if participant is None:
        return page.nobodys(request)
    mine = reverse("mine", args=[secret])
    try:
        actions.hand_out(participant=participant, number=number)
    except UserError:
        return page.see_other(f"{mine}?codes=none#rewards")
    return page.see_other(f"{mine}?code={number}#rewards")


def offer(rule: RewardRule) -> str:
    """Return a rule as one sentence for participants."""
    what = described(rule)
    is_join = rule.trigger == Trigger.JOIN
    if rule.kind == RuleKind.MILESTONE:
        said = (
            _("%(what)s when %(n)s of your friends have joined.")
            if is_join
            else _("%(what)s when %(n)s of your friends have bought something.")
        )
        return begun(said % {"what": what, "n": words.number(rule.milestone or 0)})
    said = {
        (Who.REFERRER.value, True): _("%(what)s for you for each friend who joins."),
        (Who.REFERRER.value, False): _("%(what)s for you for each friend who buys something for the first time."),
        (Who.FRIEND.value, True): _("Each friend who joins through you gets %(what)s."),
        (Who.FRIEND.value, False): _("Each friend who joins through you gets %(what)s at their first purchase."),
        (Who.BOTH.value, True): _("%(what)s for you and as much for your friend when they join."),
        (Who.BOTH.value, False): _("%(what)s for you and as much for your friend at their first purchase."),
    }[rule.who, is_join]
    sentence = begun(said % {"what": what})
    if rule.most is None or rule.who == Who.FRIEND:
        return sentence
    times = ngettext("You get it at most %(n)s time.", "You get it at most %(n)s times.", rule.most)
    return f"{sentence} {times % {'n': words.number(rule.most)}}"


class _Sort(IntEnum):
    """What a reward is to its owner, in the order in which the page shows it."""

    TAKEN_NOW = 0
    CODE = 1
    UNLOCKED = 2
    WAITING = 3
    ENDED = 4
    OTHER = 5


def _first(mine: list[Reward], taken: str) -> list[Reward]:
    """Return the few rewards that the page itself shows: some of each sort, so that no sort hides another."""
    sorts: dict[_Sort, list[Reward]] = {sort: [] for sort in _Sort}
    for reward in mine:
        sorts[_sort(reward, taken)].append(reward)
    sorts[_Sort.WAITING].sort(key=lambda one: one.counts_on)
    chosen = islice(filter(None, chain.from_iterable(zip_longest(*sorts.values()))), _SHOWN)
    return sorted(chosen, key=lambda one: _sort(one, taken))


def _sort(reward: Reward, taken: str) -> _Sort:
    if str(reward.pk) == taken:
        return _Sort.TAKEN_NOW
    if reward.state not in LIVE:
        return _Sort.ENDED
    if reward.state == State.PENDING:
        return _Sort.WAITING
    if reward.rule.what == What.UNLOCK:
        return _Sort.UNLOCKED
    return _Sort.CODE if reward.rule.what == What.COUPON and reward.state == State.APPROVED else _Sort.OTHER


def begun(said: str) -> str:
    """Return a sentence with a capital letter at its beginning."""
    return said[:1].upper() + said[1:]


def _totals(mine: list[Reward]) -> list[tuple[str, str]]:
    """Return what of each unit is earned and what waits, in words; empty for nothing."""
    earned, waiting = Counter[str](), Counter[str]()
    for reward in mine:
        (waiting if reward.state == State.PENDING else earned)[reward.unit] += reward.amount
    units = [unit for unit in dict.fromkeys(one.unit for one in mine) if unit != What.UNLOCK]
    parts = [
        tuple(amount(sums[unit], unit) if sums[unit] else "" for sums in (earned, waiting)) for unit in sorted(units)
    ]
    return [(part[0], part[1]) for part in parts]


def _line(reward: Reward, taken: str = "") -> Line:
    is_mine = reward.state in {State.APPROVED, State.FULFILLED}
    has_code = reward.rule.what == What.COUPON and reward.state == State.FULFILLED
    return Line(
        what=begun(described(reward.rule)),
        why=_why(reward),
        when=_when(reward),
        code=reward.coupon.code if has_code else "",
        claim=reward.pk if reward.rule.what == What.COUPON and reward.state == State.APPROVED else 0,
        address=reward.rule.address if is_mine else "",
        is_open=has_code and str(reward.pk) == taken,
        is_ended=reward.state not in LIVE,
    )


def _why(reward: Reward) -> str:
    is_join = reward.rule.trigger == Trigger.JOIN
    if reward.rule.kind == RuleKind.MILESTONE:
        friends = reward.rule.milestone or 0
        return ngettext("%(n)s friend", "%(n)s friends", friends) % {"n": words.number(friends)}
    if reward.referral_id == reward.participant_id:
        return _("you joined") if is_join else _("your first purchase")
    friend = {"friend": called(reward.referral.name)}
    return (_("%(friend)s joined") if is_join else _("%(friend)s bought something")) % friend


def _when(reward: Reward) -> str:
    if reward.state == State.FULFILLED:
        return _("handed over")
    if reward.state == State.APPROVED:
        return _("earned")
    if reward.state != State.PENDING:
        return _ended(reward)
    if reward.counts_on <= timezone.now():
        is_fresh = timezone.now() - reward.counts_on < _A_MOMENT
        return _("counts in a moment") if is_fresh else _("is being checked")
    return _("counts on %(day)s") % {"day": _day(reward.counts_on, reward.participant.campaign)}


def _ended(reward: Reward) -> str:
    """Return why a reward is theirs no more."""
    why = {
        Cause.REFUND.value: _("the order was refunded"),
        Cause.FRAUD.value: _("it was looked at and does not count"),
        Cause.FRIENDS.value: _("fewer friends count now"),
        Cause.MEMBER.value: _("%(brand)s decided so") % {"brand": reward.participant.campaign.brand.name},
        Cause.TIME.value: _("the join was not confirmed in time"),
        Cause.LEFT.value: _("they left for good"),
    }[reward.cause]
    if reward.fulfilled_at is not None:
        return _("taken back after it was handed over: %(why)s") % {"why": why}
    if reward.approved_at is not None:
        return _("taken back: %(why)s") % {"why": why}
    return _("not given: %(why)s") % {"why": why}


def _day(moment: datetime, campaign: Campaign) -> str:
    return words.full_day(moment.astimezone(words.zone(campaign.time_zone)).date())


def _ahead(participant: Participant, on: list[RewardRule], mine: list[Reward]) -> list[Next]:
    """Return the milestones that were not reached, the nearest first."""
    had = {reward.rule.name for reward in mine}
    ahead = []
    for rule in on:
        if rule.kind == RuleKind.MILESTONE and rule.name not in had:
            friends, of = queries.friends(participant, rule.trigger), rule.milestone or 0
            ahead.append(Next(begun(described(rule)), min(friends, of), of))
    return sorted(ahead, key=lambda one: one.of - one.friends)[:_MILESTONES]


def _standing(rule: RewardRule, participant: Participant) -> Standing:
    board, friends = queries.board(rule), queries.friends_on_board(rule, participant)
    rank = board.rank(friends)
    titles = {
        (True, True): _("Most friends this month"),
        (True, False): _("Most friends"),
        (False, True): _("Most friends who bought something this month"),
        (False, False): _("Most friends who bought something"),
    }
    rows = [
        (one.rank, _("You") if one.participant == participant.pk else one.name or _("Somebody"),
         words.number(one.friends), one.participant == participant.pk)
        for one in board.rows
    ]  # fmt: skip
    place = {"rank": words.number(rank or 0), "all": words.number(max(len(board.counts), rank or 0))}
    own = _("You are number %(rank)s of %(all)s.") % place if rank else ""
    return Standing(titles[rule.trigger == Trigger.JOIN, rule.by_month], rows, own)
