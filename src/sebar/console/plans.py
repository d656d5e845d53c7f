"""Plans of a campaign: what it may come to before it begins, whom to invite first, and what if."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any, Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sebar.brands.models import Brand
from sebar.brands.queries import Membership
from sebar.brands.rules import Verb
from sebar.campaigns.models import Campaign
from sebar.console import plan_words, reward_terms
from sebar.console.access import of_campaign, page
from sebar.console.campaigns import frame
from sebar.kit import text
from sebar.kit.errors import Checks, NotAllowed, Unavailable, UserError, UserErrors
from sebar.kit.words import gettext_noop
from sebar.pages import charts, words
from sebar.steering.plans import actions, queries, rules
from sebar.steering.plans.models import CampaignPlan, PlanGraph, PlanVersion, State
from sebar.steering.plans.queries import Computed
from sebar.steering.plans.rules import Inputs, PlanForm, Result, Source

_TICKS: Final = 6
_SECONDS_BETWEEN_LOOKS: Final = "2"
_LISTED: Final = 25
_TOLD: Final = "plan_graphs_told"  # in the session: the failed uploads that were shown
_MOST_TOLD: Final = 100
_NUMBER: Final = re.compile(r"-?\d{1,12}(?:[.,]\d{1,4})?")
_WAITING: Final = (State.WAITING, State.RUNNING)
_WHOLE: Final = ("invited", "days", "starts")
_PARTS: Final = ("comes", "quality", "reward_times", "reward_effect", "conversions", "support")
Context = dict[str, Any]


@dataclass(frozen=True)
class Field:
    """One line of the form: what people read beside it, what helps, what they entered, and what is wrong with it."""

    name: str
    label: str
    hint: str
    value: str
    error: str


@dataclass(frozen=True)
class Listed:
    """One of the campaign's plans, in a sentence."""

    plan: CampaignPlan
    says: str
    is_ready: bool


@require_GET
@of_campaign(Verb.LOOK)
def plans(request: HttpRequest, membership: Membership, campaign: Campaign) -> HttpResponse:
    """Show the newest plan, or how to begin."""
    found = queries.of_campaign(campaign)
    return _page(request, membership, campaign, found[0] if found else None)


@require_GET
@of_campaign(Verb.LOOK)
def plan(request: HttpRequest, membership: Membership, campaign: Campaign, plan: int) -> HttpResponse:
    """Show one plan, or the version of it that `version` in the address names."""
    return _page(request, membership, campaign, queries.of_number(campaign, plan))


@require_http_methods(["GET", "POST"])
@of_campaign(Verb.EDIT)
def new(request: HttpRequest, membership: Membership, campaign: Campaign) -> HttpResponseBase:
    """Ask for a new plan."""
    measured = queries.conversions(campaign)
    form = PlanForm(
        name=_("Plan %(number)s") % {"number": len(queries.of_campaign(campaign)) + 1},
        conversions=0.0 if measured is None else measured.percent,
    )
    return _ask(request, membership, campaign, form, None)


@require_http_methods(["GET", "POST"])
@of_campaign(Verb.EDIT)
def change(request: HttpRequest, membership: Membership, campaign: Campaign, plan: int) -> HttpResponseBase:
    """Ask for a new version of a plan, which begins with what was asked for last."""
    found = queries.of_number(campaign, plan)
    last = queries.newest(found)
    form = PlanForm(name=found.name) if last is None else rules.from_stored(last.inputs).form
    return _ask(request, membership, campaign, form, found)


@require_POST
@of_campaign(Verb.EDIT)
def cancel(request: HttpRequest, membership: Membership, campaign: Campaign, plan: int) -> HttpResponse:
    """Give up what is being computed."""
    if actions.cancel(membership=membership, slug=campaign.slug, number=plan):
        messages.success(request, _("Cancelled. What was computed before stays."))
    return redirect("console:plan", membership.brand.slug, campaign.slug, plan)


@require_POST
@of_campaign(Verb.EDIT)
def invite(request: HttpRequest, membership: Membership, campaign: Campaign, plan: int) -> HttpResponse:
    """Make those whom the plan would invite first seeds of the campaign."""
    try:
        count = actions.invite(membership=membership, slug=campaign.slug, number=plan)
    except (UserErrors, UserError) as refused:
        messages.error(request, refused.message)
    else:
        added = ngettext("%(count)s person is a seed now.", "%(count)s people are seeds now.", count)
        nobody = _("Nobody was missing: all of them take part already.")
        messages.success(request, added % {"count": words.number(count)} if count else nobody)
    return redirect("console:plan", membership.brand.slug, campaign.slug, plan)


