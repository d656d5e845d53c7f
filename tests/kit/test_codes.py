"""Codes can be read out, typed with slips of case and spacing, and always name the number they spell."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sebar.kit import codes
from sebar.kit.errors import UserError

numbers = st.integers(min_value=codes.FIRST, max_value=codes.LAST)


@given(numbers)
def test_a_code_names_exactly_its_number(number: int) -> None:
    assert codes.read(codes.spell(number)) == number
    assert len(codes.spell(number)) == codes.LENGTH


@given(numbers, st.sampled_from(["", " ", "-", "  "]), st.integers(1, codes.LENGTH - 1), st.booleans())
def test_a_typed_code_survives_case_and_spacing(number: int, gap: str, at: int, upper: bool) -> None:
    code = codes.spell(number)
    typed = f" {code[:at]}{gap}{code[at:]} "
    assert codes.read_typed(typed.upper() if upper else typed) == number


@given(st.text(max_size=12))
def test_text_that_spells_no_code_gets_a_sentence(text: str) -> None:
    spelled = "".join(letter for letter in text.lower() if not letter.isspace() and letter not in "-–_.")
    assume(codes.read(spelled) is None)
    with pytest.raises(UserError, match="is not a code") as caught:
        codes.read_typed(text)
    assert caught.value.field == "code"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("abcd2f3", "“abcd2f3” is not a code: “a” stands in none, nor do any of a, e, i, l, o, u, 0, 1"),
        ("bcd 2f3!", "“!” stands in none"),
        ("2cd2f3b", "no code begins with “2”"),
        ("abcd2f", "codes have 7 letters or digits, like k7m"),
        ("", "codes have 7 letters or digits"),
    ],
)
def test_what_is_wrong_with_a_code_is_named(typed: str, sentence: str) -> None:
    with pytest.raises(UserError) as caught:
        codes.read_typed(typed)
    assert sentence in caught.value.message


@given(st.text(max_size=9))
def test_links_take_exact_spelling_only(text: str) -> None:
    number = codes.read(text)
    assert number is None or codes.spell(number) == text


def test_new_codes_are_spread_over_the_whole_range() -> None:
    drawn = {codes.new_number() for _ in range(2000)}
    assert len(drawn) == 2000
    assert all(codes.FIRST <= number <= codes.LAST for number in drawn)
    assert len({codes.spell(number)[0] for number in drawn}) > 20


@pytest.mark.parametrize("letter", "aeiou01l")
def test_no_vowels_and_no_look_alikes(letter: str) -> None:
    assert letter not in codes.ALPHABET
