"""Rewards: rules with what they would have cost, what was given and is owed, and pools of coupon codes."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from sebar.brands.queries import Membership
from sebar.brands.rules import Verb
from sebar.campaigns.models import Campaign
from sebar.console import reward_terms
from sebar.console.access import of_campaign, page
from sebar.console.campaigns import frame
from sebar.console.exports import plain
from sebar.kit import codes
from sebar.kit.errors import UserError, UserErrors
from sebar.launch import actions as launch
from sebar.launch import queries as checklist
from sebar.pages import words
from sebar.pages.rewards import amount, described
from sebar.participants.models import Participant
from sebar.rewards import actions, coupon_codes, queries, rules
from sebar.rewards.models import Reward, RewardRule
from sebar.rewards.queries import Balance, Stock
from sebar.rewards.rules import BY_HAND, RuleKind, Simulated, State, Status, Terms, Trigger, What, Who

_MOST_DIGITS: Final = 18
_LARGEST_NUMBER: Final = 2**63 - 1
Context = dict[str, Any]


@dataclass(frozen=True)
class ListedRule:
    """One row of the table of rules."""

    rule: RewardRule
    says: str
    state: str
    spent: str
    left: str
    is_used_up: bool


@dataclass(frozen=True)
class ListedBalance:
    """Where the amounts of one unit are, in words."""

    name: str
    pending: str
    earned: str
    fulfilled: str
    owed_back: str
    left: str


@dataclass(frozen=True)
class ListedReward:
    """One row of the list of rewards."""

    reward: Reward
    who: str
    friend: str
    what: str
    state: str
    by_hand: bool


@require_GET
@of_campaign(Verb.LOOK)
def overview(request: HttpRequest, membership: Membership, campaign: Campaign) -> HttpResponse:
    """Show the rules, and where all amounts are."""
    found = queries.current(campaign)
    balances = queries.balances(campaign)
    return page(
        request,
        membership,
        "rewards.html",
        rows=[_listed(rule) for rule in found],
        balances=[_balance(one) for one in balances if one.unit != What.UNLOCK],
        sentence=_sentence(balances) if found else "",
        low=[one for one in queries.stocks(campaign) if one.is_low and _is_used(one, found)],
        **_frame(campaign),
    )


@require_http_methods(["GET", "POST"])
@of_campaign(Verb.EDIT)
def new_rule(request: HttpRequest, membership: Membership, campaign: Campaign) -> HttpResponseBase:
    """Write a rule, and see what it would have cost."""
    if request.method == "GET":
        return _form(request, membership, campaign, reward_terms.entered_of(Terms(hold_days=7), campaign))
    entered = _sent(request)
    try:
        terms = reward_terms.read(entered, campaign)
        if entered.get("do") == "simulate":
            return _form(request, membership, campaign, entered, simulated=_simulated(campaign, terms))
        rule, _new = actions.draft_rule(membership=membership, campaign=campaign, terms=terms)
    except UserError as refused:
        return _form(request, membership, campaign, entered, errors=_by_field(refused))
    messages.success(request, _("“{name}” is kept. It gives nothing until it is switched on.").format(name=rule.name))
    return redirect("console:reward-rule", membership.brand.slug, campaign.slug, rule.pk)


@require_http_methods(["GET", "POST"])
@of_campaign(Verb.LOOK)
def one_rule(request: HttpRequest, membership: Membership, campaign: Campaign, rule: int) -> HttpResponseBase:
    """Show a rule, change it, switch it on and off."""
    found = queries.rule_of(campaign, rule)
    if request.method == "GET":
        entered = reward_terms.entered_of(queries.terms_of(found), campaign)
        return _form(request, membership, campaign, entered, rule=found)
    membership.require(Verb.EDIT)
    entered = _sent(request)
    try:
        if entered.get("do") == "simulate":
            terms = reward_terms.read(entered, campaign)
            return _form(request, membership, campaign, entered, rule=found, simulated=_simulated(campaign, terms))
        return _change(request, membership, found, entered)
    except UserError as refused:
        return _form(request, membership, campaign, entered, rule=found, errors=_by_field(refused))


def _change(request: HttpRequest, membership: Membership, rule: RewardRule, entered: Mapping[str, str]) -> HttpResponse:
    """Do to a rule what was asked for.

    Raises
    ------
    UserError
        When it cannot be done.
    """
    done, campaign = entered.get("do"), rule.campaign
    if done == "delete":
        actions.drop_draft(membership=membership, rule=rule)
        messages.success(request, _("“{name}” is deleted.").format(name=rule.name))
        return redirect("console:rewards", membership.brand.slug, campaign.slug)
    if done == "on":
        rule = launch.switch_on(membership=membership, rule=rule, reason=entered.get("reason", ""))
        messages.success(request, _("“{name}” is on from now on.").format(name=rule.name))
    elif done == "off":
        rule = actions.switch_off(membership=membership, rule=rule)
        messages.success(request, _("“{name}” is off. What it gave stays.").format(name=rule.name))
    else:
        rule = actions.change_rule(membership=membership, rule=rule, terms=reward_terms.read(entered, campaign))
        messages.success(request, _("“{name}” is kept.").format(name=rule.name))
    return redirect("console:reward-rule", membership.brand.slug, campaign.slug, rule.pk)


@require_http_methods(["GET", "POST"])
@of_campaign(Verb.LOOK)
def given(request: HttpRequest, membership: Membership, campaign: Campaign) -> HttpResponseBase:
    """Show the rewards, newest first; mark those that were handed over."""
    if request.method == "POST":
        membership.require(Verb.EDIT)
        return _hand_over(request, membership, campaign)
    state = _state(request.GET.get("state", ""))
    before = _number(request.GET.get("before", "")) or None
    found = queries.page(campaign, state=state, before=before)
    counts = queries.counts(campaign)
    names = state_names()
    return page(
        request,
        membership,
        "rewards_given.html",
        rows=[_row(reward) for reward in found.rows],
        before=found.next,
        state=state,
        counts=[(one, names[one], counts[one]) for one in names if counts.get(one)],
        every=sum(counts.values()),
        **_frame(campaign),
    )


def _hand_over(request: HttpRequest, membership: Membership, campaign: Campaign) -> HttpResponse:
    numbers = [_number(one) for one in request.POST.getlist("reward")]
    try:
        done = actions.fulfil(membership=membership, campaign=campaign, numbers=numbers)
    except UserError as refused:
        messages.error(request, refused.message)
    else:
        said = ngettext("%(n)s reward is marked as handed over.", "%(n)s rewards are marked as handed over.", done)
        messages.success(request, said % {"n": words.number(done)})
    address = redirect("console:rewards-given", membership.brand.slug, campaign.slug)
    address["Location"] += "?state=approved" if request.POST.get("state") == State.APPROVED else ""
    return address


@require_http_methods(["GET", "POST"])
@of_campaign(Verb.LOOK)
def one_reward(request: HttpRequest, membership: Membership, campaign: Campaign, reward: int) -> HttpResponseBase:
    """Show a reward with its lines in the ledger; refuse it or take it back, with a reason."""
    found = queries.reward_of(campaign, reward)
    error = ""
    if request.method == "POST":
        membership.require(Verb.EDIT)
        end = actions.reverse if request.POST.get("do") == "reverse" else actions.reject
        try:
            end(membership=membership, campaign=campaign, number=reward, reason=request.POST.get("reason", ""))
        except UserError as refused:
            error = refused.message
        else:
            messages.success(request, _("It is done, and kept in the audit log with its reason."))
            return redirect("console:reward", membership.brand.slug, campaign.slug, reward)
    return page(
        request,
        membership,
        "reward.html",
        status=422 if error else 200,
        row=_row(found),
        entries=[
            (line, account_names()[line.account], amount(line.amount, line.unit))
            for line in found.entries.order_by("pk")
        ],
        cause=cause_names().get(found.cause, ""),
        can_reject=found.state in {State.PENDING, State.APPROVED},
        can_reverse=found.state == State.FULFILLED,
        reason=request.POST.get("reason", ""),
        error=error,
        **_frame(campaign),
    )


@require_http_methods(["GET", "POST"])
@of_campaign(Verb.LOOK)
def coupons(request: HttpRequest, membership: Membership, campaign: Campaign) -> HttpResponseBase:
    """Show the pools of coupon codes; make one, and add codes."""
    errors: list[str] = []
    if request.method == "POST":
        membership.require(Verb.EDIT)
        try:
            messages.success(request, _add_coupons(request, membership, campaign))
            return redirect("console:coupons", membership.brand.slug, campaign.slug)
        except UserErrors as refused:
            errors = [one.message for one in refused.errors]
        except UserError as refused:
            errors = [refused.message]
    return page(
        request,
        membership,
        "coupons.html",
        status=422 if errors else 200,
        stocks=queries.stocks(campaign),
        errors=errors,
        entered=request.POST,
        tried=_number(request.POST.get("pool", "")),
        **_frame(campaign),
    )


def _add_coupons(request: HttpRequest, membership: Membership, campaign: Campaign) -> str:
    """Make a pool, or add codes to one; return what was done, in words.

    Raises
    ------
    UserError
        When something cannot be used.
    """
    if request.POST.get("do") == "pool":
        low_at = reward_terms.count(request.POST, "low_at") or 0
        name = request.POST.get("pool_name", "")
        pool, _new = actions.add_pool(membership=membership, campaign=campaign, name=name, low_at=low_at)
        return _("The pool “{name}” is ready for codes.").format(name=pool.name)
    pool = queries.pool_of(campaign, _number(request.POST.get("pool", "")))
    upload = request.FILES.get("file")
    content = coupon_codes.decoded(upload.read(coupon_codes.LARGEST + 1)) if upload else request.POST.get("codes", "")
    added = actions.add_codes(membership=membership, pool=pool, given=content)
    return ngettext("%(n)s code is added.", "%(n)s codes are added.", added) % {"n": words.number(added)}


@require_GET
@of_campaign(Verb.LOOK)
def export(request: HttpRequest, _membership: Membership, campaign: Campaign) -> StreamingHttpResponse:
    """Return all rewards as a table for spreadsheets; whatever people wrote is no formula in it."""
    state = _state(request.GET.get("state", ""))
    response = StreamingHttpResponse(_lines(campaign, state), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{campaign.slug}-rewards.csv"'
    return response


class _Echo:
    """What `csv` writes to: it returns each line."""

    def write(self, line: str) -> str:
        return line


def _lines(campaign: Campaign, state: str) -> Iterator[str]:
    writer = csv.writer(_Echo())
    columns = ("reward", "rule", "version", "code", "name", "external_id", "friend", "unit", "amount", "state")
    yield writer.writerow((*columns, "cause", "reason", "happened_at", "counts_on", "approved_at", "fulfilled_at"))
    for one in queries.every(campaign, state=state):
        person = one.participant
        yield writer.writerow(
            (
                *(one.pk, plain(one.rule.name), one.rule.version, codes.spell(person.pk), plain(person.name)),
                *(plain(person.external_id or ""), codes.spell(one.referral_id), one.unit, one.amount, one.state),
                *(one.cause, plain(one.reason), one.happened_at.isoformat(), one.counts_on.isoformat()),
                *(at.isoformat() if at else "" for at in (one.approved_at, one.fulfilled_at)),
            )
        )


def state_names() -> dict[str, str]:
    """Return what each state of a reward is called."""
    return {
        State.PENDING.value: _("waiting"),
        State.APPROVED.value: _("earned"),
        State.FULFILLED.value: _("handed over"),
        State.REJECTED.value: _("refused"),
        State.REVERSED.value: _("taken back"),
        State.EXPIRED.value: _("expired"),
    }


def account_names() -> dict[str, str]:
    """Return what each account of the ledger is called."""
    return {
        "budget": _("the brand’s budget"),
        "pending": _("waiting"),
        "earned": _("earned"),
        "fulfilled": _("handed over"),
        "owed_back": _("to get back"),
    }


def cause_names() -> dict[str, str]:
    """Return in words why a reward ended unpaid, or was taken back."""
    return {
        "refund": _("The order was refunded."),
        "fraud": _("It was judged to be fraud."),
        "friends": _("Fewer friends count than it takes."),
        "member": _("A member decided it."),
        "time": _("The join was not confirmed in time."),
        "left": _("They left for good."),
    }


def says(rule: RewardRule) -> str:
    """Return a rule as one sentence."""
    is_join = rule.trigger == Trigger.JOIN
    if rule.kind == RuleKind.LEADERBOARD:
        if rule.by_month:
            return (
                _("Who brought most friends who joined, this month")
                if is_join
                else _("Who brought most friends who bought, this month")
            )
        return _("Who brought most friends who joined") if is_join else _("Who brought most friends who bought")
    what = described(rule)
    if rule.kind == RuleKind.MILESTONE:
        said = _("%(what)s for %(n)s friends who joined") if is_join else _("%(what)s for %(n)s friends who bought")
        return said % {"what": what, "n": words.number(rule.milestone or 0)}
    said = {
        (Who.REFERRER.value, True): _("%(what)s to the referrer for each friend who joins"),
        (Who.REFERRER.value, False): _("%(what)s to the referrer for each friend who buys"),
        (Who.FRIEND.value, True): _("%(what)s to each friend who joins"),
        (Who.FRIEND.value, False): _("%(what)s to each friend who buys"),
        (Who.BOTH.value, True): _("%(what)s each to referrer and friend when the friend joins"),
        (Who.BOTH.value, False): _("%(what)s each to referrer and friend when the friend buys"),
    }[rule.who, is_join]
    return said % {"what": what}


def _listed(rule: RewardRule) -> ListedRule:
    state = {Status.DRAFT: _("draft"), Status.ON: _("on"), Status.OFF: _("off")}[Status(rule.status)]
    is_board = rule.kind == RuleKind.LEADERBOARD
    spent = 0 if is_board else queries.spent(rule)
    left = None if rule.budget is None else max(rule.budget - spent, 0)
    return ListedRule(
        rule=rule,
        says=says(rule),
        state=state,
        spent="–" if is_board or rule.what == What.UNLOCK else amount(spent, rule.unit),
        left="–" if left is None else amount(left, rule.unit),
        is_used_up=not is_board and queries.is_used_up(rule),
    )


def _balance(one: Balance) -> ListedBalance:
    names = {"points": _("Points"), "tickets": _("Tickets"), "coupon": _("Coupons")}
    return ListedBalance(
        name=names.get(one.unit, one.unit),
        pending=amount(one.pending, one.unit),
        earned=amount(one.earned, one.unit),
        fulfilled=amount(one.fulfilled, one.unit),
        owed_back=amount(one.owed_back, one.unit) if one.owed_back else "–",
        left="–" if one.budget_left is None else amount(one.budget_left, one.unit),
    )


def _sentence(balances: list[Balance]) -> str:
    """Return the page's one sentence: what is owed to whom."""
    owed = [one for one in balances if one.earned and one.unit not in {What.TICKETS, What.UNLOCK}]
    if not owed:
        return _("Nothing is owed to anybody just now.")
    parts = [
        _("%(amount)s to %(people)s")
        % {"amount": amount(one.earned, one.unit), "people": words.people(one.people_owed)}
        for one in owed
    ]
    return _("You owe %(parts)s.") % {"parts": ", ".join(parts)}


