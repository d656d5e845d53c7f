"""Who lets the cards of their link, which messengers and networks show, name them."""

from __future__ import annotations

from django.db import models

from sebar.participants.models import Participant


class NamedCard(models.Model):
    """A participant whose link's card may say who shares it. Whoever has no row is not named."""

    participant = models.OneToOneField(Participant, on_delete=models.CASCADE, primary_key=True, related_name="+")
    allowed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "sebar"
