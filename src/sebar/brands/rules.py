"""Who may do what in a brand, and how a brand is named."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Final

from sebar.kit import text

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


def slug_from(name: str) -> str:
    """Return the slug proposed for a brand of this name."""
    return text.slug_from(name, most=SLUG_LENGTH - 6, otherwise="brand")
