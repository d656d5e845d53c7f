"""Reads of what people decided about the cards of their links."""

from __future__ import annotations

from sebar.channels.kinds.link.models import NamedCard
from sebar.participants.models import Participant


def is_named(participant: Participant) -> bool:
    """Say whether the cards of a participant's link may name them. Nobody is named who did not allow it."""
    return NamedCard.objects.filter(participant=participant).exists()
