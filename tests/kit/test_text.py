"""What people type: every script is welcome, nothing that breaks a page or a log is."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as some

from sebar.kit import text
from sebar.kit.errors import UserError


@pytest.mark.parametrize(
    "name",
    ["Siti", "محمد", "José", "👩‍👩‍👧", "🫨", "O’Neill", "a b", "ไทย", "‎x", "<b>bold</b>", "Robert'); DROP TABLE"],
)
def test_names_stay_as_they_are_written(name: str) -> None:
    assert text.line(name, field="name", most=80) == name


def test_a_line_is_one_line() -> None:
    assert text.line(" a\n\tb \r\n c ", field="name", most=9) == "a b c"
    assert text.paragraphs(" a\r\n\r\nb\rc\n", field="text", most=9) == "a\n\nb\nc"


@given(some.text(some.characters(categories=["Cc", "Cs", "Cf", "L", "So", "Zs"]), max_size=30))
def test_what_is_accepted_can_be_shown(given: str) -> None:
    try:
        line = text.line(given, field="name", most=20)
    except UserError as error:
        line = error.message
    assert len(line.splitlines()) <= 1
    assert not {unicodedata.category(letter) for letter in line} & {"Cc", "Cs"}
    line.encode()


@given(some.text(max_size=60))
def test_what_is_shown_of_anything_fits_a_sentence(given: str) -> None:
    shown = text.shown(given)
    assert len(shown) <= 41
    assert shown.isprintable()


@pytest.mark.parametrize("address", ["ani@example.com", "Ani+x@mail.example.co.id", "a.b-c_d@münchen.example", ""])
def test_addresses_to_which_mail_can_go(address: str) -> None:
    assert text.email(f" {address} ", field="email") == address.lower()


@pytest.mark.parametrize(
    "address",
    ["ani", "ani@", "@example.com", "a b@example.com", "a@b", "a@b@c.de", "a@example.com\nBcc: b@c.de", "a@x.",
     "<a@example.com>", "a\x00@example.com", "a" * 250 + "@x.de", "a\u202e@example.com"],
)  # fmt: skip
def test_addresses_to_which_no_mail_can_go(address: str) -> None:
    with pytest.raises(UserError, match="not an e-mail address"):
        text.email(address, field="email")


@pytest.mark.parametrize(
    ("name", "slug"),
    [("Kopi Senja!", "kopi-senja"), ("Crème Brûlée", "creme-brulee"), ("咖啡", "other"), ("", "other")],
)
def test_a_slug_reminds_of_the_name(name: str, slug: str) -> None:
    assert text.slug_from(name, most=20, otherwise="other") == slug


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Which bean are you?", "which-bean-are"),
        ("Which bean are u", "which-bean-are-u"),
        ("Kaffeeröstmaschinenfest", "kaffeerostmaschi"),
    ],
)
def test_a_slug_is_cut_at_the_end_of_a_word(name: str, slug: str) -> None:
    assert text.slug_from(name, most=16, otherwise="other") == slug
