"""The cast of the tests: Alice owns a brand, Bob edits and Vera looks in the same one, Charlie owns another."""

from __future__ import annotations

from dataclasses import dataclass

from builders import a_brand, a_membership
from sebar.brands.models import Role
from sebar.brands.queries import Membership


@dataclass(frozen=True)
class People:
    """Each with their membership: `people.alice.user`, `people.alice.brand`."""

    alice: Membership
    bob: Membership
    vera: Membership
    charlie: Membership


def gather() -> People:
    """Return the cast, stored."""
    brand = a_brand("Kopi Senja")
    return People(
        alice=a_membership(brand, role=Role.OWNER, name="Alice"),
        bob=a_membership(brand, role=Role.EDITOR, name="Bob"),
        vera=a_membership(brand, role=Role.VIEWER, name="Vera"),
        charlie=a_membership(a_brand("Toko Lain"), role=Role.OWNER, name="Charlie"),
    )
