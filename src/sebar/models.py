"""All tables, in the one place where Django looks for them. Each lives beside its package."""

from sebar.brands.models import Brand, Invitation, Key, Member, User
from sebar.campaigns.models import Campaign, ConsentText
from sebar.outbox import OutboxRow
from sebar.participants.models import Conversion, Participant

__all__ = [
    "Brand",
    "Campaign",
    "ConsentText",
    "Conversion",
    "Invitation",
    "Key",
    "Member",
    "OutboxRow",
    "Participant",
    "User",
]
