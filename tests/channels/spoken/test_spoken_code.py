"""Three words and back: every slip is noticed, what was meant is offered, nothing is mended silently."""

from __future__ import annotations

import random
from itertools import permutations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as some

from sebar.channels.kinds.spoken import code
from sebar.channels.kinds.spoken.code import ALL, COUNT, LANGUAGES, SHORT, Misheard
from sebar.kit import codes

LISTS = {language: [code.words(place * COUNT, language)[0] for place in range(COUNT)] for language in LANGUAGES}
numbers = some.one_of(some.integers(0, SHORT - 1), some.integers(SHORT, ALL - 1))
languages = some.sampled_from(LANGUAGES)


def spell(number: int, language: str = "en") -> str:
    return " ".join(code.words(number, language))


def misheard(typed: str) -> Misheard:
    with pytest.raises(Misheard) as caught:
        code.read(typed)
    return caught.value


@given(numbers, languages)
def test_what_is_spelled_is_read_again(number: int, language: str) -> None:
    assert len(code.words(number, language)) == (3 if number < SHORT else 4)
    assert code.read(spell(number, language)) == number
    assert code.is_spoken(spell(number, language))


@given(numbers, some.data())
def test_words_of_both_languages_may_stand_in_one_code(number: int, data: some.DataObject) -> None:
    mixed = [
        data.draw(some.sampled_from(pair))
        for pair in zip(code.words(number, "en"), code.words(number, "id"), strict=True)
    ]
    assert code.read(" ".join(mixed)) == number


@given(numbers, languages, some.sampled_from([" ", ", ", " - ", "-", " dash ", " dan ", ". ", "\t", " , "]))
def test_how_it_is_written_does_not_matter(number: int, language: str, between: str) -> None:
    typed = between.join(code.words(number, language))
    assert code.read(typed) == number
    assert code.read(f"  {typed.upper()}. ") == number
    assert code.read(typed.replace("e", "é")) == number


def test_every_single_wrong_word_is_noticed() -> None:
    """All 3 × 1,258 of one code here, and by arithmetic of every other: the weights are no multiples of the prime."""
    number = 739_391
    places = [LISTS["en"].index(word) for word in code.words(number, "en")]
    for at in range(3):
        for wrong in range(COUNT):
            if wrong != places[at]:
                typed = [LISTS["en"][wrong if here == at else place] for here, place in enumerate(places)]
                assert misheard(" ".join(typed))


@given(numbers, languages, some.data())
def test_a_wrong_word_in_any_code_is_noticed(number: int, language: str, data: some.DataObject) -> None:
    words = list(code.words(number, language))
    at = data.draw(some.integers(0, len(words) - 1))
    wrong = data.draw(some.sampled_from(LISTS[language]))
    assume(wrong != words[at])
    words[at] = wrong
    misheard(" ".join(words))


@given(numbers, languages, some.data())
def test_two_words_that_changed_places_are_noticed_and_the_order_is_offered(
    number: int, language: str, data: some.DataObject
) -> None:
    words = list(code.words(number, language))
    one, other = data.draw(some.permutations(range(len(words))))[:2]
    assume(words[one] != words[other])
    words[one], words[other] = words[other], words[one]
    wrong = misheard(" ".join(words))
    assert "another order" in wrong.message
    assert spell(number, language) in wrong.offers or len(words) == 4


def outcome(typed: str) -> int | Misheard:
    """Return what becomes of something typed."""
    try:
        return code.read(typed)
    except Misheard as wrong:
        return wrong


def slips(word: str) -> list[str]:
    """Return a word with one letter left out, doubled, changed, or exchanged with the next."""
    return [
        *(word[:at] + word[at + 1 :] for at in range(len(word))),
        *(word[:at] + word[at] + word[at:] for at in range(len(word))),
        *(word[:at] + "x" + word[at + 1 :] for at in range(len(word))),
        *(word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(len(word) - 1)),
    ]


@given(some.integers(0, SHORT - 1), languages, some.integers(0, 2), some.randoms())
def test_a_slip_of_a_finger_is_named_and_the_code_offered(
    number: int, language: str, at: int, chance: random.Random
) -> None:
    words = list(code.words(number, language))
    words[at] = chance.choice(slips(words[at]))
    assume(len(words[at]) > 2 and words[at] not in LISTS["en"] + LISTS["id"])
    wrong = misheard(" ".join(words))
    assert words[at] in wrong.message
    assert spell(number, language) in wrong.offers


def test_most_slips_find_their_word() -> None:
    """Of short words some do not: another language's word is as near, or three others are."""
    chance = random.Random(7)
    found = tried = 0
    for _ in range(500):
        number, language, at = chance.randrange(SHORT), chance.choice(LANGUAGES), chance.randrange(3)
        words = list(code.words(number, language))
        words[at] = chance.choice(slips(words[at]))
        got = outcome(" ".join(words))
        found += got == number if isinstance(got, int) else spell(number, language) in got.offers
        tried += 1
    assert found / tried > 0.97


