"""Who may do what in a brand, and how a brand is named."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Final

from sebar.kit import text
from sebar.kit.errors import UserError
from sebar.kit.words import gettext_noop, languages_known

LANGUAGES: Final = ("en", "id")
INVITATION_LASTS: Final = timedelta(days=7)
NAME_LENGTH: Final = 80
SLUG_LENGTH: Final = 60


class Verb(StrEnum):
    """What a member may want to do."""

    LOOK = "look"  # see campaigns, participants, measures
    EDIT = "edit"  # make and change campaigns
    MANAGE = "manage"  # members, invitations, keys, the brand's name


_VERBS: Final[dict[str, frozenset[Verb]]] = {
    "owner": frozenset(Verb),
    "editor": frozenset({Verb.LOOK, Verb.EDIT}),
    "viewer": frozenset({Verb.LOOK}),
}


def may(role: str, verb: Verb) -> bool:
    """Say whether a member in this role may do this."""
    return verb in _VERBS.get(role, frozenset())


def is_greater(role: str, other: str) -> bool:
    """Say whether `role` may do more than `other`."""
    return _VERBS[role] > _VERBS[other]


def check_slug(slug: str) -> str:
    """Return the tidied slug of a brand.

    Raises
    ------
    UserError
        When it cannot stand in an address.
    """
    return text.slug(slug, field="slug", most=SLUG_LENGTH)


def slug_from(name: str) -> str:
    """Return the slug proposed for a brand of this name."""
    return text.slug_from(name, most=SLUG_LENGTH - 6, otherwise="brand")


def check_name(name: str, *, field: str) -> str:
    """Return the tidied name of a brand or person.

    Raises
    ------
    UserError
        When it is empty, too long, or cannot be shown.
    """
    tidy = text.line(name, field=field, most=NAME_LENGTH)
    if not tidy:
        raise UserError(gettext_noop("The name is empty: write one, in any script."), field=field)
    return tidy


def check_email(email: str) -> str:
    """Return the tidied e-mail address to sign in with.

    Raises
    ------
    UserError
        When it is empty or no mail could go there.
    """
    tidy = text.email(email, field="email")
    if not tidy:
        raise UserError(gettext_noop("The e-mail address is empty: it is needed to sign in."), field="email")
    return tidy


def check_role(role: str) -> str:
    """Return the role.

    Raises
    ------
    UserError
        When there is none of this name.
    """
    if role not in _VERBS:
        raise UserError(
            gettext_noop("“{shown}” is not a role: choose from {known}."),
            field="role",
            shown=text.shown(role),
            known=", ".join(_VERBS),
        )
    return role


def check_language(language: str) -> str:
    """Return the language of the console.

    Raises
    ------
    UserError
        When the console does not speak it.
    """
    if language not in LANGUAGES:
        raise UserError(
            gettext_noop("“{shown}” is not a language of these pages: choose from {known}."),
            field="language",
            shown=text.shown(language),
            known=languages_known(),
        )
    return language
