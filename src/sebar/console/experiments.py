"""Experiments of a campaign: planning one, watching it, and deciding."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sebar.brands import audit
from sebar.brands.queries import Membership
from sebar.brands.rules import Verb
from sebar.campaigns import rules as campaign_rules
from sebar.campaigns.models import Campaign
from sebar.console import experiment_words
from sebar.console.access import of_campaign, page
from sebar.console.campaigns import frame
from sebar.kit.errors import Checks, Unavailable, UserError, UserErrors
from sebar.material import queries as material
from sebar.steering.experiments import actions, queries, rules, watching
from sebar.steering.experiments.models import Experiment, Status, Varies
from sebar.steering.experiments.rules import Arm, Known, Plan
from sebar.steering.experiments.watching import Watch

Entered = Mapping[str, str]
"""The fields of the form by name, as a person wrote them."""

_LETTERS: Final = "abcdef"
_FACTORS: Final = (1.2, 1.5, 2.0)
_TOO_LONG: Final = 3650


@dataclass(frozen=True)
class Listed:
    """One row of the list."""

    experiment: Experiment
    kind: str
    status: str
    says: str


@dataclass(frozen=True)
class Wording:
    """One wording's field of an arm; `usual` is what people see when it is left empty."""

    name: str
    label: str
    value: str
    usual: str
    most: int
    error: str


@dataclass(frozen=True)
class ArmFields:
    """The fields of one arm; its wordings by language. `creative` may be one that nobody is shown now."""

    place: int
    name: str
    weight: str
    creative: str
    parts: list[tuple[str, str, list[Wording]]]
    errors: Mapping[str, str]


@require_GET
@of_campaign(Verb.LOOK)
def experiments(request: HttpRequest, membership: Membership, campaign: Campaign) -> HttpResponse:
    """Show what is tried, what was tried, and how to begin."""
    found = queries.of_campaign(campaign)
    return page(
        request,
        membership,
        "experiments.html",
        tab="experiments",
        listed=[_listed(one) for one in found],
        kinds=experiment_words.kinds(),
        decisions=[
            one for one in audit.entries(membership, subject=campaign.slug) if one.verb.startswith("experiment.")
        ],
        verbs=_verbs(),
        **frame(campaign),
    )


def _listed(experiment: Experiment) -> Listed:
    kind, status = experiment_words.kinds()[experiment.varies][0], experiment_words.statuses()[experiment.status]
    try:
        says: str = experiment_words.verdict(experiment, watching.watch(experiment))
    except Unavailable as error:
        says = error.message
    return Listed(experiment, kind, status, says)


def _verbs() -> dict[str, str]:
    return {
        "experiment.started": _("started"),
        "experiment.arm_dropped": _("ended an arm early"),
        "experiment.ended": _("ended"),
    }


@require_http_methods(["GET", "POST"])
@of_campaign(Verb.EDIT)
def new(request: HttpRequest, membership: Membership, campaign: Campaign) -> HttpResponseBase:
    """Plan an experiment: what differs between its arms, and how many seeds it takes."""
    entered = request.POST if request.method == "POST" else request.GET
    if entered.get("varies", "") not in rules.VARIES:
        return redirect("console:experiments", membership.brand.slug, campaign.slug)
    return _planning(request, membership, campaign, entered.dict())


@require_http_methods(["GET", "POST"])
@of_campaign(Verb.EDIT)
def edit(request: HttpRequest, membership: Membership, campaign: Campaign, number: int) -> HttpResponseBase:
    """Plan an experiment anew that has not started; what differs stays."""
    draft = queries.of_number(campaign, number)
    if draft.status != Status.DRAFT:
        return redirect("console:experiment", membership.brand.slug, campaign.slug, number)
    entered = request.POST.dict() if request.method == "POST" else _entered(draft) | request.GET.dict()
    return _planning(request, membership, campaign, entered | {"varies": draft.varies}, draft)