@pytest.mark.parametrize(
    ("language", "typed", "meant"),
    [
        ("id", "viva", "pipa"),
        ("id", "pariasi", "variasi"),
        ("id", "jeruq", "jeruk"),
        ("id", "gudek", "gudeg"),
        ("en", "kangaru", "kangaroo"),
        ("id", "jamrut", "zamrud"),
    ],
)
def test_what_sounds_the_same_is_offered(language: str, typed: str, meant: str) -> None:
    number = LISTS[language].index(meant) * COUNT + 5
    words = [typed, *code.words(number, language)[1:]]
    assert spell(number, language) in misheard(" ".join(words)).offers


@given(numbers, languages, some.data())
def test_one_unheard_word_follows_from_the_others(number: int, language: str, data: some.DataObject) -> None:
    words = list(code.words(number, language))
    words[data.draw(some.integers(0, len(words) - 1))] = "?"
    wrong = misheard(" ".join(words))
    assert wrong.offers == (spell(number, language),)


@given(some.text())
def test_whatever_is_typed_gives_a_number_or_one_sentence(typed: str) -> None:
    code.is_spoken(typed)
    got = outcome(typed)
    if isinstance(got, int):
        assert 0 <= got < ALL
    else:
        assert got.message.endswith((".", "?"))


@given(some.lists(some.sampled_from([*LISTS["en"], *LISTS["id"], "?", "lemom", "xyzzy"]), min_size=3, max_size=4))
def test_every_offer_is_a_code(words: list[str]) -> None:
    got = outcome(" ".join(words))
    if isinstance(got, Misheard):
        assert len(got.offers) <= 3
        assert all(code.read(offer) >= 0 for offer in got.offers)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "has 0"),
        ("lemon", "has 1"),
        ("lemon lemon lemon lemon lemon", "has 5"),
        ("? ? lemon", "two cannot"),
        ("xyzzy lemon lemon", "the word “xyzzy”: ask for it once more"),
        ("12345678", "has 8"),
        ("a" * 5000, "has 1"),
        ("lemon 5 lemon", "the word “5”"),
    ],
)
def test_what_is_no_code_is_said_in_one_sentence(typed: str, says: str) -> None:
    assert says in misheard(typed).message


@given(numbers)
def test_digits_are_read_again_however_they_are_grouped(number: int) -> None:
    spelled = code.digits(number)
    assert len(spelled.replace(" ", "")) == (9 if number < SHORT else 12)
    assert code.read(spelled) == code.read(spelled.replace(" ", "")) == code.read(spelled.replace(" ", "-")) == number
    assert code.is_spoken(spelled)


def test_every_wrong_digit_and_every_two_that_changed_places_are_noticed() -> None:
    for number in (0, 1, 97, 123_456, SHORT - 1, SHORT, ALL - 1):
        whole = code.digits(number).replace(" ", "")
        wrong = {whole[:at] + digit + whole[at + 1 :] for at in range(len(whole)) for digit in "0123456789"}
        for one, other in permutations(range(len(whole)), 2):
            swapped = list(whole)
            swapped[one], swapped[other] = swapped[other], swapped[one]
            wrong.add("".join(swapped))
        for typed in wrong - {whole}:
            assert misheard(typed).offers == ()


@given(some.integers(codes.FIRST, codes.LAST))
def test_the_letters_of_a_link_are_never_taken_for_words(number: int) -> None:
    assert not code.is_spoken(codes.spell(number))
    assert not code.is_spoken(codes.grouped(number).upper())


@pytest.mark.parametrize("typed", ["lemon", "lemon cactus", "123 456 789", "?", "lemon 7 cactus", "kopi susu"])
def test_what_can_only_be_words_or_digits_is_taken_for_them(typed: str) -> None:
    assert code.is_spoken(typed)


def test_drawn_numbers_are_all_over_the_place_and_decent() -> None:
    short = [code.draw(is_short=True) for _ in range(2000)]
    assert all(0 <= number < SHORT and code.is_decent(number) for number in short)
    assert len({number * 10 // SHORT for number in short}) == 10
    assert all(SHORT <= code.draw(is_short=False) < ALL for _ in range(100))


@pytest.mark.parametrize(
    ("language", "one", "other"), [("en", "uncle", "walrus"), ("id", "raja", "bebek"), ("id", "nanas", "dompet")]
)
def test_words_that_offend_together_never_stand_in_one_code(language: str, one: str, other: str) -> None:
    first, second = LISTS[language].index(one), LISTS[language].index(other)
    assert not code.is_decent(first * COUNT + second)
    assert not code.is_decent(second * COUNT + first)
    checks = next(
        number for number in range(first * COUNT, (first + 1) * COUNT) if spell(number, language).endswith(f" {other}")
    )
    assert not code.is_decent(checks)