@require_GET
@of_campaign(Verb.LOOK)
def people(request: HttpRequest, membership: Membership, campaign: Campaign, plan: int) -> HttpResponse:
    """Return whom to invite first as CSV, by the newest version or the one that `version` in the address names."""
    found = _looked_at(request, queries.of_number(campaign, plan))
    listed = [] if found is None else queries.invitees(membership.brand, found.version)
    cost = "" if found is None else reward_terms.major(found.inputs.form.cost, found.inputs.currency)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{campaign.slug}-plan-{plan}.csv"'
    writer = csv.writer(response)
    writer.writerow(("place", "person", "adds", "ties", "cost", "currency", "took_part", "may_be_written_to"))
    for place, one in enumerate(listed, start=1):
        name = f"'{one.name}" if one.name.startswith(("=", "+", "-", "@", "\t")) else one.name
        unit = "" if found is None else found.inputs.currency
        writer.writerow((place, name, one.adds, one.ties, cost, unit, int(one.took_part), int(one.agreed)))
    return response


@require_GET
@of_campaign(Verb.LOOK)
def compare(request: HttpRequest, membership: Membership, campaign: Campaign) -> HttpResponse:
    """Show several plans beside the first of them, in the same worlds."""
    chosen = [int(one) for one in request.GET.getlist("plan") if one.isdecimal() and len(one) <= 18]  # noqa: PLR2004 - digits a number may have
    rows, error = [], ""
    try:
        rows = queries.compare(campaign, chosen)
    except UserError as refused:
        error = refused.message
    compared = [
        {
            "name": one.computed.plan.name,
            "number": one.computed.plan.pk,
            "likely": plan_words.likely(one.computed.result, one.computed.result.fan[-1]),
            "more": plan_words.more(one.more) if place else "",
            "away": plan_words.chance(one.computed.result.away),
            "goal": plan_words.chance(one.computed.result.goal),
            "nothing": plan_words.chance(one.computed.result.nothing),
            "spent": plan_words.more_spent(one.more_spent) if place else "",
            "over": plan_words.chance(one.computed.result.over_budget),
            "days": one.computed.inputs.form.days,
        }
        for place, one in enumerate(rows)
    ]
    return page(
        request,
        membership,
        "plan_compare.html",
        status=422 if error else 200,
        tab="plan",
        compared=compared,
        any_away=any(one.computed.result.away > 0 for one in rows),
        same_days=len({one.computed.inputs.form.days for one in rows}) == 1,
        error=error,
        **frame(campaign),
    )


@require_POST
@of_campaign(Verb.EDIT)
def upload(request: HttpRequest, membership: Membership, campaign: Campaign) -> HttpResponse:
    """Take a file of ties between customers."""
    file = request.FILES.get("file")
    if file is None:
        messages.error(request, _("No file is chosen: choose the one with the ties."))
    else:
        is_mutual = request.POST.get("direction") != "one"
        try:
            actions.upload(membership=membership, file_name=str(file.name), is_mutual=is_mutual, pieces=file.chunks())
            messages.success(request, _("Uploaded. It is read within a moment."))
        except (UserError, Unavailable) as refused:
            messages.error(request, refused.message)
    return redirect("console:plans", membership.brand.slug, campaign.slug)


@require_POST
@of_campaign(Verb.EDIT)
def remove(request: HttpRequest, membership: Membership, campaign: Campaign, graph: int) -> HttpResponse:
    """Remove an uploaded graph, and the lists that were chosen from it."""
    lists = actions.forget(membership=membership, number=graph)
    removed = _("Removed, with the lists of people that were chosen from it.") if lists else _("Removed.")
    messages.success(request, removed)
    return redirect("console:plans", membership.brand.slug, campaign.slug)


def _page(request: HttpRequest, membership: Membership, campaign: Campaign, shown: CampaignPlan | None) -> HttpResponse:
    everything = queries.of_campaign(campaign)
    graphs = queries.graphs(membership.brand)
    context: Context = {
        "graphs": [(one, plan_words.graph_says(one), queries.is_used(one)) for one in graphs],
        "failed": _failed(request, membership.brand),
        "others": [_listed(one) for one in everything],
        "shown": shown,
        "most_compared": rules.MOST_COMPARED,
    }
    is_moving = any(one.state in _WAITING for one in graphs)
    if shown is not None:
        last = queries.newest(shown)
        found = _looked_at(request, shown)
        is_moving |= last is not None and last.state in _WAITING
        context |= {
            "last": last,
            "versions": (listed := [_version(one) for one in queries.versions(shown)]),
            "newest_done": next((one["version"].number for one in listed if one["version"].state == State.DONE), None),
            **({} if found is None else _said(membership.brand, campaign, found)),
        }
    response = page(request, membership, "plan.html", tab="plan", **context, **frame(campaign))
    if is_moving:
        response.headers["Refresh"] = _SECONDS_BETWEEN_LOOKS
    return response