def _planning(
    request: HttpRequest,
    membership: Membership,
    campaign: Campaign,
    entered: Entered,
    draft: Experiment | None = None,
) -> HttpResponseBase:
    """Show the form of an experiment, new when there is no `draft`, or keep what was sent."""
    errors: dict[str, str] = {}
    if request.method == "POST":
        checks = Checks()
        plan = checks(partial(actions.check, campaign), _read(entered, campaign, checks))
        try:
            checks.finish()
            named: dict[str, Any] = {"membership": membership, "slug": campaign.slug, "plan": plan}
            made = actions.change(**named, number=draft.pk) if draft is not None else actions.plan(**named)
        except UserErrors as refused:
            errors = refused.by_field()
            if "holdout" in errors:
                errors["holdout"] = _cannot_be_held_out(entered)
        else:
            return redirect("console:experiment", membership.brand.slug, campaign.slug, made.pk)
    return _form_page(request, membership, campaign, entered, draft=draft, errors=errors)


def _entered(draft: Experiment) -> dict[str, str]:
    """Return a draft as its form sends it."""
    arms = queries.arms(draft)
    found = {
        "count": str(len(arms)),
        "name": draft.name,
        "control": str(next((place for place, arm in enumerate(arms) if arm.name == draft.control), 0)),
        "holdout": f"{100 * draft.holdout:g}",
        "planned": str(draft.planned),
        "window_days": str(draft.window_days),
    }
    for place, arm in enumerate(arms):
        found |= {f"arms.{place}.name": arm.name, f"arms.{place}.weight": f"{arm.weight:g}"}
        for part, shown in arm.shows.items():
            words = {part: shown} if draft.varies == Varies.CREATIVE else shown
            prefix = "" if draft.varies == Varies.CREATIVE else f"{part}."
            found |= {f"arms.{place}.{prefix}{what}": text for what, text in words.items()}
    return found


def _cannot_be_held_out(entered: Entered) -> str:
    """Return what is wrong in percent, as it was entered: rules and programs speak of shares."""
    said = _("%(given)s percent cannot be held out: write a number from 0 to %(most)s.")
    return said % {"given": str(entered["holdout"]).strip(), "most": f"{100 * rules.MOST_HELD_OUT:g}"}


def _form_page(
    request: HttpRequest,
    membership: Membership,
    campaign: Campaign,
    entered: Entered,
    *,
    draft: Experiment | None,
    errors: Mapping[str, str],
) -> HttpResponse:
    varies, count = entered["varies"], _count(entered)
    known = _known(campaign)
    arms = [Arm(_LETTERS[place], 1.0, {}) for place in range(count)]
    needed = [(factor, rules.whole_needed(known, arms, arms[0].name, factor=factor)) for factor in _FACTORS]
    window = entered.get("window_days", "7")
    in_time = rules.seeds_in_time(
        known,
        ends_at=campaign.ends_at,
        window_days=int(window) if window.isdecimal() and len(window) < 4 else 7,  # noqa: PLR2004 - digits of days
        now=timezone.now(),
    )
    most = _rounded(needed[0][1])
    reachable = most if in_time is None else max(min(most, in_time), rules.FEWEST_PLANNED)
    return page(
        request,
        membership,
        "experiment_form.html",
        status=422 if errors else 200,
        tab="experiments",
        draft=draft,
        varies=varies,
        kind=experiment_words.kinds()[varies],
        count=count,
        counts=range(rules.FEWEST_ARMS, rules.MOST_ARMS + 1),
        arms=[_arm_fields(campaign, entered, place, errors) for place in range(count)],
        errors=errors,
        entered={
            "name": entered.get("name", ""),
            "control": entered.get("control", "0"),
            "holdout": entered.get("holdout", "0"),
            "planned": entered.get("planned", str(reachable)),
            "window_days": entered.get("window_days", "7"),
        },
        creatives=[one.name for one in material.shown(campaign)],
        known=known,
        in_time="" if in_time is None else experiment_words.in_time(in_time, needed),
        needed=[(round(factor * 100 - 100), seeds, _days(seeds, known)) for factor, seeds in needed],
        **frame(campaign),
    )


def _known(campaign: Campaign) -> Known:
    try:
        return watching.known(campaign)
    except Unavailable:
        return rules.usual()


def _days(seeds: int, known: Known) -> int | None:
    """Return in how many days so many seeds come at the present pace; None when hardly any come."""
    days = math.ceil(seeds / known.per_day) if known.per_day else _TOO_LONG
    return days if days < _TOO_LONG else None


def _rounded(seeds: int) -> int:
    return math.ceil(seeds / 100) * 100


