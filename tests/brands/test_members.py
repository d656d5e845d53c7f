"""Brands and their members: the first owner, invitations, roles, and strangers kept out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from builders import PASSWORD, a_brand, a_membership, a_user
from people import People
from sebar.brands import actions, queries, rules
from sebar.brands.models import Brand, Invitation, Member, Role, User
from sebar.brands.rules import Verb
from sebar.kit.errors import NotAllowed, NotFound, UserError, UserErrors

ACCOUNT = {"name": "Ani", "email": "Ani@Example.com", "password": PASSWORD}


def test_roles_allow_more_and_more() -> None:
    allowed = {
        role: {verb for verb in Verb if rules.may(role, verb)} for role in ("viewer", "editor", "owner", "guest")
    }
    assert allowed == {
        "viewer": {Verb.LOOK},
        "editor": {Verb.LOOK, Verb.EDIT},
        "owner": {Verb.LOOK, Verb.EDIT, Verb.MANAGE},
        "guest": set(),
    }


@pytest.mark.django_db
def test_the_first_owner_comes_by_a_link_that_works_once() -> None:
    secret = actions.first_owner_link()
    assert secret is not None
    assert queries.invitation(secret).brand is None
    membership = actions.accept_invitation(secret=secret, brand_name="Kopi Senja", language="id", **ACCOUNT)
    assert (membership.role, membership.brand.slug) == (Role.OWNER, "kopi-senja")
    user = User.objects.get()
    assert (user.email, user.language, user.check_password(PASSWORD)) == ("ani@example.com", "id", True)
    assert actions.first_owner_link() is None
    with pytest.raises(NotFound):
        actions.accept_invitation(secret=secret, brand_name="Again", **{**ACCOUNT, "email": "b@example.com"})
    assert Brand.objects.count() == 1


@pytest.mark.django_db
def test_a_newer_link_for_the_first_owner_closes_the_older() -> None:
    older, newer = actions.first_owner_link(), actions.first_owner_link()
    assert older
    assert newer
    with pytest.raises(NotFound):
        queries.invitation(older)
    assert queries.invitation(newer)


@pytest.mark.django_db
def test_the_first_owner_gets_the_brand_that_is_there_already() -> None:
    brand = actions.open_brand(name="Demo")
    secret = actions.first_owner_link()
    assert secret is not None
    membership = actions.accept_invitation(secret=secret, **ACCOUNT)
    assert (membership.brand, Brand.objects.count()) == (brand, 1)


@pytest.mark.django_db
def test_what_cannot_be_an_account_is_named_and_the_link_still_works() -> None:
    secret = actions.first_owner_link()
    assert secret is not None
    with pytest.raises(UserErrors) as caught:
        actions.accept_invitation(secret=secret, name=" ", email="ani", password="12345", brand_name="a\x00")
    assert set(caught.value.by_field()) == {"name", "email", "password", "brand_name"}
    assert User.objects.count() == 0
    assert actions.accept_invitation(secret=secret, brand_name="Kopi", **ACCOUNT).role == Role.OWNER


def test_an_invitation_makes_one_member(people: People) -> None:
    invited = actions.invite(membership=people.alice, role="editor")
    assert queries.open_invitations(people.alice) == [invited.invitation]
    assert invited.secret not in str(Invitation.objects.values())
    membership = actions.accept_invitation(secret=invited.secret, **ACCOUNT)
    assert (membership.brand, membership.role) == (people.alice.brand, "editor")
    assert queries.open_invitations(people.alice) == []
    with pytest.raises(NotFound, match="used already or is too old"):
        actions.accept_invitation(secret=invited.secret, user=people.charlie.user)


def test_who_has_an_account_accepts_signed_in(people: People) -> None:
    invited = actions.invite(membership=people.alice, role="viewer")
    assert people.charlie.user is not None
    with pytest.raises(UserErrors, match="sign in first"):
        actions.accept_invitation(secret=invited.secret, **{**ACCOUNT, "email": people.charlie.user.email.upper()})
    actions.accept_invitation(secret=invited.secret, user=people.charlie.user)
    assert {one.brand.name for one in queries.memberships(people.charlie.user)} == {"Kopi Senja", "Toko Lain"}


@pytest.mark.parametrize(("invited_as", "stays"), [("viewer", "editor"), ("owner", "owner")])
def test_a_member_keeps_the_greater_role(people: People, invited_as: str, stays: str) -> None:
    invited = actions.invite(membership=people.alice, role=invited_as)
    assert people.bob.user is not None
    assert actions.accept_invitation(secret=invited.secret, user=people.bob.user).role == stays
    assert queries.membership(people.bob.user, people.bob.brand.slug).role == stays


def test_old_and_withdrawn_invitations_open_nothing(people: People) -> None:
    old, withdrawn = (actions.invite(membership=people.alice, role="viewer") for _ in range(2))
    Invitation.objects.filter(pk=old.invitation.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    actions.withdraw_invitation(membership=people.alice, invitation_id=withdrawn.invitation.pk)
    for secret in (old.secret, withdrawn.secret, "", "nonsense"):
        with pytest.raises(NotFound):
            queries.invitation(secret)


def test_strangers_see_no_brand(people: People) -> None:
    assert people.charlie.user is not None
    with pytest.raises(NotFound):
        queries.membership(people.charlie.user, people.alice.brand.slug)
    assert [one.brand for one in queries.memberships(people.charlie.user)] == [people.charlie.brand]
    assert {member.user for member in queries.members(people.charlie)} == {people.charlie.user}


def test_members_are_listed_owners_first(people: People) -> None:
    assert [member.user.name for member in queries.members(people.alice)] == ["Alice", "Bob", "Vera"]


def test_only_owners_manage(people: People) -> None:
    invitation = actions.invite(membership=people.alice, role="viewer").invitation
    assert people.alice.user is not None
    for member in (people.bob, people.vera):
        for change in (
            lambda who: actions.invite(membership=who, role="owner"),
            lambda who: actions.withdraw_invitation(membership=who, invitation_id=invitation.pk),
            lambda who: actions.change_role(membership=who, user_id=who.user.pk, role="owner"),
            lambda who: actions.remove_member(membership=who, user_id=people.alice.user.pk),
            lambda who: actions.rename_brand(membership=who, name="Mine"),
        ):
            with pytest.raises(NotAllowed):
                change(member)
    assert queries.open_invitations(people.alice) == [invitation]


def test_owners_of_another_brand_change_nothing_here(people: People) -> None:
    invitation = actions.invite(membership=people.alice, role="viewer").invitation
    before = list(Member.objects.order_by("pk").values())
    assert people.bob.user is not None
    actions.withdraw_invitation(membership=people.charlie, invitation_id=invitation.pk)
    with pytest.raises(NotFound):
        actions.change_role(membership=people.charlie, user_id=people.bob.user.pk, role="viewer")
    with pytest.raises(NotFound):
        actions.remove_member(membership=people.charlie, user_id=people.bob.user.pk)
    assert queries.open_invitations(people.alice) == [invitation]
    assert list(Member.objects.order_by("pk").values()) == before


def test_the_last_owner_stays(people: People) -> None:
    assert people.alice.user is not None
    with pytest.raises(UserError, match="without an owner"):
        actions.change_role(membership=people.alice, user_id=people.alice.user.pk, role="editor")
    with pytest.raises(UserError, match="without an owner"):
        actions.remove_member(membership=people.alice, user_id=people.alice.user.pk)
    assert people.bob.user is not None
    actions.change_role(membership=people.alice, user_id=people.bob.user.pk, role="owner")
    actions.remove_member(membership=people.alice, user_id=people.alice.user.pk)
    assert queries.memberships(people.alice.user) == []


def test_everybody_may_leave(people: People) -> None:
    assert people.vera.user is not None
    actions.remove_member(membership=people.vera, user_id=people.vera.user.pk)
    assert queries.memberships(people.vera.user) == []


def test_brands_of_the_same_name_get_different_addresses(people: People) -> None:
    assert people.alice.user is not None
    slugs = [actions.open_brand(name="Warung Ibu", owner=people.alice.user).slug for _ in range(3)]
    assert slugs == ["warung-ibu", "warung-ibu-2", "warung-ibu-3"]
    assert actions.open_brand(name="咖啡").slug == "brand"
    with pytest.raises(UserError, match="is taken"):
        actions.open_brand(name="Other", slug="warung-ibu")


def test_an_unknown_role_is_named(people: People) -> None:
    with pytest.raises(UserError, match="“king” is not a role: choose from owner, editor, viewer"):
        actions.invite(membership=people.alice, role="king")


def test_a_brand_is_renamed(people: People) -> None:
    slug = people.alice.brand.slug
    assert actions.rename_brand(membership=people.alice, name=" Kopi  Pagi ").name == "Kopi Pagi"
    assert queries.brand_of_slug(slug).name == "Kopi Pagi"


@pytest.mark.django_db
def test_passwords_are_changed_with_the_old_one() -> None:
    user = a_user("Ani")
    with pytest.raises(UserError, match="not your present password"):
        actions.change_password(user=user, old="wrong", new="another long sentence")
    with pytest.raises(UserErrors) as caught:
        actions.change_password(user=user, old=PASSWORD, new="password")
    assert list(caught.value.by_field()) == ["new"]
    actions.change_password(user=user, old=PASSWORD, new="another long sentence")
    assert User.objects.get(pk=user.pk).check_password("another long sentence")


@pytest.mark.django_db
def test_a_language_is_remembered() -> None:
    user = a_membership(a_brand()).user
    assert user is not None
    actions.choose_language(user=user, language="id")
    assert User.objects.get(pk=user.pk).language == "id"
    with pytest.raises(UserError, match="not a language of these pages"):
        actions.choose_language(user=user, language="fr")
