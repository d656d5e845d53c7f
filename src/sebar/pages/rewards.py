"""Rewards in words, for participants and members alike."""

from __future__ import annotations

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from sebar.pages import words
from sebar.rewards.models import RewardRule
from sebar.rewards.rules import What


def amount(value: int, unit: str) -> str:
    """Return so much of a unit in words."""
    n = words.number(abs(value))
    sign = "−" if value < 0 else ""
    named = {
        What.POINTS.value: ngettext("%(n)s point", "%(n)s points", value),
        What.TICKETS.value: ngettext("%(n)s ticket", "%(n)s tickets", value),
        What.COUPON.value: ngettext("%(n)s coupon", "%(n)s coupons", value),
        What.UNLOCK.value: _("unlocked content"),
    }
    return sign + (named[unit] % {"n": n} if unit in named else words.money(abs(value), unit))


def described(rule: RewardRule) -> str:
    """Return what one reward of a rule is in words, with what the brand calls it in the reader's language."""
    what = amount(rule.amount, rule.unit)
    label = rule.labels.get(get_language() or "") or next(iter(rule.labels.values()), "")
    return _("%(what)s (%(label)s)") % {"what": what, "label": label} if label else what
