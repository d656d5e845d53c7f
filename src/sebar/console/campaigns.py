"""A brand's campaigns: the list, making and changing one, and its steps from draft to stopped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sebar import measures
from sebar.brands.queries import Membership
from sebar.brands.rules import Verb
from sebar.campaigns import actions, images, queries, rules
from sebar.campaigns.models import Campaign, Status
from sebar.campaigns.rules import CampaignForm, Phase, Step
from sebar.console import demo, forms, sentences
from sebar.console.access import of_brand, of_campaign, page
from sebar.events.event import Kind
from sebar.kit import addresses, config
from sebar.kit.errors import Unavailable, UserError, UserErrors
from sebar.launch import actions as launch
from sebar.launch import queries as checklist
from sebar.measures.figures import Summary
from sebar.pages import charts
from sebar.participants import queries as participants
from sebar.portal import join
from sebar.spread.estimate import Figure
from sebar.steering.alarms import queries as alarms
from sebar.steering.alarms import words as alarm_words
from sebar.steering.decisions import actions as decisions
from sebar.steering.decisions.actions import OnTheBrake

_KEPT_SECONDS = 600


@dataclass(frozen=True)
class ListedCampaign:
    """One row of the list. Without an engine to ask, a campaign still has its name, phase and number of people."""

    campaign: Campaign
    phase: Phase
    phase_name: str
    people: int
    summary: Summary | None
    r: sentences.Shown | None
    sentence: str
    spark: str


@require_GET
@of_brand(Verb.LOOK)
def campaigns(request: HttpRequest, membership: Membership) -> HttpResponse:
    """Show all campaigns; where there are none, how to begin."""
    totals = participants.totals(membership.brand)
    rows = [_listed(campaign, totals.get(campaign.pk, 0)) for campaign in queries.of_brand(membership.brand)]
    return page(request, membership, "campaigns.html", rows=rows, tab="campaigns")


def _listed(campaign: Campaign, people: int) -> ListedCampaign:
    phase = rules.phase(campaign, timezone.now())
    name = sentences.phase_name(phase)
    if not people:
        return ListedCampaign(campaign, phase, name, 0, None, None, sentences.in_brief(phase, None), "")
    try:
        summary, r, joins = _figures(campaign)
    except Unavailable as error:
        return ListedCampaign(campaign, phase, name, people, None, None, error.message, "")
    spark = charts.spark(joins) if joins else ""
    sentence = sentences.in_brief(phase, r)
    return ListedCampaign(campaign, phase, name, people, summary, sentences.shown(r), sentence, spark)


def _figures(campaign: Campaign) -> tuple[Summary, Figure, tuple[int, ...]]:
    """Return what a row of the list shows, counted anew only when something has happened since the last time."""
    name = f"listed-{campaign.pk}-{measures.version(campaign.pk).number}"
    known: tuple[Summary, Figure, tuple[int, ...]] | None = cache.get(name)
    if known is not None:
        return known
    lines = measures.series(campaign.pk, Kind.JOIN).lines
    counted = (
        measures.summary(campaign.pk),
        measures.spreading(campaign.pk, zone=campaign.time_zone).decides,
        lines[0].values if lines else (),
    )
    cache.set(name, counted, _KEPT_SECONDS)
    return counted


@require_POST
@of_brand(Verb.EDIT)
def make_demo(request: HttpRequest, membership: Membership) -> HttpResponseBase:
    """Make a campaign with people in it, to look around."""
    campaign = demo.make(membership=membership)
    messages.success(request, _("Here is a demo campaign. Its people are invented."))
    return redirect("console:live", membership.brand.slug, campaign.slug)


@require_http_methods(["GET", "POST"])
@of_brand(Verb.EDIT)
def new(request: HttpRequest, membership: Membership) -> HttpResponse | HttpResponseBase:
    """Make a draft. Only the name is needed."""
    form, errors = forms.fresh(request.LANGUAGE_CODE), _NO_ERRORS
    if request.method == "POST":
        form, errors = forms.read(request.POST)
        if not errors:
            try:
                campaign = _store(request, membership, None, form)
            except UserErrors as refused:
                errors = refused.by_field()
            else:
                return redirect("console:preview", membership.brand.slug, campaign.slug)
    return _form_page(request, membership, None, form, errors)


@require_http_methods(["GET", "POST"])
@of_campaign(Verb.EDIT)
def edit(request: HttpRequest, membership: Membership, campaign: Campaign) -> HttpResponse | HttpResponseBase:
    """Change a campaign."""
    form, errors = queries.form_of(campaign), _NO_ERRORS
    if request.method == "POST":
        form, errors = forms.read(request.POST)
        if not errors:
            try:
                campaign = _store(request, membership, campaign, form)
            except UserErrors as refused:
                errors = refused.by_field()
            else:
                messages.success(request, _("Saved."))
                return redirect("console:preview", membership.brand.slug, campaign.slug)
    return _form_page(request, membership, campaign, form, errors)


_NO_ERRORS: dict[str, str] = {}


def _store(request: HttpRequest, membership: Membership, campaign: Campaign | None, form: CampaignForm) -> Campaign:
    """Store the form and its image, or nothing.

    Raises
    ------
    UserErrors
        When a field or the image cannot be used.
    """
    upload = request.FILES.get("image")
    try:
        image = images.store(upload.read(), config.load().media) if upload else ""
    except UserError as error:
        raise UserErrors([error]) from error
    if campaign is None:
        campaign = actions.draft(membership=membership, form=form)
    else:
        campaign = actions.edit(membership=membership, slug=campaign.slug, form=form)
        wanted = {language: request.POST.get(f"consent.{language}", "") for language in form.languages}
        if all(wanted.values()):
            actions.word_consent(membership=membership, slug=campaign.slug, texts=wanted)
    if image or request.POST.get("no_image"):
        campaign = actions.dress(membership=membership, slug=campaign.slug, image=image)
    return campaign


def _form_page(
    request: HttpRequest,
    membership: Membership,
    campaign: Campaign | None,
    form: CampaignForm,
    errors: dict[str, str],
) -> HttpResponse:
    return page(
        request,
        membership,
        "campaign_form.html",
        status=422 if errors else 200,
        form=form,
        errors=errors,
        languages=forms.language_parts(form, errors),
        zones=forms.zones(),
        starts_at=forms.local(form.starts_at, form.time_zone),
        ends_at=forms.local(form.ends_at, form.time_zone),
        goal=request.POST.get("goal", form.goal or ""),
        population=request.POST.get("population", form.population or ""),
        is_own=bool(form.target_url),
        consents=_consents(campaign) if campaign else [],
        asks=[("no", _("no")), ("optional", _("yes, but they may leave it out")), ("required", _("yes, required"))],
        tab="settings",
        **(frame(campaign) if campaign else {"campaign": None, "phase": None}),
    )


def _consents(campaign: Campaign) -> list[tuple[str, str, str]]:
    names = dict(settings.LANGUAGES)
    return [(code, names[code], words) for code, words in queries.consent(campaign).texts.items()]


def frame(campaign: Campaign) -> dict[str, Any]:
    """Return what the head of every page of a campaign shows."""
    phase = rules.phase(campaign, timezone.now())
    return {
        "campaign": campaign,
        "phase": phase,
        "chip": sentences.chip(campaign, phase, timezone.now()),
        "campaign_address": addresses.campaign_page(campaign.slug),
        "proposed_steps": [alarm_words.followed(decision) for decision in alarms.proposed(campaign)],
        "ringing": [alarm_words.name(alarm.watch) for alarm in alarms.ringing(campaign)],
        "steps": {step.value for step in Step if rules.may_follow(campaign.in_force, step)},
    }


@require_GET
@of_campaign(Verb.LOOK)
def preview(request: HttpRequest, membership: Membership, campaign: Campaign) -> HttpResponse:
    """Show what participants will see, beside the button that publishes."""
    names = dict(settings.LANGUAGES)
    others = [(code, names[code]) for code in campaign.languages[1:]]
    gaps = checklist.gaps(campaign) if campaign.status == Status.DRAFT else []
    return page(
        request,
        membership,
        "preview.html",
        tab="preview",
        others=others,
        gaps=gaps,
        may_publish=not any(gap.is_needed for gap in gaps) and (not gaps or membership.may(Verb.MANAGE)),
        **frame(campaign),
    )


@require_GET
@of_campaign(Verb.LOOK)
def shown(request: HttpRequest, _membership: Membership, campaign: Campaign) -> HttpResponse:
    """Return the campaign's page itself as people will see it, draft or not."""
    asked = request.GET.get("language", "")
    with translation.override(asked if asked in campaign.languages else campaign.languages[0]):
        return join.preview(request, campaign)


