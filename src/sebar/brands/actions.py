"""What can be done to brands and their members: the only code that writes them."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from sebar.brands import queries, rules
from sebar.brands.models import Brand, Invitation, Member, Role, User
from sebar.brands.queries import Membership
from sebar.brands.rules import Verb
from sebar.kit.errors import Checks, NotFound, UserError, UserErrors
from sebar.kit.words import gettext_noop

_SECRET_BYTES = 24


@dataclass(frozen=True, slots=True)
class Invited:
    """A stored invitation and the secret that opens it, which is not kept anywhere."""

    invitation: Invitation
    secret: str


@transaction.atomic
def first_owner_link() -> str | None:
    """Return the secret of a fresh link that makes the first owner, or None when the instance has one.

    Links made earlier by this stop working; those that somebody made for a brand stay. If there is a brand already (a
    demo), its owner is made.
    """
    if queries.has_owner():
        return None
    now = timezone.now()
    Invitation.objects.filter(is_first=True, used_at__isnull=True).update(used_at=now)
    return _invite(Brand.objects.order_by("id").first(), Role.OWNER, now, is_first=True).secret


@transaction.atomic
def open_brand(*, name: str, owner: User | None = None, slug: str = "") -> Brand:
    """Make a brand, owned by `owner` if given. Its slug follows its name unless given.

    Without an owner, a link that waits for the instance's first owner makes the owner of this brand.

    Raises
    ------
    UserError
        When the name or slug cannot be used, or the slug is taken.
    """
    tidy = rules.check_name(name, field="name")
    brand = Brand.objects.create(name=tidy, slug=_untaken(rules.check_slug(slug)) if slug else _free_slug(tidy))
    if owner is None:
        Invitation.objects.filter(brand=None, used_at=None).update(brand=brand)
    else:
        Member.objects.create(brand=brand, user=owner, role=Role.OWNER)
    return brand


@transaction.atomic
def invite(*, membership: Membership, role: str) -> Invited:
    """Make a one-time link by which one person becomes a member in this role."""
    membership.require(Verb.MANAGE)
    return _invite(membership.brand, rules.check_role(role), timezone.now())


@transaction.atomic
def withdraw_invitation(*, membership: Membership, invitation_id: int) -> None:
    """Make a link that nobody has used useless."""
    membership.require(Verb.MANAGE)
    Invitation.objects.filter(brand=membership.brand, pk=invitation_id, used_at__isnull=True).update(
        used_at=timezone.now()
    )


@transaction.atomic
def accept_invitation(
    *,
    secret: str,
    user: User | None = None,
    name: str = "",
    email: str = "",
    password: str = "",
    brand_name: str = "",
    language: str = "en",
) -> Membership:
    """Make somebody a member, once. Who is signed in comes as `user`, others make their account on the way.

    Who is a member already keeps the greater of the two roles.

    Raises
    ------
    NotFound
        When the link was used, withdrawn, or is too old.
    UserErrors
        When the account or the brand's name cannot be made like this.
    """
    invitation = _use(secret)
    checks = Checks()
    if invitation.brand is None:
        brand_name = checks(rules.check_name, brand_name, field="brand_name")
    person = user or _account(checks, name=name, email=email, password=password, language=language)
    checks.finish()
    if user is None:
        person.save(force_insert=True)
    brand = invitation.brand or Brand.objects.create(name=brand_name, slug=_free_slug(brand_name))
    member, is_new = Member.objects.get_or_create(brand=brand, user=person, defaults={"role": invitation.role})
    if not is_new and rules.is_greater(invitation.role, member.role):
        member.role = Role(invitation.role)
        member.save(update_fields=["role"])
    return Membership(brand, member.role, person)


@transaction.atomic
def change_role(*, membership: Membership, user_id: int, role: str) -> None:
    """Give a member another role.

    Raises
    ------
    NotFound
        When the brand has no such member.
    UserError
        When nobody would be left to own the brand.
    """
    membership.require(Verb.MANAGE)
    member = _member(membership, user_id)
    new_role = Role(rules.check_role(role))
    if new_role != Role.OWNER:
        _refuse_last_owner(membership, member)
    member.role = new_role
    member.save(update_fields=["role"])


@transaction.atomic
def remove_member(*, membership: Membership, user_id: int) -> None:
    """Take a member out of the brand; everybody may take out themselves.

    Raises
    ------
    NotFound
        When the brand has no such member.
    UserError
        When nobody would be left to own the brand.
    """
    if membership.user is None or membership.user.pk != user_id:
        membership.require(Verb.MANAGE)
    member = _member(membership, user_id)
    _refuse_last_owner(membership, member)
    member.delete()


@transaction.atomic
def rename_brand(*, membership: Membership, name: str) -> Brand:
    """Give the brand another name; its slug stays."""
    membership.require(Verb.MANAGE)
    brand = Brand.objects.get(pk=membership.brand.pk)
    brand.name = rules.check_name(name, field="name")
    brand.save(update_fields=["name"])
    return brand


def choose_language(*, user: User, language: str) -> None:
    """Remember the language in which somebody reads the console."""
    User.objects.filter(pk=user.pk).update(language=rules.check_language(language))


def change_password(*, user: User, old: str, new: str) -> None:
    """Give somebody another password.

    Raises
    ------
    UserError
        When the old one is wrong or the new one is too easy to guess.
    """
    if not user.check_password(old):
        raise UserError(gettext_noop("This is not your present password."), field="old")
    _refuse_weak(new, user, field="new")
    user.set_password(new)
    user.save(update_fields=["password"])


def _invite(brand: Brand | None, role: str, now: datetime, *, is_first: bool = False) -> Invited:
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    invitation = Invitation.objects.create(
        brand=brand,
        role=role,
        secret_hash=queries.hash_of(secret),
        expires_at=now + rules.INVITATION_LASTS,
        is_first=is_first,
    )
    return Invited(invitation, secret)


def _use(secret: str) -> Invitation:
    """Mark the invitation as used: of two at the same moment only one finds it unused."""
    invitation = queries.invitation(secret)
    if not Invitation.objects.filter(pk=invitation.pk, used_at__isnull=True).update(used_at=timezone.now()):
        return queries.invitation(secret)
    return invitation


def _account(checks: Checks, *, name: str, email: str, password: str, language: str) -> User:
    person = User(
        name=checks(rules.check_name, name, field="name"),
        email=checks(_free_email, email),
        language=checks(rules.check_language, language),
    )
    checks(_refuse_weak, password, person, field="password")
    person.set_password(password)
    return person


def _free_email(email: str) -> str:
    tidy = rules.check_email(email)
    if User.objects.filter(email=tidy).exists():
        raise UserError(
            gettext_noop("{email} has an account already: sign in first, then open this link again."),
            field="email",
            email=tidy,
        )
    return tidy


def _refuse_weak(password: str, person: User, field: str) -> str:
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise UserErrors([UserError(message, field=field) for message in error.messages]) from None
    return password


def _untaken(slug: str) -> str:
    if Brand.objects.filter(slug=slug).exists():
        raise UserError(gettext_noop("The address “{slug}” is taken: choose another one."), field="slug", slug=slug)
    return slug


def _free_slug(name: str) -> str:
    wanted = rules.slug_from(name)
    taken = set(Brand.objects.filter(slug__startswith=wanted).values_list("slug", flat=True))
    number = 1
    slug = wanted
    while slug in taken:
        number += 1
        slug = f"{wanted}-{number}"
    return slug


def _member(membership: Membership, user_id: int) -> Member:
    # All rows of the brand are locked, so that two owners cannot take each other out at the same moment.
    found = {member.user_id: member for member in Member.objects.select_for_update().filter(brand=membership.brand)}
    if user_id not in found:
        raise NotFound(gettext_noop("{brand} has no such member."), brand=membership.brand.name)
    return found[user_id]


def _refuse_last_owner(membership: Membership, member: Member) -> None:
    owners = Member.objects.filter(brand=membership.brand, role=Role.OWNER)
    if member.role == Role.OWNER and not owners.exclude(pk=member.pk).exists():
        raise UserError(
            gettext_noop("{brand} would be left without an owner: make somebody else an owner first."),
            field="role",
            brand=membership.brand.name,
        )
