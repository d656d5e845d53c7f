"""Reads of brands and memberships. `membership` is the only way from a user to a brand."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from django.db.models import Case, IntegerField, Value, When
from django.utils import timezone

from sebar.brands.models import Brand, Invitation, Member, Role, User
from sebar.brands.rules import Verb, may
from sebar.kit import text
from sebar.kit.errors import NotAllowed, NotFound
from sebar.kit.words import gettext_noop

_WHO_LENGTH: Final = 80
_BY_API: Final = " (API)"


@dataclass(frozen=True, slots=True)
class Membership:
    """The right to work on one brand: every query and action of a brand starts from one.

    A brand's own program has one too, without a user: by the name of its key.
    """

    brand: Brand
    role: str
    user: User | None = None
    program: str = ""

    @property
    def who(self) -> str:
        """Whose name is kept with what they decide: the user's, or the key's with “(API)”; empty for neither."""
        if self.user is not None:
            return self.user.name
        return f"{self.program[: _WHO_LENGTH - len(_BY_API)]}{_BY_API}" if self.program else ""

    def may(self, verb: Verb) -> bool:
        """Say whether this member may do this."""
        return may(self.role, verb)

    def require(self, verb: Verb) -> None:
        """Do nothing if this member may do this.

        Raises
        ------
        NotAllowed
            When not.
        """
        if not self.may(verb):
            raise NotAllowed(
                gettext_noop("Your role in {brand} does not allow this: ask an owner."), brand=self.brand.name
            )


def membership(user: User, brand_slug: str) -> Membership:
    """Return what `user` is in the brand.

    Raises
    ------
    NotFound
        When there is no such brand, or the user is no member of it.
    """
    mine = Member.objects.select_related("brand").filter(user=user)
    found = mine.filter(brand__slug=brand_slug).first() if text.can_be_stored(brand_slug) else None
    if found is None:
        raise NotFound(gettext_noop("You are no member of a brand called “{slug}”."), slug=brand_slug)
    return Membership(found.brand, found.role, user)


def memberships(user: User) -> list[Membership]:
    """Return all brands of a user, by name."""
    found = Member.objects.select_related("brand").filter(user=user).order_by("brand__name", "brand_id")
    return [Membership(member.brand, member.role, user) for member in found]


def members(membership: Membership) -> list[Member]:
    """Return the members of the brand with their users, owners first."""
    rank = Case(
        When(role=Role.OWNER, then=Value(0)),
        When(role=Role.EDITOR, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    return list(Member.objects.filter(brand=membership.brand).select_related("user").order_by(rank, "user__name", "id"))


def open_invitations(membership: Membership) -> list[Invitation]:
    """Return the brand's invitations that can still be accepted, newest first."""
    return list(
        Invitation.objects.filter(brand=membership.brand, used_at__isnull=True, expires_at__gt=timezone.now()).order_by(
            "-created_at", "-id"
        )
    )


def invitation(secret: str) -> Invitation:
    """Return the invitation that this secret opens; its brand is None when it makes the first owner.

    Raises
    ------
    NotFound
        When it is unknown, was used or withdrawn, or is too old.
    """
    found = (
        Invitation.objects.select_related("brand")
        .filter(secret_hash=hash_of(secret), used_at__isnull=True, expires_at__gt=timezone.now())
        .first()
    )
    if found is None:
        raise NotFound(gettext_noop("This link was used already or is too old: ask for a new one."))
    return found


def has_owner() -> bool:
    """Say whether anybody owns a brand on this instance yet."""
    return Member.objects.filter(role=Role.OWNER).exists()


def brand_of_slug(slug: str) -> Brand:
    """Return the brand, for whoever runs the instance itself. Pages start from `membership` instead.

    Raises
    ------
    NotFound
        When there is none.
    """
    found = Brand.objects.filter(slug=slug).first()
    if found is None:
        raise NotFound(gettext_noop("There is no brand called “{slug}”."), field="brand", slug=slug)
    return found


def brands() -> list[Brand]:
    """Return all brands, for whoever runs the instance itself. Pages start from `memberships` instead."""
    return list(Brand.objects.order_by("name", "id"))


def hash_of(secret: str) -> str:
    """Return what is kept of an invitation's secret."""
    return hashlib.sha256(secret.encode()).hexdigest()
