"""What a brand enters for its WhatsApp number."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from typing import Final

from sebar.channels.base import Field
from sebar.channels.conversation import entered
from sebar.kit import config, text
from sebar.kit.errors import UserError
from sebar.kit.words import gettext_noop, say

_NUMBER: Final = re.compile(r"[1-9][0-9]{6,14}")
_ID: Final = re.compile(r"[0-9]{5,25}")
_TEMPLATE: Final = re.compile(r"[a-z0-9_]{1,512}")
_UNSAFE: Final = gettext_noop("Meta only calls addresses that begin with https://, and this instance’s does not.")


def number(given: str) -> str:
    """Return the number with its country, digits only."""
    tidy = "".join(letter for letter in given if letter not in " +-–()./")
    if not _NUMBER.fullmatch(tidy):
        raise UserError(
            gettext_noop("“{shown}” is not a number with its country: it should look like +62 812 3456 7890."),
            shown=text.shown(given),
        )
    return tidy


def number_id(given: str) -> str:
    """Return what Meta calls the number."""
    tidy = given.strip()
    if not _ID.fullmatch(tidy):
        raise UserError(
            gettext_noop("“{shown}” is not a phone number ID: Meta shows it under “API Setup”, digits only."),
            shown=text.shown(given),
        )
    return tidy


def template(given: str) -> str:
    """Return the name of the approved template; empty for none, and then no news go out."""
    tidy = given.strip()
    if tidy and not _TEMPLATE.fullmatch(tidy):
        raise UserError(
            gettext_noop("“{shown}” is not a template’s name: they have small letters, digits and “_” only."),
            shown=text.shown(given),
        )
    return tidy


def made_token(given: str) -> str:
    """Return the word by which Meta proves at the set-up that it was told our address; made the first time."""
    return given or secrets.token_urlsafe(24)


def door(number: str, code: str) -> str:
    """Return the address that opens a chat with the number, with the start written already."""
    return f"https://wa.me/{number}?text=start%20{code}"


def wants(_given: Mapping[str, str]) -> str:
    """Return what stands in the way of answers: that Meta cannot tell this instance what somebody wrote."""
    return "" if config.load().public_url.startswith("https://") else say(_UNSAFE)


def try_out(given: Mapping[str, str]) -> None:
    """Have Meta say whether this token may write from this number.

    Raises
    ------
    UserError
        When it may not, for the field that is wrong.
    Unavailable
        When Meta cannot be asked just now.
    """
    from sebar.channels.kinds.whatsapp_cloud.graph import Graph  # noqa: PLC0415 - only whoever sets it up needs it

    graph = Graph(given)
    try:
        graph.look()
    finally:
        graph.close()


FIELDS: Final = (
    Field(
        name="number",
        label=gettext_noop("Phone number"),
        hint=gettext_noop("With its country, like +62 812 3456 7890."),
        check=number,
    ),
    Field(
        name="number_id",
        label=gettext_noop("Phone number ID"),
        hint=gettext_noop("Meta shows it under “API Setup” of your app."),
        check=number_id,
    ),
    Field(
        name="token",
        label=gettext_noop("Access token"),
        hint=gettext_noop("A permanent one, of a system user; the one shown under “API Setup” ends after a day."),
        check=entered.secret(gettext_noop("The access token is empty: make one for a system user of your business.")),
        is_secret=True,
    ),
    Field(
        name="app_secret",
        label=gettext_noop("App secret"),
        hint=gettext_noop("Meta shows it under “App settings”, “Basic”. It proves that a message comes from Meta."),
        check=entered.secret(gettext_noop("The app secret is empty: without it nobody can tell who sends a message.")),
        is_secret=True,
    ),
    Field(
        name="template",
        label=gettext_noop("Name of the template for news"),
        hint=gettext_noop("Leave it empty if nobody is to get news. The steps on this page say what it must hold."),
        check=template,
    ),
    entered.MOST_A_DAY,
    Field(name="verify_token", label="", kind="made", is_secret=True, check=made_token),
)
