"""The one base of every error that a person caused and can mend."""

from __future__ import annotations


class UserError(ValueError):
    """Something a person gave us cannot be used.

    The message is one clear sentence that names the value and the way out; it is shown as it is on pages, in the
    API's problem documents and on the command line.

    Parameters
    ----------
    message
        The sentence. Already translated where it is shown on a page.
    field
        Name of the input it is about, empty when it is about the whole request.
    """

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class NotFound(UserError):
    """The thing asked for does not exist, or belongs to somebody else: the two are never told apart."""


class NotAllowed(UserError):
    """The person may see this thing but not do this to it."""


class Unavailable(Exception):
    """A part of the platform cannot answer just now; trying again later helps."""
