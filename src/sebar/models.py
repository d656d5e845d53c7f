"""All tables, in the one place where Django looks for them. Each lives beside its package."""

from sebar.brands.models import Brand, Invitation, Key, Member, User
from sebar.campaigns.models import Campaign, ConsentText
from sebar.outbox import OutboxRow
from sebar.participants.models import Conversion, Participant
from sebar.steering.models import Forecast, Learned, Outlook

__all__ = [
    "Brand",
    "Campaign",
    "ConsentText",
    "Conversion",
    "Forecast",
    "Invitation",
    "Key",
    "Learned",
    "Member",
    "OutboxRow",
    "Outlook",
    "Participant",
    "User",
]
