"""The word lists keep what their recipe promises, and never change: codes that were given hang on them."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from importlib import resources

import numpy as np
import pytest
from numpy.typing import NDArray
from rapidfuzz.distance import OSA
from rapidfuzz.process import cdist

from sebar.channels.kinds.spoken import code
from sebar.channels.kinds.spoken.hearing import FILLERS, said

FOLDER = resources.files("sebar.channels.kinds.spoken") / "words"
FROZEN = {
    "en": "fb431e3132e577af15ee3d296e3e695d3bc8adafeeb67d88429645f48eb5ec85",
    "id": "00e65fc45211e9aad6938ed486596551df5c09e44c0ded198f8ef0e7d1a12373",
}


@cache
def listed(name: str) -> list[str]:
    """Return the words of a file, without its remarks."""
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    return [word for line in lines if not line.startswith("#") for word in line.split()]


def apart(words: list[str], others: list[str]) -> NDArray[np.uint8]:
    """Return how many letters lie between each of some words and each of others, which may be the same."""
    distances = cdist(words, others, scorer=OSA.distance, dtype=np.uint8)
    if words == others:
        np.fill_diagonal(distances, 255)
    return distances


@pytest.mark.parametrize("language", code.LANGUAGES)
def test_a_list_never_changes(language: str) -> None:
    content = (FOLDER / f"{language}.txt").read_bytes()
    assert hashlib.sha256(content).hexdigest() == FROZEN[language]


@pytest.mark.parametrize("language", code.LANGUAGES)
def test_a_list_has_a_prime_number_of_plain_words_in_order(language: str) -> None:
    words = listed(f"{language}.txt")
    assert len(words) == len(set(words)) == code.COUNT
    assert all(code.COUNT % divisor for divisor in range(2, 36))
    assert words == sorted(words)
    assert all(re.fullmatch("[a-z]{3,10}", word) for word in words)


@pytest.mark.parametrize("language", code.LANGUAGES)
def test_four_letters_tell_every_word_of_a_list(language: str) -> None:
    words = listed(f"{language}.txt")
    assert len({word[:4] for word in words}) == len(words)


def test_no_two_words_of_a_list_look_alike() -> None:
    english, indonesian = listed("en.txt"), listed("id.txt")
    assert apart(english, english).min() >= 3
    assert apart(indonesian, indonesian).min() >= 2


def test_no_two_indonesian_words_sound_alike() -> None:
    heard = [said(word) for word in listed("id.txt")]
    assert apart(heard, heard).min() >= 2


@pytest.mark.parametrize(
    ("written", "heard"),
    [
        *[("syarat", "sarat"), ("khas", "kas"), ("variasi", "pariasi"), ("zat", "jat"), ("gudeg", "gudek")],
        *[("abad", "abat"), ("maaf", "map"), ("jantung", "jantung")],
    ],
)
def test_what_many_do_not_tell_apart_is_the_same_to_us(written: str, heard: str) -> None:
    assert said(written) == heard


def test_no_word_is_of_both_languages_or_hardly_another_in_each() -> None:
    assert apart(listed("en.txt"), listed("id.txt")).min() >= 2


@pytest.mark.parametrize("language", code.LANGUAGES)
def test_no_word_is_vulgar_or_sounds_so_or_was_left_out(language: str) -> None:
    words, vulgar = listed(f"{language}.txt"), listed("vulgar.txt")
    assert apart(words, [bad for bad in vulgar if len(bad) >= 4]).min() >= 2
    assert {*vulgar, *listed(f"refused-{language}.txt"), *FILLERS}.isdisjoint(words)


def test_every_word_comes_from_where_the_recipe_says() -> None:
    assert set(listed("id.txt")) <= {*listed("nouns-id.txt"), *listed("more-id.txt")}


def test_every_word_of_a_pair_is_in_a_list() -> None:
    known = {*listed("en.txt"), *listed("id.txt")}
    assert {word for word in listed("pairs.txt") if word != ":"} <= known
