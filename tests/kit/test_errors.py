"""Errors are sentences, translated when they are shown, and forms hear of all of them at once."""

from __future__ import annotations

import pytest
from django.utils import translation

from sebar.kit.errors import Checks, NotFound, UserError, UserErrors
from sebar.kit.words import say, say_kept


def test_a_sentence_is_filled_with_its_values() -> None:
    error = UserError("“{shown}” is not {what}.", field="name", shown="{x}", what="a name")
    assert (error.message, str(error), error.field) == ("“{x}” is not a name.", "“{x}” is not a name.", "name")


def test_braces_that_people_wrote_are_left_alone() -> None:
    assert UserError("“{0}” and {nonsense}").message == "“{0}” and {nonsense}"


def test_a_sentence_is_said_in_the_readers_language() -> None:
    error = UserError("Yes")
    with translation.override("id"):
        assert (error.message, say("No")) == ("Ya", "Tidak")
    with translation.override("en"):
        assert error.message == "Yes"


def test_numbers_in_a_sentence_are_written_in_the_readers_language() -> None:
    error = UserError("{given:n} of {most:n} in {place}", given=12.5, most=10_000, place=2000)
    assert str(error) == "12.5 of 10,000 in 2000"
    with translation.override("id"):
        assert error.message == "12,5 of 10.000 in 2000"
    with translation.override("en"):
        assert error.message == "12.5 of 10,000 in 2000"


def test_a_sentence_that_was_stored_is_said_to_each_reader_with_its_values() -> None:
    stored = UserError("{given:n} of {most:n} in {place}", given=12.5, most=10_000, place="x" * 500).kept
    assert len(stored) < 200
    with translation.override("id"):
        assert say_kept(stored) == f"12,5 of 10.000 in {'x' * 60}"
    assert say_kept("550 {unknown}\n\nno such user") == "550 {unknown} (\nno such user)"


def refuse(value: str, field: str) -> str:
    raise UserError("no {value}", field=field, value=value)


def refuse_twice(value: str) -> str:
    raise UserErrors([UserError("first", field="b"), UserError("second", field="b")])


def test_all_checks_are_made_before_anything_is_said() -> None:
    checks = Checks()
    assert checks(str.strip, " fine ") == "fine"
    assert checks(refuse, "given", field="a") == "given"
    assert checks(refuse_twice, "given") == "given"
    with pytest.raises(UserErrors, match="no given") as caught:
        checks.finish()
    assert caught.value.by_field() == {"a": "no given", "b": "first"}
    assert len(caught.value.errors) == 3


def test_nothing_wrong_says_nothing() -> None:
    checks = Checks()
    checks(str.upper, "x")
    checks.finish()


def test_everything_a_person_can_mend_is_one_kind_of_error() -> None:
    assert issubclass(NotFound, UserError)
    assert issubclass(UserErrors, UserError)
