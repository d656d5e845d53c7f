"""The terms of a reward's rule as browsers send them, and back again. Money is written in major units there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sebar.campaigns.models import Campaign
from sebar.console import forms
from sebar.kit import text
from sebar.kit.errors import UserError, UserErrors
from sebar.kit.money import minor_digits
from sebar.kit.words import gettext_noop
from sebar.pages import words
from sebar.rewards import rules
from sebar.rewards.rules import Terms, What, Who

_MOST_DIGITS: Final = 15
_NUMBER: Final = re.compile(r"(\d{1,3}(?:[.,  ]\d{3})+|\d+)(?:[.,](\d{1,2}))?")


def entered_of(terms: Terms, campaign: Campaign) -> dict[str, str]:
    """Return terms as the form holds them."""
    is_money = terms.what == What.MONEY

    def shown(value: int | None) -> str:
        if value is None:
            return ""
        return major(value, terms.currency) if is_money else str(value)

    return {
        "name": terms.name,
        "kind": terms.kind,
        "trigger": terms.trigger,
        "who": terms.who,
        "what": terms.what if terms.is_granting else What.POINTS.value,
        "amount": shown(terms.amount),
        "currency": terms.currency or "IDR",
        "hold_days": str(terms.hold_days),
        "budget": shown(terms.budget),
        "milestone": str(terms.milestone or ""),
        "most": str(terms.most or ""),
        "by_month": "1" if terms.by_month else "",
        "address": terms.address,
        "pool": str(terms.pool or ""),
        **{f"labels.{language}": label for language, label in terms.labels.items()},
        "valid_from": forms.local(terms.valid_from, campaign.time_zone),
        "valid_to": forms.local(terms.valid_to, campaign.time_zone),
    }


def read(entered: Mapping[str, str], campaign: Campaign) -> Terms:
    """Return what was entered as terms, checked.

    Raises
    ------
    UserErrors
        With a sentence for every field that cannot be read or used.
    """
    wrong: list[UserError] = []

    def number(field: str, currency: str = "") -> int | None:
        try:
            return amount(entered, field, currency) if currency else count(entered, field)
        except UserError as error:
            wrong.append(error)
            return None

    def moment(field: str) -> datetime | None:
        given = entered.get(field, "").strip()
        try:
            return datetime.fromisoformat(given).replace(tzinfo=words.zone(campaign.time_zone)) if given else None
        except ValueError:
            message = gettext_noop("“{shown}” is no day and time: choose one from the calendar, or leave it empty.")
            wrong.append(UserError(message, field=field, shown=text.shown(given)))
            return None

    what = entered.get("what", What.POINTS.value)
    currency = entered.get("currency", "").strip().upper() or "IDR"
    money = currency if what == What.MONEY else ""
    terms = Terms(
        name=entered.get("name", ""),
        kind=entered.get("kind", ""),
        trigger=entered.get("trigger", ""),
        who=entered.get("who", Who.REFERRER.value),
        what=what,
        amount=number("amount", money) or 0,
        currency=currency,
        hold_days=number("hold_days") or 0,
        budget=number("budget", money),
        milestone=number("milestone"),
        most=number("most"),
        by_month=bool(entered.get("by_month")),
        address=entered.get("address", ""),
        pool=number("pool"),
        labels={language: entered.get(f"labels.{language}", "") for language in campaign.languages},
        valid_from=moment("valid_from"),
        valid_to=moment("valid_to"),
    )
    try:
        checked = rules.check(terms)
    except UserErrors as errors:
        unread = {one.field for one in wrong}
        raise UserErrors([*wrong, *(one for one in errors.errors if one.field not in unread)]) from None
    if wrong:
        raise UserErrors(wrong)
    return checked


def amount(entered: Mapping[str, str], field: str, currency: str) -> int | None:
    """Return an amount of money as people write it, in minor units: 10.000 and 10,000 are ten thousand, 2.50 is not."""
    given = entered.get(field, "").strip()
    if not given:
        return None
    found = _NUMBER.fullmatch(given)
    if found is None or len(given) > _MOST_DIGITS:
        message = gettext_noop("“{shown}” is not an amount: write it like 25000 or 25.50.")
        raise UserError(message, field=field, shown=text.shown(given))
    digits = minor_digits(currency)
    whole, part = re.sub(r"\D", "", found[1]), (found[2] or "")[:digits]
    return int(whole + part.ljust(digits, "0"))


def major(value: int, currency: str) -> str:
    digits = minor_digits(currency)
    whole, part = divmod(value, 10**digits)
    return words.mark(f"{whole}.{part:0{digits}}") if part else str(whole)


def count(entered: Mapping[str, str], field: str) -> int | None:
    """Return a whole number as people write it, with points, commas or blanks between thousands."""
    given = entered.get(field, "").strip()
    digits = re.sub(r"[.,  ]", "", given)
    if not given:
        return None
    if not digits.isdecimal() or len(digits) > _MOST_DIGITS:
        message = gettext_noop("“{shown}” is not a whole number: write it like 1000.")
        raise UserError(message, field=field, shown=text.shown(given))
    return int(digits)
