"""Numbers, times and ranges as people write them, in English and Indonesian.

Formatting happens here, on the server, and nowhere else: browsers and libraries disagree about rupiah and clocks.
"""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from sebar.kit.money import minor_digits, shown_digits, sign

_ALMOST = 0.95  # from here on, and below the other one, tenths would say too much
_HARDLY = 0.05
_MONTHS = {
    "en": ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
    "id": ["Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des"],
}
_WEEKDAYS = {
    "en": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
    "id": ["Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu"],
}
_SHORT = {
    "en": ((1e9, "B"), (1e6, "M"), (1e3, "K")),
    "id": ((1e9, "\u00a0M"), (1e6, "\u00a0jt"), (1e3, "\u00a0rb")),
}
_INDONESIAN_MARKS = str.maketrans(",.", ".,")
_LONGEST_SMALL = 10_000
_DAYS_FROM = 48 * 3600


def speech() -> str:
    """Return the language numbers are written in: ``"id"`` or ``"en"``."""
    return "id" if (translation.get_language() or "").startswith("id") else "en"


def mark(number: str) -> str:
    """Return a number that was written like ``1,234.5`` with the marks of the language: ``1.234,5``."""
    return number.translate(_INDONESIAN_MARKS) if speech() == "id" else number


def typed(value: float) -> str:
    """Return a number as people type it into a field, ``12.5`` or ``12,5``: without marks between thousands."""
    return mark(f"{value:.12g}")


def number(value: float, digits: int = 0) -> str:
    """Return ``1,234.5`` or ``1.234,5``; a true minus sign before what is below zero."""
    text = mark(f"{abs(value):,.{digits}f}")
    return f"−{text}" if value < 0 and float(f"{abs(value):.{digits}f}") else text


def short(value: float) -> str:
    """Return a number that fits a tile, like ``12.3K`` or ``12,3 rb``; below ten thousand it stays exact."""
    if abs(value) < _LONGEST_SMALL:
        return number(value)
    size, unit = next((size, unit) for size, unit in _SHORT[speech()] if abs(value) >= size)
    scaled = value / size
    return number(scaled, 0 if abs(scaled) >= 100 else 1) + unit  # noqa: PLR2004 - three digits are enough


def percent(share: float) -> str:
    """Return a share of one as ``42%``; what is small but not nothing as ``<1%``."""
    if 0 < share < 0.01:  # noqa: PLR2004 - one percent
        return "<1%"
    return f"{number(share * 100)}%"


def digits_of(low: float, high: float) -> int:
    """Return how many decimals a figure deserves: down to the second significant digit of its range's width."""
    width = high - low
    if width <= 0:
        return 2
    return min(max(1 - math.floor(math.log10(width)), 0), 3)


def decimals(least: float) -> int:
    """Return with how many decimals, two or more, a number is told, so that what is more than 0 does not read 0."""
    return next((count for count in (2, 3) if round(least, count) > 0), 4)


def span(low: float, high: float, digits: int) -> str:
    """Return a range: an en dash between, or a word where a minus sign would be misread."""
    first, last = number(low, digits), number(high, digits)
    return between(first, last) if low < 0 else f"{first}–{last}"


def between(first: str, last: str) -> str:
    """Return a range of what is written already, as ``−1 to 2``."""
    return _("%(first)s to %(last)s") % {"first": first, "last": last}


def about(count: float) -> str:
    """Return a count of which only so much is known: rounded to its second significant digit."""
    return number(float(f"{count:.2g}"))


def rounded(low: float, high: float, least: float = 0) -> tuple[float, float]:
    """Return the ends of a range of counts rounded outwards, the low one never below `least`.

    To the second significant digit of the range's width, and where an end is smaller than that, to that of its own.
    """
    width = high - low
    below, above = (10.0 ** max(math.floor(math.log10(max(min(width, end), 1))) - 1, 0) for end in (low, high))
    return max(math.floor(low / below) * below, least), math.ceil(high / above) * above


def chance(share: float) -> str:
    """Return a chance in words with its number: ``very likely (9 in 10)``. The word is that of the number shown."""
    shown = share if share >= _ALMOST or share < _HARDLY else round(share, 1)
    scale = (
        (_ALMOST, pgettext("chance", "almost certain")),
        (0.8, pgettext("chance", "very likely")),
        (0.6, pgettext("chance", "likely")),
        (0.4, pgettext("chance", "open")),
        (0.2, pgettext("chance", "unlikely")),
        (_HARDLY, pgettext("chance", "very unlikely")),
    )
    word = next((word for least, word in scale if shown >= least), pgettext("chance", "hardly"))
    return f"{word} ({tenths(share)})"


def tenths(share: float) -> str:
    """Return a chance as ``6 in 10``, near its ends as ``>95%`` or ``<5%``."""
    if share >= _ALMOST:
        return ">95%"
    if share < _HARDLY:
        return "<5%"
    return _("%(number)s in 10") % {"number": min(max(round(share * 10), 1), 9)}


