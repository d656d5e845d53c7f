"""Keys by which a brand's own programs sign in: made, read and revoked here. Who may: `Verb.MANAGE`."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.utils import timezone

from sebar.brands.models import Brand, Key, Role, Scope
from sebar.brands.queries import Membership
from sebar.brands.rules import Verb
from sebar.kit.errors import NotFound, UserError
from sebar.kit.words import gettext_noop

_PREFIX: Final = "sebar_"
_HINT_LENGTH: Final = 12
_NAME_LENGTH: Final = 80


@dataclass(frozen=True, slots=True)
class Program:
    """A brand's own program, known by its key: what it may do, and whether it may set original times.

    `may_read`: its `membership` alone does not say, for who may write as a member may read as well.
    """

    key: int
    membership: Membership
    may_read: bool
    may_replay: bool


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key that was just made. `secret` is shown once and kept nowhere."""

    key: Key
    secret: str


def create_key(*, membership: Membership, name: str, scopes: Iterable[str]) -> NewKey:
    """Make a key of the brand.

    Raises
    ------
    NotAllowed
        When the member may not manage keys.
    UserError
        When it has no name, or a scope is unknown.
    """
    membership.require(Verb.MANAGE)
    name = " ".join(name.split())
    if not name or len(name) > _NAME_LENGTH:
        raise UserError(
            gettext_noop("Give the key a name of 1 to {length} characters that says which program uses it."),
            field="name",
            length=_NAME_LENGTH,
        )
    secret = _PREFIX + secrets.token_urlsafe(24)
    key = Key.objects.create(
        brand=membership.brand, name=name, hash=_hash(secret), hint=secret[:_HINT_LENGTH], scopes=_known(scopes)
    )
    return NewKey(key, secret)


def revoke_key(*, membership: Membership, key_id: int) -> None:
    """End a key for good: within seconds it opens nothing any more. Revoking it again changes nothing.

    Raises
    ------
    NotAllowed
        When the member may not manage keys.
    NotFound
        When the brand has no such key.
    """
    membership.require(Verb.MANAGE)
    mine = Key.objects.filter(brand=membership.brand, id=key_id)
    if not mine.filter(revoked_at__isnull=True).update(revoked_at=timezone.now()) and not mine.exists():
        raise NotFound(gettext_noop("There is no such key."), field="key")


def keys(membership: Membership) -> list[Key]:
    """Return the brand's keys that work, newest first."""
    return list(Key.objects.filter(brand=membership.brand, revoked_at__isnull=True).order_by("-created_at", "-id"))


def program(secret: str) -> Program | None:
    """Return whose program signs in with this key; None when it is unknown or was revoked."""
    key = Key.objects.select_related("brand").filter(hash=_hash(secret), revoked_at__isnull=True).first()
    if key is None:
        return None
    role = Role.EDITOR if Scope.WRITE in key.scopes else Role.VIEWER
    membership = Membership(key.brand, role, program=key.name)
    return Program(key.id, membership, Scope.READ in key.scopes, Scope.REPLAY in key.scopes)


def replay_hashes() -> dict[str, int]:
    """Return the brand's identifier by the SHA-256 of each key that may set original times, for the edge."""
    found = Key.objects.filter(revoked_at__isnull=True).values_list("hash", "brand_id", "scopes")
    return {fingerprint: brand for fingerprint, brand, scopes in found if Scope.REPLAY in scopes}


def instance_membership(brand: Brand) -> Membership:
    """Return the right of whoever runs the instance itself to do anything: for the command line only."""
    return Membership(brand, Role.OWNER)


def _known(scopes: Iterable[str]) -> list[str]:
    asked = set(scopes)
    unknown = sorted(asked - set(Scope.values))
    if unknown or not asked:
        raise UserError(
            gettext_noop("A key's scopes are one or more of {known}; “{shown}” is not one."),
            field="scopes",
            known=", ".join(Scope.values),
            shown=", ".join(unknown),
        )
    return [scope for scope in Scope.values if scope in asked]


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