@require_GET
@of_campaign(Verb.EDIT)
def stop(request: HttpRequest, membership: Membership, campaign: Campaign) -> HttpResponse:
    """Say what stopping means, before it is done."""
    return page(request, membership, "stop.html", people=participants.total(campaign), **frame(campaign))


def _to(rung: str) -> Callable[..., object]:
    return partial(decisions.take, rung=rung)


def _publish(request: HttpRequest) -> Callable[..., Campaign]:
    return partial(launch.publish, reason=request.POST.get("reason", ""))


@require_POST
@of_campaign(Verb.EDIT)
def step(request: HttpRequest, membership: Membership, campaign: Campaign, name: str) -> HttpResponseBase:
    """Publish, pause or resume."""
    act = {"publish": _publish(request), "pause": _to("hold"), "resume": _to("watch")}[name]
    done = {
        "publish": _("Published. Pass the first link on."),
        "pause": _("Paused. Links show a page that says so; nobody can join."),
        "resume": _("It is running again."),
    }[name]
    try:
        act(membership=membership, slug=campaign.slug)
    except UserErrors as refused:
        messages.error(request, refused.message)
        return redirect("console:preview", membership.brand.slug, campaign.slug)
    except UserError as refused:
        messages.error(request, refused.message)
        return redirect("console:preview", membership.brand.slug, campaign.slug)
    except OnTheBrake as late:
        messages.warning(request, late.message)
        return redirect("console:steer", membership.brand.slug, campaign.slug)
    messages.success(request, done)
    return redirect("console:live", membership.brand.slug, campaign.slug)
