"""The brief of a campaign: readable on one page, and the form that writes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from sebar.brands import audit
from sebar.brands.queries import Membership
from sebar.brands.rules import Verb
from sebar.campaigns.brief import actions, queries, rules
from sebar.campaigns.brief.rules import BriefForm, Risk
from sebar.campaigns.models import Campaign, Status
from sebar.console import reward_terms
from sebar.console.access import of_campaign, page
from sebar.console.campaigns import frame
from sebar.kit.errors import UserError, UserErrors
from sebar.launch import queries as checklist

_MORE_RISKS: Final = 3
_CURRENCIES: Final = ("IDR", "USD", "EUR", "SGD", "MYR")


@dataclass(frozen=True)
class Line:
    """One text of the brief: how it is called, what helps to write it, what it says, and what is wrong with it."""

    name: str
    label: str
    hint: str
    value: str
    error: str


@require_GET
@of_campaign(Verb.LOOK)
def brief(request: HttpRequest, membership: Membership, campaign: Campaign) -> HttpResponse:
    """Show the brief on one page, as it is printed too, and what is still missing."""
    form = queries.form_of(campaign)
    return page(
        request,
        membership,
        "brief.html",
        tab="brief",
        form=form,
        written_at=queries.written_at(campaign),
        sections=_sections(form, {}),
        gaps=checklist.gaps(campaign),
        is_draft=campaign.status == Status.DRAFT,
        published=[
            (one, [checklist.said(key) for key in one.details.get("gaps", [])])
            for one in audit.entries(membership, subject=campaign.slug)
            if one.verb == "campaign.published"
        ],
        begun=[
            (one, one.verb == "prize_draw.begun", [checklist.said(key) for key in one.details.get("gaps", [])])
            for one in audit.entries(membership, subject=campaign.slug)
            if one.verb in {"sharing_rewards.begun", "prize_draw.begun"}
        ],
        **frame(campaign),
    )


@require_http_methods(["GET", "POST"])
@of_campaign(Verb.EDIT)
def edit(request: HttpRequest, membership: Membership, campaign: Campaign) -> HttpResponseBase:
    """Write the brief. Nothing is needed to keep it; the checklist says what is needed to publish."""
    form, errors = queries.form_of(campaign), dict[str, str]()
    budget = reward_terms.major(form.budget, form.currency) if form.budget is not None else ""
    if request.method == "POST":
        form, budget, errors = _read(request.POST)
        try:
            if not errors:
                actions.write(membership=membership, slug=campaign.slug, form=form)
                return redirect("console:brief", membership.brand.slug, campaign.slug)
        except UserErrors as refused:
            errors = refused.by_field()
    blanks = [Risk("", "")] * min(_MORE_RISKS, rules.MOST_RISKS - len(form.risks))
    return page(
        request,
        membership,
        "brief_form.html",
        status=422 if errors else 200,
        tab="brief",
        written_at=queries.written_at(campaign),
        sections=_sections(form, errors),
        risks=[*form.risks, *blanks],
        budget=budget,
        currency=form.currency or _CURRENCIES[0],
        currencies=list(dict.fromkeys([*_CURRENCIES, form.currency or _CURRENCIES[0]])),
        errors=errors,
        **frame(campaign),
    )


def _read(sent: QueryDict) -> tuple[BriefForm, str, dict[str, str]]:
    """Return what was sent, the budget as it was typed, and what could not be read of it."""
    typed, currency = sent.get("budget", ""), sent.get("currency", "").strip().upper()[:3]
    errors: dict[str, str] = {}
    try:
        budget = reward_terms.amount({"budget": typed}, "budget", currency)
    except UserError as error:
        budget, errors = None, {"budget": error.message}
    risks = [Risk(what, answer) for what, answer in zip(sent.getlist("risk"), sent.getlist("answer"), strict=False)]
    texts: Mapping[str, Any] = {name: sent.get(name, "") for name in rules.TEXTS}
    kept = [risk for risk in risks if risk.what.strip() or risk.answer.strip()]
    return BriefForm(**texts, budget=budget, currency=currency, risks=kept), typed, errors


def _sections(form: BriefForm, errors: Mapping[str, str]) -> list[tuple[str, list[Line]]]:
    """Return the texts of the brief under their headings."""
    return [
        (heading, [Line(name, *words[name], getattr(form, name), errors.get(name, "")) for name in names])
        for words in (_words(),)
        for heading, names in (
            (_("What for"), ("objective", "audience", "positioning")),
            (_("What counts"), ("success", "harm", "decides")),
            (_("Legal"), ("consent_basis", "ages", "sharing_rewards", "prize_draw")),
        )
    ]


def _words() -> dict[str, tuple[str, str]]:
    return {
        "objective": (_("Objective"), _("What should be different afterwards?")),
        "audience": (_("Audience"), _("Whom should it reach, and why would they pass it on?")),
        "positioning": (
            _("Positioning and tone"),
            _("How does it fit the brand’s strategy and culture? How does it speak?"),
        ),
        "success": (_("Success"), _("From which figures on do you call it one?")),
        "harm": (_("Harm"), _("What must not happen? From when on is it stopped?")),
        "decides": (_("Who decides"), _("Who may pause or stop it, also at night?")),
        "consent_basis": (_("Consent"), _("On what ground are people’s data kept?")),
        "ages": (_("Ages"), _("How old must people be, and how is that kept?")),
        "sharing_rewards": (
            _("Rewards for sharing"),
            _("Only with rewards: what must people be told, and who pays tax?"),
        ),
        "prize_draw": (_("Prize draw"), _("Only with a draw: its permit, and the free way in with equal odds.")),
    }
