"""The one base of every error that a person caused and can mend."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Concatenate, ParamSpec, TypeVar

from sebar.kit.words import fill, kept_with, say

Value = TypeVar("Value")
Rest = ParamSpec("Rest")


class UserError(ValueError):
    """Something a person gave us cannot be used.

    The message is one clear sentence that names the value and the way out; it is shown as it is on pages, in the
    API's problem documents and on the command line.

    Parameters
    ----------
    message
        The sentence; it may hold ``{placeholders}``, then it is translated first and filled afterwards.
    field
        Name of the input it is about, empty when it is about the whole request.
    values
        What fills the placeholders.
    """

    def __init__(self, message: str, *, field: str = "", **values: object) -> None:
        super().__init__(fill(message, values))
        self.template = message
        self.values = values
        self.field = field

    @property
    def message(self) -> str:
        """The sentence in the language of whoever reads it."""
        return say(self.template, **self.values)

    @property
    def kept(self) -> str:
        """The sentence as a text to be stored; `sebar.kit.words.say_kept` says it in the language of each reader."""
        return kept_with(self.template, self.values)


class UserErrors(UserError):
    """Several things at once cannot be used: each of `errors` names its own field.

    As one error it speaks for the first of them.
    """

    def __init__(self, errors: Sequence[UserError]) -> None:
        super().__init__(errors[0].template, field=errors[0].field, **errors[0].values)
        self.errors = tuple(errors)

    def by_field(self) -> dict[str, str]:
        """Return the first sentence about each field, in the order in which the fields were checked."""
        found: dict[str, str] = {}
        for error in self.errors:
            found.setdefault(error.field, error.message)
        return found


class Checks:
    """Runs many checks and collects what is wrong, so that a form is answered at once and not field by field."""

    def __init__(self) -> None:
        self.errors: list[UserError] = []

    def __call__(
        self, check: Callable[Concatenate[Value, Rest], Value], value: Value, *args: Rest.args, **named: Rest.kwargs
    ) -> Value:
        """Return what `check` makes of `value`, or `value` itself when it cannot be used."""
        try:
            return check(value, *args, **named)
        except UserErrors as errors:
            self.errors.extend(errors.errors)
        except UserError as error:
            self.errors.append(error)
        return value

    def finish(self) -> None:
        """Do nothing if all was right.

        Raises
        ------
        UserErrors
            Everything that was found.
        """
        if self.errors:
            raise UserErrors(self.errors)


class NotFound(UserError):
    """The thing asked for does not exist, or belongs to somebody else: the two are never told apart."""


class NotAllowed(UserError):
    """The person may see this thing but not do this to it."""


class Unavailable(Exception):
    """A part of the platform cannot answer just now; trying again later helps."""

    @property
    def message(self) -> str:
        """What is the matter, in the language of whoever reads it."""
        return say(str(self))