def _count(entered: Entered) -> int:
    given = entered.get("count", "")
    count = int(given) if given.isdecimal() and len(given) == 1 else rules.FEWEST_ARMS
    return min(max(count, rules.FEWEST_ARMS), rules.MOST_ARMS)


def _arm_fields(campaign: Campaign, entered: Entered, place: int, errors: Mapping[str, str]) -> ArmFields:
    names, labels = dict(settings.LANGUAGES), experiment_words.labels()
    varies = entered["varies"]
    parts = [
        (
            language,
            names[language],
            [
                Wording(
                    name=f"arms.{place}.{language}.{what}",
                    label=labels[what],
                    value=entered.get(f"arms.{place}.{language}.{what}", ""),
                    usual=campaign_rules.text_for(campaign.texts, language, campaign.languages).get(what, ""),
                    most=most,
                    error=errors.get(f"arms.{place}.{language}.{what}", ""),
                )
                for what, most in rules.FIELDS[varies].items()
            ],
        )
        for language in (campaign.languages if varies in rules.FIELDS else [])
    ]
    return ArmFields(
        place=place,
        name=entered.get(f"arms.{place}.name", _LETTERS[place]),
        weight=entered.get(f"arms.{place}.weight", "1"),
        creative=entered.get(f"arms.{place}.creative", ""),
        parts=parts,
        errors={what: errors.get(f"arms.{place}.{what}", "") for what in ("name", "weight", "creative")}
        | {"all": errors.get(f"arms.{place}", "")},
    )


def _read(sent: Entered, campaign: Campaign, checks: Checks) -> Plan:
    """Return the plan that was sent; of what should be a number and is none, `checks` hears."""
    varies = sent["varies"]
    arms = [_read_arm(sent, place, campaign, checks) for place in range(_count(sent))]
    chosen = sent.get("control", "0")
    place = int(chosen) if chosen.isdecimal() and len(chosen) == 1 else 0
    return Plan(
        name=sent.get("name", ""),
        varies=varies,
        arms=arms,
        control=arms[min(place, len(arms) - 1)].name.strip().lower(),
        holdout=_number(sent, "holdout", checks) / 100,
        planned=int(_number(sent, "planned", checks)),
        window_days=int(_number(sent, "window_days", checks)),
    )


def _read_arm(sent: Entered, place: int, campaign: Campaign, checks: Checks) -> Arm:
    varies = sent["varies"]
    if varies == Varies.CREATIVE:
        shows: dict[str, Any] = {"creative": sent.get(f"arms.{place}.creative", "")}
    else:
        shows = {
            language: {what: sent.get(f"arms.{place}.{language}.{what}", "") for what in rules.FIELDS[varies]}
            for language in campaign.languages
        }
    return Arm(sent.get(f"arms.{place}.name", ""), _number(sent, f"arms.{place}.weight", checks), shows)


def _number(sent: Entered, field: str, checks: Checks) -> float:
    text = sent.get(field, "").strip()
    plain = text.replace(",", ".")
    try:
        found = float(plain)
    except ValueError:
        found = math.nan
    if not math.isfinite(found):
        message = _("“%(text)s” is not a number: write it with digits, like 2000.")
        checks.errors.append(UserError(message % {"text": text[:40]}, field=field))
        return 1.0
    return found


@require_GET
@of_campaign(Verb.LOOK)
def experiment(request: HttpRequest, membership: Membership, campaign: Campaign, number: int) -> HttpResponse:
    """Show one experiment: what can be said by now, and what it rests on."""
    return _watch_page(request, membership, campaign, queries.of_number(campaign, number))


def _watch_page(
    request: HttpRequest, membership: Membership, campaign: Campaign, found: Experiment, error: str = ""
) -> HttpResponse:
    context: dict[str, Any] = {
        "experiment": found,
        "kind": experiment_words.kinds()[found.varies][0],
        "state": experiment_words.statuses()[found.status],
        "shown": [_shown(campaign, found, arm) for arm in queries.arms(found)],
        "still": [arm.name for arm in queries.arms(found) if arm.name not in found.dropped],
        "names": [arm.name for arm in queries.arms(found)],
        "error": error,
        "entered": request.POST,
    }
    try:
        context |= _watched(campaign, found, watching.watch(found))
    except Unavailable as trouble:
        context["unavailable"] = trouble.message
    return page(
        request,
        membership,
        "experiment.html",
        status=422 if error else 200,
        tab="experiments",
        **context,
        **frame(campaign),
    )


