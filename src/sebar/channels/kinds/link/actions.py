"""What people decide about the cards of their links: the only code that writes it."""

from __future__ import annotations

from sebar.channels.kinds.link.models import NamedCard
from sebar.participants.models import Participant


def name_on_card(participant: Participant, *, is_allowed: bool) -> None:
    """Let the cards of a participant's link name them, or no longer. Again changes nothing."""
    if is_allowed:
        NamedCard.objects.get_or_create(participant=participant)
    else:
        NamedCard.objects.filter(participant=participant).delete()
