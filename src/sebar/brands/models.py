"""Brands, users, memberships, one-time invitations and the keys of programs."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower


class User(AbstractBaseUser):
    """A person who signs in to the console. The same person may belong to several brands."""

    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=80)
    language = models.CharField(max_length=8, default="en")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    objects = BaseUserManager["User"]()

    class Meta:
        app_label = "sebar"
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_once")]

    def __str__(self) -> str:
        return self.name


class Brand(models.Model):
    """A tenant. Everything a brand owns hangs on it, and every query starts from it."""

    name = models.CharField(max_length=80)
    slug = models.SlugField(max_length=60, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    members: models.ManyToManyField[User, Member] = models.ManyToManyField(
        User, through="Member", related_name="brands"
    )

    class Meta:
        app_label = "sebar"

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    """What a member may do: owners all, editors campaigns, viewers look."""

    OWNER = "owner"
    EDITOR = "editor"
    VIEWER = "viewer"


class Member(models.Model):
    """One person's role in one brand."""

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE)
    user = models.ForeignKey(User, on_delete=models.CASCADE)
    role = models.CharField(max_length=10, choices=Role.choices)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "sebar"
        constraints = [models.UniqueConstraint(fields=["brand", "user"], name="member_once")]


class Invitation(models.Model):
    """A one-time link that makes a member; without a brand it makes the first owner, who then names the brand."""

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, null=True)
    role = models.CharField(max_length=10, choices=Role.choices)
    secret_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    is_first = models.BooleanField(default=False)
    """Whether it was made by a start of an instance without owners; the next such start makes another in its place."""

    class Meta:
        app_label = "sebar"


class Scope(models.TextChoices):
    """What a program may do with its key."""

    READ = "read"
    WRITE = "write"
    REPLAY = "replay"
    """Set original times and visitors."""


class Key(models.Model):
    """A bearer key of one brand's own program. Only its hash is kept."""

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="keys")
    name = models.CharField(max_length=80)
    hash = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12)
    """The first letters of the key, so that people can tell their keys apart."""
    scopes = models.JSONField(default=list)
    """Values of `Scope`."""
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "sebar"


class AuditEntry(models.Model):
    """One decision of a brand's member or program that others may ask about later. Only ever added, never changed."""

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="audit_entries", db_index=False)
    at = models.DateTimeField()
    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True)
    who = models.CharField(max_length=80)
    """`Membership.who` at that time; empty for the command line and for what a policy did."""
    verb = models.CharField(max_length=40)
    """What was done, like ``campaign.published``."""
    subject = models.CharField(max_length=120)
    """To what, like a campaign's slug."""
    reason = models.CharField(max_length=500, blank=True)
    details = models.JSONField(default=dict)

    class Meta:
        app_label = "sebar"
        indexes = [models.Index(fields=["brand", "subject", "-at"], name="audit_of_subject")]
