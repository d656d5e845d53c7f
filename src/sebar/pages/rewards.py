"""Rewards in words, for participants and members alike."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from sebar.pages import words
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