def _is_used(stock: Stock, found: list[RewardRule]) -> bool:
    return any(rule.pool_id == stock.pool.pk and rule.status == Status.ON for rule in found)


def _row(reward: Reward) -> ListedReward:
    return ListedReward(
        reward=reward,
        who=_called(reward.participant),
        friend=_called(reward.referral),
        what=described(reward.rule),
        state=state_names()[reward.state],
        by_hand=reward.state == State.APPROVED and reward.rule.what in BY_HAND,
    )


def _called(person: Participant) -> str:
    return person.name or codes.grouped(person.pk)


def _sent(request: HttpRequest) -> dict[str, str]:
    return {name: request.POST.get(name, "") for name in request.POST}


def _frame(campaign: Campaign) -> Context:
    return {"tab": "rewards", **frame(campaign)}


def _form(
    request: HttpRequest,
    membership: Membership,
    campaign: Campaign,
    entered: Mapping[str, str],
    *,
    rule: RewardRule | None = None,
    errors: Mapping[str, str] | None = None,
    simulated: list[str] | None = None,
) -> HttpResponse:
    return page(
        request,
        membership,
        "reward_rule.html",
        status=422 if errors else 200,
        rule=rule,
        says=says(rule) if rule else "",
        row=_listed(rule) if rule else None,
        versions=list(queries.versions(campaign, rule.name).exclude(on_at=None).order_by("-version")) if rule else [],
        legal_gaps=checklist.legal_gaps(campaign, "sharing_rewards") if rule and rule.status != Status.ON else [],
        is_newest=rule is None or rule in queries.current(campaign),
        entered=entered,
        errors=errors or {},
        simulated=simulated,
        choices=_choices(),
        words=_words(),
        labels=_labels(campaign, entered, errors or {}),
        pools=queries.stocks(campaign),
        most_days=rules.MOST_HOLD_DAYS,
        **_frame(campaign),
    )