def _looked_at(request: HttpRequest, plan: CampaignPlan) -> Computed | None:
    given = request.GET.get("version")
    if given is None:
        return queries.computed(plan)
    return queries.of_version(plan, int(given) if given.isdecimal() and len(given) <= 9 else 0)  # noqa: PLR2004 - digits a number may have


def _failed(request: HttpRequest, brand: Brand) -> list[PlanGraph]:
    """Return the uploads that could not be read, each once to everybody who looks."""
    told = request.session.get(_TOLD, [])
    found = [one for one in queries.failed_graphs(brand) if one.pk not in told]
    if found:
        request.session[_TOLD] = [*told, *(one.pk for one in found)][-_MOST_TOLD:]
    return found


def _ask(
    request: HttpRequest, membership: Membership, campaign: Campaign, form: PlanForm, plan: CampaignPlan | None
) -> HttpResponseBase:
    currency = queries.currency_of(campaign)
    entered, errors = _entered(form, currency), dict[str, str]()
    if request.method == "POST":
        entered = {name: request.POST.get(name, "") for name in entered}
        try:
            wanted = _read(request.POST, currency)
            made = actions.ask(
                membership=membership, slug=campaign.slug, form=wanted, number=plan.pk if plan is not None else None
            )
        except UserErrors as refused:
            errors = refused.by_field()
        except NotAllowed as refused:
            errors = {"name": refused.message}
        except UserError as refused:
            errors = {refused.field: refused.message}
        else:
            return redirect("console:plan", membership.brand.slug, campaign.slug, made.plan_id)
    graphs = [one for one in queries.graphs(membership.brand) if one.state == State.DONE]
    parts = _form_parts(entered, errors, currency, plan_words.measured(queries.conversions(campaign)))
    labels = {one.name: one.label for _heading, _hint, fields in parts for one in fields}
    return page(
        request,
        membership,
        "plan_form.html",
        status=422 if errors else 200,
        tab="plan",
        plan=plan,
        entered=entered,
        errors=errors,
        wrong=[
            (name, labels.get(name, ""), errors[name]) for name in dict.fromkeys([*entered, *errors]) if name in errors
        ],
        sources=_sources(),
        graphs=[(str(one.pk), one.name, plan_words.graph_says(one)) for one in graphs],
        parts=parts,
        **frame(campaign),
    )


def _entered(form: PlanForm, currency: str) -> dict[str, str]:
    shown = {name: _plain(value) for name, value in asdict(form).items() if name not in {"cost", "graph"}}
    return shown | {"cost": reward_terms.major(form.cost, currency), "graph": str(form.graph or "")}


def _plain(value: float | str) -> str:
    return words.typed(value) if isinstance(value, float) else str(value)


def _read(sent: QueryDict, currency: str) -> PlanForm:
    """Return what was sent.

    Raises
    ------
    UserErrors
        When something that should be a number is none; then what else is wrong is said at once.
    """
    checks = Checks()
    read: dict[str, Any] = {}
    for name in (*_WHOLE, *_PARTS, "cost"):
        try:
            read[name] = _number(sent, name, currency)
        except UserError as error:
            checks.errors.append(error)
    graph = sent.get("graph", "")
    form = PlanForm(
        name=sent.get("name", ""),
        source=sent.get("source", ""),
        graph=int(graph) if graph.isdecimal() and len(graph) <= 18 else None,  # noqa: PLR2004 - digits a number may have
        **read,
    )
    if checks.errors:
        checks(rules.check, form)
    checks.finish()
    return form


def _number(sent: QueryDict, field: str, currency: str) -> float:
    if field == "cost":
        return reward_terms.amount(sent, field, currency) or 0
    return (reward_terms.count(sent, field) or 0) if field in _WHOLE else _decimal(sent, field)


def _decimal(sent: QueryDict, field: str) -> float:
    given = sent.get(field, "").strip()
    if not given:
        return 0.0
    if not _NUMBER.fullmatch(given):
        raise UserError(
            gettext_noop("“{shown}” is not a number: write it like 12.5."), field=field, shown=text.shown(given)
        )
    return float(given.replace(",", "."))