def _watched(campaign: Campaign, found: Experiment, watch: Watch) -> dict[str, Any]:
    return {
        "watch": watch,
        "verdict": experiment_words.verdict(found, watch),
        "rows": experiment_words.rows(found, watch),
        "over_usual": experiment_words.over_usual(watch.over_usual),
        "pictures": experiment_words.pictures(campaign, found, watch),
        "spreads": experiment_words.spreads(watch),
        "spill": experiment_words.spill(watch),
        "to_drop": watch.to_drop(found.control) if found.status == Status.RUNNING else (),
        "leading": watch.leading or (found.control if watch.verdict == watching.Verdict.WORSE else ""),
    }


def _shown(campaign: Campaign, found: Experiment, arm: Arm) -> tuple[str, bool, list[tuple[str, str, str]]]:
    """Return an arm's name, whether it is the control, and what it shows: language, which wording, and its words."""
    labels, names = experiment_words.labels(), dict(settings.LANGUAGES)
    if found.varies == Varies.CREATIVE:
        creative = arm.shows.get("creative", found.usual)
        lines = [("", labels["creative"], creative)] if creative else []
    else:
        lines = [
            (names[language], labels[what], text)
            for language in campaign.languages
            for what, text in arm.shows.get(language, {}).items()
        ]
    return arm.name, arm.name == found.control, lines


@require_POST
@of_campaign(Verb.EDIT)
def start(request: HttpRequest, membership: Membership, campaign: Campaign, number: int) -> HttpResponseBase:
    """Give every new seed an arm from now on."""
    try:
        actions.start(membership=membership, slug=campaign.slug, number=number)
    except UserError as refused:
        return _refused(request, membership, campaign, number, refused)
    messages.success(request, _("It runs: every new seed is given an arm from now on."))
    return redirect("console:experiment", membership.brand.slug, campaign.slug, number)


@require_POST
@of_campaign(Verb.EDIT)
def discard(request: HttpRequest, membership: Membership, campaign: Campaign, number: int) -> HttpResponseBase:
    """Delete a draft."""
    try:
        actions.discard(membership=membership, slug=campaign.slug, number=number)
    except UserError as refused:
        return _refused(request, membership, campaign, number, refused)
    messages.success(request, _("The draft is deleted."))
    return redirect("console:experiments", membership.brand.slug, campaign.slug)


@require_POST
@of_campaign(Verb.EDIT)
def drop(request: HttpRequest, membership: Membership, campaign: Campaign, number: int) -> HttpResponseBase:
    """End one arm early."""
    arm = request.POST.get("arm", "")
    try:
        watching.drop(
            membership=membership,
            campaign=campaign,
            number=number,
            arm=arm,
            reason=request.POST.get("reason", ""),
        )
    except UserError as refused:
        return _refused(request, membership, campaign, number, refused)
    messages.success(request, _("New seeds go to the other arms. Whoever was shown “{arm}” keeps it.").format(arm=arm))
    return redirect("console:experiment", membership.brand.slug, campaign.slug, number)


@require_POST
@of_campaign(Verb.EDIT)
def end(request: HttpRequest, membership: Membership, campaign: Campaign, number: int) -> HttpResponseBase:
    """End the experiment, with a winner or without."""
    winner = request.POST.get("winner", "")
    try:
        actions.end(
            membership=membership,
            slug=campaign.slug,
            number=number,
            winner=winner,
            reason=request.POST.get("reason", ""),
        )
    except UserError as refused:
        return _refused(request, membership, campaign, number, refused)
    done = (
        _("It has ended. Everybody new sees “{arm}” from now on.").format(arm=winner)
        if winner
        else _("It has ended. Everybody new sees the usual page.")
    )
    messages.success(request, done)
    return redirect("console:experiment", membership.brand.slug, campaign.slug, number)


def _refused(
    request: HttpRequest, membership: Membership, campaign: Campaign, number: int, refused: UserError
) -> HttpResponse:
    return _watch_page(request, membership, campaign, queries.of_number(campaign, number), refused.message)