def _labels(
    campaign: Campaign, entered: Mapping[str, str], errors: Mapping[str, str]
) -> list[tuple[str, str, str, str]]:
    """Return the fields for what people are told it is: name, label, what is written, what is wrong with it."""
    names = dict(settings.LANGUAGES)
    fields = {language: f"labels.{language}" for language in campaign.languages}
    label = _("What it is, for people (%(language)s)")
    return [
        (field, label % {"language": names[language]}, entered.get(field, ""), errors.get(field, ""))
        for language, field in fields.items()
    ]


def _words() -> dict[str, str]:
    return {
        "milestone": _("How many friends"),
        "milestone_hint": _("Whoever has so many is rewarded once, when the next friend counts."),
        "amount": _("How much"),
        "currency": _("Currency"),
        "address": _("Address of the content"),
        "address_hint": _("Like https://example.com/secret-menu; people see it once they have earned it."),
        "label_hint": _("Like “a free coffee”. It stands in brackets wherever the reward is promised or given."),
        "budget": _("Budget"),
        "budget_hint": _("All rewards of this rule together cost no more. Needed for money."),
        "hold": _("Days to wait"),
        "hold_hint": _("From 0 to 90. A refund within that time cancels the reward."),
        "most": _("Most for one person"),
        "most_hint": _("Rewards; empty for any number."),
    }


