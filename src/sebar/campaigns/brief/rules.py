"""What a brief may hold, and what one needs before its campaign is published. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from sebar.kit import text
from sebar.kit.errors import Checks, UserError
from sebar.kit.words import gettext_noop

LENGTH: Final = 2000
RISK_LENGTH: Final = 500
MOST_RISKS: Final = 20
MOST_MONEY: Final = 10**15
TEXTS: Final = (
    "objective",
    "audience",
    "positioning",
    "success",
    "harm",
    "decides",
    "consent_basis",
    "ages",
    "sharing_rewards",
    "prize_draw",
)
NEEDED: Final = ("objective", "audience", "positioning", "success", "harm", "decides", "consent_basis", "ages")
"""The texts that every campaign needs; rewards and draws are only asked about where there are any."""
_CURRENCY: Final = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True, slots=True)
class Risk:
    """What may go wrong, and what is done then."""

    what: str
    answer: str


@dataclass(frozen=True, kw_only=True, slots=True)
class BriefForm:
    """A brief as a person or program writes it. `check` makes it fit to be stored.

    Attributes
    ----------
    objective, audience
        What the campaign is for, and whom it is meant to reach.
    positioning
        How it fits the brand's strategy and culture, and in which tone it speaks.
    success, harm
        What would count as each.
    decides
        Who may change, pause or stop it.
    budget, currency
        In minor units of an ISO 4217 currency; None while nobody has said it.
    risks
        What may go wrong, each with an answer.
    consent_basis, ages
        On what ground people's data are kept, and how old people must be.
    sharing_rewards, prize_draw
        What the law says about rewards for passing on; the permit of a draw and its free way in.
    """

    objective: str = ""
    audience: str = ""
    positioning: str = ""
    success: str = ""
    harm: str = ""
    decides: str = ""
    budget: int | None = None
    currency: str = ""
    risks: Sequence[Risk] = ()
    consent_basis: str = ""
    ages: str = ""
    sharing_rewards: str = ""
    prize_draw: str = ""


def check(form: BriefForm) -> BriefForm:
    """Return the brief, tidied; what is still empty stays so.

    Raises
    ------
    UserErrors
        With one sentence for every field that cannot be used.
    """
    checks = Checks()
    texts = {name: checks(text.paragraphs, getattr(form, name), field=name, most=LENGTH) for name in TEXTS}
    checks(_budget, form.budget)
    currency = checks(_currency, form.currency.strip().upper(), form.budget is not None)
    risks = [_risk(checks, place, risk) for place, risk in enumerate(form.risks)]
    checks(_few, risks)
    checks.finish()
    kept = tuple(risk for risk in risks if risk.what or risk.answer)
    return replace(form, **texts, currency=currency if form.budget is not None else "", risks=kept)


def missing(form: BriefForm) -> list[str]:
    """Return the fields that every campaign needs and that are empty, or `risks` where one has no answer."""
    found = [name for name in NEEDED if not getattr(form, name)]
    if form.budget is None:
        found.append("budget")
    if not form.risks or any(not (risk.what and risk.answer) for risk in form.risks):
        found.append("risks")
    return found


def _budget(given: int | None) -> int | None:
    if given is not None and not 0 <= given <= MOST_MONEY:
        raise UserError(gettext_noop("The budget is out of bounds: write an amount of 0 or more."), field="budget")
    return given


def _currency(given: str, is_needed: bool) -> str:
    if is_needed and not _CURRENCY.fullmatch(given):
        raise UserError(
            gettext_noop("“{shown}” is not a currency: write its three letters, like IDR."),
            field="currency",
            shown=text.shown(given),
        )
    return given


def _risk(checks: Checks, place: int, risk: Risk) -> Risk:
    what = checks(text.paragraphs, risk.what, field=f"risks.{place}.what", most=RISK_LENGTH)
    answer = checks(text.paragraphs, risk.answer, field=f"risks.{place}.answer", most=RISK_LENGTH)
    return Risk(what, answer)


def _few(risks: list[Risk]) -> list[Risk]:
    if len(risks) > MOST_RISKS:
        raise UserError(
            gettext_noop("There are {count} risks; at most {most} fit on the page."),
            field="risks",
            count=len(risks),
            most=MOST_RISKS,
        )
    return risks
