"""Numbers and times as people write them, in both languages."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from sebar.pages import words

NOON = datetime(2026, 11, 23, 7, 32, 7, tzinfo=UTC).astimezone(words.zone("Asia/Jakarta"))


@pytest.mark.parametrize(
    ("value", "digits", "english", "indonesian"),
    [
        (1234.5, 1, "1,234.5", "1.234,5"),
        (0, 0, "0", "0"),
        (-0.04, 1, "0.0", "0,0"),
        (-12, 0, "−12", "−12"),
        (1_000_000, 0, "1,000,000", "1.000.000"),
    ],
)
def test_numbers(value: float, digits: int, english: str, indonesian: str) -> None:
    with translation.override("en"):
        assert words.number(value, digits) == english
    with translation.override("id"):
        assert words.number(value, digits) == indonesian


@pytest.mark.parametrize(
    ("value", "english", "indonesian"),
    [
        (9999, "9,999", "9.999"),
        (12_345, "12.3K", "12,3\u00a0rb"),
        (2_300_000, "2.3M", "2,3\u00a0jt"),
        (120_000, "120K", "120\u00a0rb"),
    ],
)
def test_short_numbers(value: int, english: str, indonesian: str) -> None:
    with translation.override("en"):
        assert words.short(value) == english
    with translation.override("id"):
        assert words.short(value) == indonesian


def test_moments_name_their_zone_and_use_the_clock_of_the_language() -> None:
    with translation.override("en"):
        assert words.moment(NOON) == "23 Nov 2026, 14:32 WIB"
        assert words.clock(NOON, seconds=True) == "14:32:07"
    with translation.override("id"):
        assert words.moment(NOON) == "23 Nov 2026, 14.32 WIB"


def test_ranges_of_days() -> None:
    assert words.days(date(2026, 11, 20), date(2026, 11, 20)) == "20 Nov"
    assert words.days(date(2026, 11, 20), date(2026, 11, 22)) == "20–22 Nov"
    assert words.days(date(2026, 11, 28), date(2026, 12, 2)) == "28 Nov – 2 Dec"
    assert words.days(date(2025, 11, 28), date(2026, 12, 2)) == "28 Nov 2025 – 2 Dec 2026"


def test_labels_under_charts_name_the_year_where_it_may_differ() -> None:
    midnight = datetime(2026, 2, 28, tzinfo=UTC)
    assert words.tick(midnight) == "28 Feb"
    assert words.tick(midnight, year=True) == "28 Feb 2026"
    assert words.tick(midnight.replace(hour=6), year=True) == "06:00"


@pytest.mark.parametrize(("share", "shown"), [(0, "0%"), (0.004, "<1%"), (0.42, "42%"), (1, "100%")])
def test_shares(share: float, shown: str) -> None:
    assert words.percent(share) == shown


@pytest.mark.parametrize(
    ("low", "high", "digits"), [(0.35, 0.51, 2), (0.2, 1.6, 1), (31_000, 38_000, 0), (0.5, 0.5, 2)]
)
def test_a_figure_has_no_more_digits_than_its_range_deserves(low: float, high: float, digits: int) -> None:
    assert words.digits_of(low, high) == digits


@pytest.mark.parametrize(
    ("seconds", "shown"), [(45, "45 s"), (720, "12 min"), (18_720, "5.2 h"), (7200, "2 h"), (293_760, "3.4 days")]
)
def test_lengths_of_time(seconds: float, shown: str) -> None:
    assert words.duration(seconds) == shown


@pytest.mark.parametrize(
    ("low", "high", "meaning"),
    [
        (0.2, 0.9, "it grows only while you add seeds"),
        (0.8, 1.2, "it may or may not grow by itself"),
        (1.1, 1.4, "it grows by itself"),
    ],
)
def test_what_a_range_of_r_means(low: float, high: float, meaning: str) -> None:
    assert words.growth(low, high) == meaning


@pytest.mark.parametrize(
    ("value", "currency", "shown"),
    [
        (4_500_000, "IDR", "Rp45,000"),
        (123_450, "USD", "$1,234.50"),
        (1200, "EUR", "EUR 12.00"),
        (500, "JPY", "JPY 500"),
    ],
)
def test_money(value: int, currency: str, shown: str) -> None:
    assert words.money(value, currency) == shown


@given(st.timedeltas(timedelta(0), timedelta(days=3000)), st.timedeltas(timedelta(minutes=1), timedelta(days=3000)))
def test_labels_of_an_axis_are_few_and_lie_on_it(after: timedelta, width: timedelta) -> None:
    first = NOON + after
    found = words.times_between(first, first + width, 6)
    assert len(found) <= 7
    assert all(first <= moment <= first + width for moment in found)


@pytest.mark.parametrize(
    ("share", "words_of_it"),
    [
        (0.99, "almost certain (>95%)"),
        (0.88, "very likely (9 in 10)"),
        (0.61, "likely (6 in 10)"),
        (0.5, "open (5 in 10)"),
        (0.37, "open (4 in 10)"),
        (0.2, "unlikely (2 in 10)"),
        (0.06, "very unlikely (1 in 10)"),
        (0.01, "hardly (<5%)"),
    ],
)
def test_chances_are_words_with_their_number(share: float, words_of_it: str) -> None:
    assert words.chance(share) == words_of_it


def test_ranges_of_counts_are_rounded_outwards_to_what_their_width_deserves() -> None:
    assert words.rounded(3217, 7894) == (3200, 7900)
    assert words.rounded(14_433, 15_377) == (14_430, 15_380)
    assert words.rounded(17, 19) == (17, 19)
    assert words.rounded(12, 12) == (12, 12)
    assert words.rounded(73, 3567) == (73, 3600)
    assert words.rounded(0, 3567) == (0, 3600)
    assert words.rounded(19_844, 48_210, least=19_840) == (19_840, 49_000)


@given(st.floats(0, 1e12), st.floats(0, 1e12), st.floats(0, 1))
def test_a_rounded_range_holds_the_range_and_never_begins_below_what_is_counted(
    one: float, other: float, share: float
) -> None:
    low, high = sorted((one, other))
    least = low * share
    first, last = words.rounded(low, high, least)
    assert least <= first <= low
    assert last >= high
    assert first >= 0.9 * low - 1
    assert last <= 1.1 * high + 1


def test_days_of_the_week_have_names_in_both_languages() -> None:
    sunday = date(2026, 11, 29)
    assert words.weekday(sunday) == "Sunday, 29 Nov"
    with translation.override("id"):
        assert words.weekday(sunday) == "Minggu, 29 Nov"


@pytest.mark.parametrize(("least", "count"), [(0.13, 2), (0.006, 2), (0.004, 3), (0.0002, 4)])
def test_what_is_surely_more_than_nothing_does_not_read_nothing(least: float, count: int) -> None:
    assert words.decimals(least) == count
