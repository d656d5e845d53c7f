"""Tags and filters, built into every template."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import Any

from django import template
from django.utils import timezone, translation
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from sebar import channels
from sebar.kit import codes
from sebar.pages import charts, words
from sebar.rewards.draws import queries as draws
from sebar.rewards.draws.models import Draw

register = template.Library()

register.filter("short", words.short)
register.filter("percent", words.percent)
register.filter("people", words.people)
register.filter("seeds", words.seeds)
register.filter("channel", channels.title)
register.filter("code", codes.spell)
register.filter("grouped", codes.grouped)


@register.filter
def said(sentence: str) -> str:
    """Return a sentence of ours in the reader's language. Django's own tag finds none that has a “%” in it."""
    return _(sentence)


@register.filter
def number(value: float, digits: int = 0) -> str:
    """Return the number with its separators."""
    return words.number(value, digits)


@register.filter
def lasting(value: timedelta | float) -> str:
    """Return a length of time in words."""
    return words.duration(value.total_seconds() if isinstance(value, timedelta) else float(value))


@register.filter
def day(value: date) -> str:
    """Return the day without its year."""
    return words.day(value)


@register.filter
def local_day(value: datetime, zone: str) -> str:
    """Return the day a moment falls on in a zone, with its year unless it is this one."""
    return _day(value.astimezone(words.zone(zone)))


@register.filter
def moment(value: datetime, zone: str = "UTC") -> str:
    """Return day, time and zone."""
    return words.moment(value.astimezone(words.zone(zone)))


@register.filter
def brief_moment(value: datetime, zone: str = "UTC") -> str:
    """Return day and time, with the year unless it is this one; the page says the zone once."""
    local = value.astimezone(words.zone(zone))
    return f"{_day(local)}, {words.clock(local)}"


def _day(local: datetime) -> str:
    return words.day(local) if local.year == timezone.now().astimezone(local.tzinfo).year else words.full_day(local)


@register.filter
def clock(value: datetime, zone: str = "UTC") -> str:
    """Return the time of day with seconds and zone."""
    local = value.astimezone(words.zone(zone))
    return f"{words.clock(local, seconds=True)} {local.tzname()}"


@register.simple_tag
def bar(part: float, whole: float, css: str = "one") -> SafeString:
    """Return the rectangle of a bar in a table."""
    return format_html('<rect class="{}" width="{}" height="12" rx="1.5"/>', css, charts.bar(part, whole))


@register.filter
def age(seconds: str) -> str:
    """Return a tick of a time tree: how long after the beginning."""
    return words.age(int(seconds))


@register.filter
def money(value: int, currency: str) -> str:
    """Return an amount in minor units with its currency."""
    return words.money(value, currency)


@register.filter
def compact(value: Any) -> str:
    """Return numbers and texts as JSON without spaces, for a `data-` attribute; the template escapes it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


@register.filter
def role(value: str) -> str:
    """Return what a member's role is called."""
    return {"owner": _("Owner"), "editor": _("Editor"), "viewer": _("Viewer")}.get(value, value)


@register.filter
def prizes(draw: Draw) -> list[tuple[str, int]]:
    """Return the prizes of a draw, each as the reader's language calls it, and how many there are."""
    return [(one.said(translation.get_language()), one.count) for one in draws.prizes_of(draw)]


@register.filter
def prize(draw: Draw, place: int) -> str:
    """Return what the prize of a place in a draw is called in the reader's language."""
    return draws.prize_at(draw, place).said(translation.get_language())