def _sources() -> list[tuple[str, str, str]]:
    return [
        (
            Source.NONE.value,
            _("No graph"),
            _("Everybody brings strangers, as people did in your campaigns before, or as is usual."),
        ),
        (
            Source.PAST.value,
            _("Who brought whom in your campaigns"),
            _("Only people whom your own program knows by a name can be invited."),
        ),
        (Source.UPLOAD.value, _("An uploaded file of ties"), _("Only people in the file are counted.")),
    ]


def _form_parts(
    entered: Mapping[str, str], errors: Mapping[str, str], currency: str, converted: str
) -> list[tuple[str, str, list[Field]]]:
    """Return the fields under their headings, each part with a hint."""

    def fields(*lines: tuple[str, str, str]) -> list[Field]:
        return [Field(name, label, hint, entered[name], errors.get(name, "")) for name, label, hint in lines]

    return [
        (
            _("Whom you invite first"),
            "",
            fields(
                ("invited", _("How many people you invite first"), ""),
                ("comes", _("Of 100 invited, how many join"), _("100 where you count those who joined.")),
                (
                    "cost",
                    _("What inviting one costs (%(currency)s)") % {"currency": currency},
                    _("Gifts, printing, your time; 0 for nothing."),
                ),
                ("starts", _("Days until you invite them"), _("0: at once.")),
                ("days", _("Days to look ahead"), ""),
            ),
        ),
        (
            _("What people do"),
            _("These are your own guesses, except where it says what was measured; try several."),
            fields(
                ("quality", _("Of 100 who hear of it, how many like it"), _("The others turn against it and say so.")),
                ("conversions", _("Of 100 participants, how many do what you want"), converted),
                ("support", _("Of 1,000 participants, how many ask for help"), ""),
            ),
        ),
        (
            _("Rewards"),
            _("Taken from the campaign’s rules for rewards, drafts too."),
            fields(
                ("reward_times", _("How many times as large"), _("1: as the rules say.")),
                (
                    "reward_effect",
                    _("Percent more people brought when rewards double"),
                    _("Your guess. 0: rewards change nothing."),
                ),
            ),
        ),
    ]


def _said(brand: Brand, campaign: Campaign, found: Computed) -> Context:
    inputs, result = found.inputs, found.result
    listed = queries.invitees(brand, found.version)
    return {
        "found": found,
        "inputs": inputs,
        "result": result,
        "sentence": plan_words.sentence(inputs, result),
        "assumed": plan_words.assumed(inputs, result),
        "fan": _fan(campaign, inputs, result),
        "fan_words": _("Participants by day, in %(worlds)s worlds.") % {"worlds": words.number(result.worlds)},
        "days": plan_words.days(inputs, result),
        "chances": plan_words.chances(inputs, result),
        "costs": [plan_words.cost(one) for one in result.costs],
        "spent": plan_words.spent(inputs),
        "negative": plan_words.against(result) if inputs.form.quality < 100 else "",  # noqa: PLR2004 - of a hundred
        "tried": [plan_words.tried(one, inputs, result) for one in result.tried],
        "listed": [
            (place, one, plan_words.adds(one, result.chosen)) for place, one in enumerate(listed[:_LISTED], start=1)
        ],
        "more_listed": max(len(listed) - _LISTED, 0),
        "cost_each": words.money(inputs.form.cost, inputs.currency) if inputs.form.cost else "",
        "record": queries.of_record(found.plan),
    }


def _fan(campaign: Campaign, inputs: Inputs, result: Result) -> charts.FanChart:
    zone = words.zone(campaign.time_zone)
    begin = inputs.starts_at.astimezone(zone)
    width = timedelta(days=inputs.form.days)
    ahead = [(day / inputs.form.days, quantiles) for day, quantiles in enumerate(result.fan)]
    ticks = [
        ((at - begin) / width, words.tick(at, year=(begin + width).year != begin.year))
        for at in words.times_between(begin, begin + width, _TICKS)
    ]
    return charts.fan_chart([], ahead, ticks, goal=float(inputs.left) if inputs.left else None)


def _listed(plan: CampaignPlan) -> Listed:
    found = queries.computed(plan)
    if found is not None:
        return Listed(plan, plan_words.sentence(found.inputs, found.result), is_ready=True)
    last = queries.newest(plan)
    return Listed(plan, "" if last is None else plan_words.states()[last.state], is_ready=False)


def _version(one: PlanVersion) -> Context:
    return {"version": one, "state": plan_words.states()[one.state], "inputs": rules.from_stored(one.inputs)}
