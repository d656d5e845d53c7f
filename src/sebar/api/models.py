"""Keys by which a brand's own programs sign in."""

from __future__ import annotations

from django.db import models

from sebar.brands.models import Brand


class Key(models.Model):
    """A bearer key of one brand. Only its hash is kept.

    `scopes` holds ``read``, ``write`` and ``replay``; the last may set original times and visitors.
    """

    brand = models.ForeignKey(Brand, on_delete=models.CASCADE, related_name="keys")
    name = models.CharField(max_length=80)
    hash = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12)
    """The first letters of the key, so that people can tell their keys apart."""
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "sebar"
