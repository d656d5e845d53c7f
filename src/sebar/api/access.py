"""Who asks: a brand's own program, known by its bearer key."""

from __future__ import annotations

import time
from typing import Final, cast

from django.http import HttpRequest
from ninja.security import HttpBearer

from sebar.api.problems import NoKey
from sebar.brands.keys import Program, program
from sebar.brands.rules import Verb
from sebar.kit.errors import NotAllowed
from sebar.kit.words import gettext_noop

_REMEMBERED_SECONDS: Final = 2.0
_MOST_REMEMBERED: Final = 1000
_remembered: dict[str, tuple[float, Program]] = {}


class Bearer(HttpBearer):
    """The key in the Authorization header, and whether it may do what the address does.

    A key is looked up at most every two seconds, so a revoked one stops working within two seconds.
    """

    def __init__(self, verb: Verb) -> None:
        super().__init__()
        self._verb = verb

    def __call__(self, request: HttpRequest) -> Program:
        """Return whose program asks.

        Raises
        ------
        NoKey
            When there is no key, or it opens nothing.
        NotAllowed
            When it may not do this.
        """
        found: Program | None = super().__call__(request)
        if found is None:
            raise NoKey
        if self._verb is Verb.LOOK and not found.may_read:
            raise NotAllowed(gettext_noop("This key may not read; make one of scope read with sebar key create."))
        if not found.membership.may(self._verb):
            raise NotAllowed(gettext_noop("This key may not write; make one of scope write with sebar key create."))
        return found

    def authenticate(self, request: HttpRequest, token: str) -> Program | None:  # noqa: ARG002 - the base names them
        """Return whose key this is."""
        return _look_up(token.strip())


READ: Final = Bearer(Verb.LOOK)
WRITE: Final = Bearer(Verb.EDIT)


def asking(request: HttpRequest) -> Program:
    """Return whose program sent a request that `READ` or `WRITE` let in."""
    return cast("Program", request.auth)  # type: ignore[attr-defined] # django-ninja puts it there


def _look_up(secret: str) -> Program | None:
    now = time.monotonic()
    until, known = _remembered.get(secret, (0.0, None))
    if now < until:
        return known
    found = program(secret)
    if found is None:
        _remembered.pop(secret, None)
        return None
    if len(_remembered) >= _MOST_REMEMBERED:
        _remembered.clear()
    _remembered[secret] = (now + _REMEMBERED_SECONDS, found)
    return found
