"""The audit log: who decided what, when and why."""

from __future__ import annotations

import pytest

from builders import a_membership
from sebar.brands import audit
from sebar.brands.keys import create_key, program
from sebar.brands.models import Role
from sebar.brands.queries import Membership

pytestmark = pytest.mark.django_db


def test_decisions_are_told_newest_first_with_who_and_why() -> None:
    dina = a_membership(name="Dina")
    audit.record(membership=dina, verb="campaign.published", subject="spark", reason="The boss wants it.")
    audit.record(membership=dina, verb="campaign.stopped", subject="spark", details={"spared": 12})
    newest, oldest = audit.entries(dina, subject="spark")
    assert (newest.verb, newest.reason, newest.details) == ("campaign.stopped", "", {"spared": 12})
    assert (oldest.verb, oldest.reason, oldest.who) == ("campaign.published", "The boss wants it.", "Dina")


def test_a_name_stays_when_the_user_is_gone() -> None:
    dina = a_membership(name="Dina")
    audit.record(membership=dina, verb="campaign.published", subject="spark")
    assert dina.user is not None
    dina.user.delete()
    (entry,) = audit.entries(Membership(dina.brand, Role.OWNER), subject="spark")
    assert (entry.user, entry.who) == (None, "Dina")


def test_a_program_is_known_by_the_name_of_its_key() -> None:
    dina = a_membership(name="Dina")
    for name in ("Shop server", "x" * 80):
        signed_in = program(create_key(membership=dina, name=name, scopes=["write"]).secret)
        assert signed_in is not None
        audit.record(membership=signed_in.membership, verb="campaign.published", subject="spark")
    newest, oldest = audit.entries(dina, subject="spark")
    assert (oldest.user, oldest.who) == (None, "Shop server (API)")
    assert newest.who == "x" * 74 + " (API)"


def test_a_brand_sees_its_own_decisions_and_of_one_subject_only() -> None:
    dina, other = a_membership(name="Dina"), a_membership(name="Budi")
    audit.record(membership=dina, verb="campaign.published", subject="spark")
    audit.record(membership=dina, verb="campaign.published", subject="flame")
    assert audit.entries(other, subject="spark") == []
    assert len(audit.entries(dina, subject="spark")) == 1