def zone(name: str) -> tzinfo:
    """Return the time zone a campaign is told in."""
    return ZoneInfo(name)


def day(when: date) -> str:
    """Return ``23 Nov``."""
    return f"{when.day} {_MONTHS[speech()][when.month - 1]}"


def full_day(when: date) -> str:
    """Return ``23 Nov 2026``."""
    return f"{day(when)} {when.year}"


def weekday(when: date) -> str:
    """Return ``Sunday, 29 Nov``."""
    return f"{_WEEKDAYS[speech()][when.weekday()]}, {day(when)}"


def clock(when: datetime, *, seconds: bool = False) -> str:
    """Return ``14:32`` in English, ``14.32`` in Indonesian."""
    mark = "." if speech() == "id" else ":"
    return when.strftime(f"%H{mark}%M{mark}%S" if seconds else f"%H{mark}%M")


def moment(when: datetime, *, seconds: bool = False) -> str:
    """Return ``23 Nov 2026, 14:32 WIB``: the zone is always named."""
    return f"{full_day(when)}, {clock(when, seconds=seconds)} {when.tzname()}"


def days(first: date, last: date) -> str:
    """Return ``20–22 Nov``, ``28 Nov – 2 Dec`` or one day; with the years where they differ."""
    if first == last:
        return day(first)
    if first.year != last.year:
        return f"{full_day(first)} – {full_day(last)}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{day(last)}"
    return f"{day(first)} – {day(last)}"


def duration(seconds: float) -> str:
    """Return ``45 s``, ``12 min``, ``5.2 h`` or ``3.4 days``."""
    if seconds < 90:  # noqa: PLR2004 - what people still count in seconds
        return _("%(number)s s") % {"number": number(seconds)}
    if seconds < 90 * 60:
        return _("%(number)s min") % {"number": number(seconds / 60)}
    if seconds < _DAYS_FROM:
        return _("%(number)s h") % {"number": _brief(seconds / 3600)}
    return _("%(number)s days") % {"number": _brief(seconds / 86400)}


def age(seconds: int) -> str:
    """Return a round length of time by its largest whole unit: ``15 min``, ``1 h``, ``2 days``."""
    if seconds % 86400 == 0:
        return ngettext("%(count)s day", "%(count)s days", seconds // 86400) % {"count": number(seconds // 86400)}
    if seconds % 3600 == 0:
        return _("%(number)s h") % {"number": number(seconds // 3600)}
    return _("%(number)s min") % {"number": number(seconds / 60)}


def _brief(value: float) -> str:
    return number(value, 0 if round(value, 1) == round(value) else 1)


def people(count: int) -> str:
    """Return ``1 person`` or ``1,234 people``."""
    return ngettext("%(count)s person", "%(count)s people", count) % {"count": number(count)}


def seeds(count: int) -> str:
    """Return ``1 seed`` or ``1,234 seeds``."""
    return ngettext("%(count)s seed", "%(count)s seeds", count) % {"count": number(count)}


def growth(low: float, high: float) -> str:
    """Return in words what a range of R means: below, across or above one."""
    if high < 1:
        return _("it grows only while you add seeds")
    if low > 1:
        return _("it grows by itself")
    return _("it may or may not grow by itself")


def times_between(first: datetime, last: datetime, most: int) -> list[datetime]:
    """Return round moments between two, at most `most`: midnights, or hours of one zone when it is a short while."""
    width = last - first
    for step_hours in (1, 3, 6, 12):
        if width <= timedelta(hours=step_hours * most):
            return _round_hours(first, last, step_hours)
    step_days = next(step for step in (1, 2, 3, 7, 14, 30, 91, 182, 365, 3650) if width <= timedelta(days=step * most))
    midnight = first.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    found = []
    while midnight <= last:
        found.append(midnight)
        midnight += timedelta(days=step_days)
    return found


def _round_hours(first: datetime, last: datetime, step: int) -> list[datetime]:
    when = first.replace(hour=first.hour - first.hour % step, minute=0, second=0, microsecond=0)
    found = []
    while when <= last:
        if when >= first:
            found.append(when)
        when += timedelta(hours=step)
    return found


def tick(when: datetime, *, year: bool = False) -> str:
    """Return a moment's label under a chart: the day at midnight, else the hour; with the year where it may differ."""
    if when.hour or when.minute:
        return clock(when)
    return full_day(when) if year else day(when)


def money(value: int, currency: str) -> str:
    """Return an amount given in minor units: ``$1,234.50``, ``EUR 12.00``, ``Rp1,250,000``."""
    digits = shown_digits(currency)
    whole = round(value / 10 ** minor_digits(currency), digits)
    sign_of = "US$" if currency == "USD" and speech() == "id" else sign(currency)
    return f"{sign_of}{number(whole, digits)}"