def _choices() -> dict[str, list[tuple[str, str]]]:
    return {
        "kind": [
            (RuleKind.EACH.value, _("Each friend")),
            (RuleKind.MILESTONE.value, _("A number of friends")),
            (RuleKind.LEADERBOARD.value, _("A leaderboard: who brought most. It gives nothing by itself.")),
        ],
        "trigger": [
            (Trigger.JOIN.value, _("Their join is confirmed")),
            (Trigger.CONVERSION.value, _("They convert for the first time, for example buy something")),
        ],
        "who": [
            (Who.REFERRER.value, _("Whoever brought the friend")),
            (Who.FRIEND.value, _("The friend")),
            (Who.BOTH.value, _("Both, the same")),
        ],
        "what": [
            (What.MONEY.value, _("Money")),
            (What.POINTS.value, _("Points")),
            (What.TICKETS.value, _("Tickets for a prize draw")),
            (What.COUPON.value, _("A coupon code")),
            (What.UNLOCK.value, _("Unlocked content")),
        ],
    }


def _simulated(campaign: Campaign, terms: Terms) -> list[str]:
    """Return in words what a rule would have given in this campaign so far."""
    if not terms.is_granting:
        return [_("A leaderboard gives nothing by itself, so it costs nothing.")]
    would = queries.simulate(campaign, terms)
    if not would.rewards and not would.refused:
        return [_("So far it would have given nothing: no friend has done this yet.")]
    return [*_would(would, terms)]


