"""Words and classes: what is found, what is kept of a mention, and what is refused with which words."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sebar.channels.kinds.buzz import rules
from sebar.channels.kinds.buzz.rules import Heard, Label, Words
from sebar.kit.errors import UserError, UserErrors

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
TEXTS = st.text(max_size=300)


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("Kopi Senja", "saya di KOPI  SENJA sekarang"),
        ("kopi senja", "Kopi\nSenja!"),
        ("kopisenja.id", "lihat https://www.kopisenja.id/menu"),
        ("#kopisenja", "enak #KopiSenja"),
        ("kecewa*", "kecewakan sekali"),
        ("*bosan*", "membosankan"),
        ("café", "CAFE\u0301 ini"),
        ("kopi", "ｋｏｐｉ enak"),
        ("咖啡", "我喝咖啡吧"),
        ("กาแฟ", "ฉันชอบกาแฟมาก"),
        ("😡", "antre 😡😡"),
        ("C++", "saya suka C++."),
        ("50 %", "diskon 50  %"),
    ],
)
def test_what_is_found(word: str, said: str) -> None:
    assert Words([word]).are_in(said)


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("kopi", "kopian"),
        ("kopi", "fotokopi"),
        ("kopisenja.id", "https://notkopisenja.id/"),
        ("ros", "rosé"),
        ("bosan*", "membosankan"),
        ("kopi senja", "kopi di senja"),
        (".*", "apa saja"),
        ("1", "2018"),
    ],
)
def test_what_is_not_found(word: str, said: str) -> None:
    assert not Words([word]).are_in(said)


def test_no_words_find_everything() -> None:
    assert Words([]).are_in("")


@given(TEXTS, st.lists(st.text(min_size=1, max_size=20), max_size=5))
def test_looking_for_words_never_fails(said: str, words: list[str]) -> None:
    Words(rules.parted(",".join(words))).are_in(said)


@given(st.text(st.characters(categories=["L"]), min_size=1, max_size=20), TEXTS, TEXTS)
def test_a_word_with_air_around_it_is_found_anywhere(word: str, before: str, after: str) -> None:
    assume(word.upper().casefold() == word.casefold())  # true of all but a few letters, like the dotless i
    assert Words([word]).are_in(f"{before} {word.upper()} {after}")


def test_the_gravest_rule_counts() -> None:
    by_rule = rules.together(
        [("positive", ["enak"]), ("complaint", ["basi"]), ("negative", ["mahal"]), ("positive", ["top"])]
    )
    assert rules.classify("enak tapi mahal", by_rule) is Label.NEGATIVE
    assert rules.classify("mahal dan basi", by_rule) is Label.COMPLAINT
    assert rules.classify("top", by_rule) is Label.POSITIVE
    assert rules.classify("biasa", by_rule) is Label.UNCLASSED


def test_words_are_parted_by_commas_and_lines_each_once() -> None:
    assert rules.parted(" kopi   senja, ,enak\r\nkopi senja\n*\n**, mantap* ") == ["kopi senja", "enak", "mantap*"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "at least one word"),
        (["a"], "nearly everywhere"),
        (["a*"], "nearly everywhere"),
        (["x" * 61], "at most 60"),
        ([f"word{number}" for number in range(51)], "at most 50"),
        (["kopi\0"], "cannot be shown"),
    ],
)
def test_words_that_cannot_be_looked_for_are_said(words: list[str], said: str) -> None:
    with pytest.raises(UserError) as raised:
        rules.check_words(words, is_needed=True)
    assert said in raised.value.message


@given(
    st.builds(
        Heard,
        external_id=TEXTS,
        text=st.text(max_size=5000),
        at=st.none() | st.datetimes() | st.datetimes(timezones=st.just(UTC)),
        url=TEXTS,
        language=st.text(max_size=12),
        reach=st.none() | st.integers(),
    )
)
def test_whatever_strangers_send_can_be_kept(heard: Heard) -> None:
    tidy = rules.tidy(heard, NOW)
    assert len(tidy.text) <= rules.LONGEST_TEXT
    assert not {"Cc", "Cs"} & {unicodedata.category(letter) for letter in tidy.text if letter not in "\n\t"}
    tidy.text.encode()
    assert tidy.at is not None
    assert datetime(2000, 1, 1, tzinfo=UTC) <= tidy.at <= NOW
    assert tidy.url == "" or tidy.url.startswith(("https://", "http://"))
    assert len(tidy.url) <= 500
    assert len(tidy.language) <= 8
    assert tidy.reach is None or 0 <= tidy.reach <= 10**12


def test_long_texts_are_cut_and_what_reorders_them_is_taken_out() -> None:
    tidy = rules.tidy(Heard(external_id="1", text="\u202eabc\x00\x0b" + "x" * 3000), NOW)
    assert tidy.text == "abc" + "x" * 1996 + "…"


def test_what_somebody_gives_is_checked_field_by_field() -> None:
    with pytest.raises(UserErrors) as raised:
        rules.check(
            Heard(
                external_id="x" * 501,
                text=" \u200e\0",
                at=NOW + timedelta(hours=1),
                url="javascript:alert(1)",
                language="klingon!",
                reach=-1,
            ),
            NOW,
        )
    assert set(raised.value.by_field()) == {"id", "time", "url", "language", "reach"}
    with pytest.raises(UserErrors) as raised:
        rules.check(Heard(external_id="1", text=" \0\x0b "), NOW)
    assert raised.value.by_field() == {"text": "The text is empty: a mention needs what was said."}


def test_languages_are_kept_by_their_first_letters() -> None:
    kept = {
        given: rules.tidy(Heard(external_id="1", text="x", language=given), NOW).language
        for given in ("ID-id", "en_US", "fil", "x")
    }
    assert kept == {"ID-id": "id", "en_US": "en", "fil": "fil", "x": ""}


def test_a_feed_that_fails_is_left_in_peace_for_longer_each_time() -> None:
    pauses = [rules.pause(failures) for failures in range(8)]
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (timedelta(minutes=15), timedelta(hours=8))