def _would(would: Simulated, terms: Terms) -> Iterator[str]:
    yield _(
        "On this campaign’s past it would have cost %(cost)s: %(rewards)s to %(people)s, at most %(most)s to one."
    ) % {
        "cost": amount(would.cost, terms.unit),
        "rewards": ngettext("%(n)s reward", "%(n)s rewards", would.rewards) % {"n": words.number(would.rewards)},
        "people": words.people(would.people),
        "most": amount(would.largest, terms.unit),
    }
    if would.refused:
        said = ngettext(
            "For %(n)s friend nothing would have been left. With enough for everybody it would have cost %(wanted)s.",
            "For %(n)s friends nothing would have been left. With enough for everybody it would have cost %(wanted)s.",
            would.refused,
        )
        yield said % {"n": words.number(would.refused), "wanted": amount(would.wanted, terms.unit)}


def _number(given: str) -> int:
    """Return the number that stands in an address or a button; 0 when there is none."""
    return min(int(given), _LARGEST_NUMBER) if given.isdecimal() and len(given) <= _MOST_DIGITS else 0


def _state(given: str) -> str:
    return given if given in set(State) else ""


def _by_field(refused: UserError) -> dict[str, str]:
    return refused.by_field() if isinstance(refused, UserErrors) else {refused.field or "rule": refused.message}
