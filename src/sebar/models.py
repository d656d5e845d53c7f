"""All tables, in the one place where Django looks for them. Each lives beside its package."""

from sebar.brands.models import AuditEntry, Brand, Invitation, Key, Member, User
from sebar.campaigns.brief.models import Brief
from sebar.campaigns.models import Campaign, ConsentText
from sebar.channels.conversation.models import Heard, Talk
from sebar.channels.kinds.buzz.models import BuzzRule, BuzzSource, Mention
from sebar.channels.kinds.email.models import OwnLetter
from sebar.channels.kinds.footer.models import FooterSender, FooterTally, FooterThread
from sebar.channels.kinds.link.models import NamedCard
from sebar.channels.kinds.spoken.models import Claim, SpokenCode
from sebar.channels.models import Account, Contact, Message, News, Pace, Suppression, Switch
from sebar.fraud.models import Decision, JoinEvidence, Objection, Suspicion
from sebar.material.models import Best, Creative
from sebar.outbox import OutboxRow
from sebar.participants.models import Conversion, Participant, WaitingJoin
from sebar.rewards.draws.models import Draw, DrawList, DrawNaming, DrawWinner, Entrant, FreeEntry
from sebar.rewards.models import Coupon, CouponPool, LedgerEntry, Reward, RewardHold, RewardPosition, RewardRule
from sebar.steering.alarms.models import Alarm, AlarmBrowser, AlarmHook, AlarmNotice, Lookout, Watched
from sebar.steering.decisions.models import CampaignDecision, Policy
from sebar.steering.experiments.models import Assignment, Experiment
from sebar.steering.models import Forecast, Learned, Outlook
from sebar.steering.plans.models import CampaignPlan, PlanGraph, PlanVersion

__all__ = [
    "Account",
    "Alarm",
    "AlarmBrowser",
    "AlarmHook",
    "AlarmNotice",
    "Assignment",
    "AuditEntry",
    "Best",
    "Brand",
    "Brief",
    "BuzzRule",
    "BuzzSource",
    "Campaign",
    "CampaignDecision",
    "CampaignPlan",
    "Claim",
    "ConsentText",
    "Contact",
    "Conversion",
    "Coupon",
    "CouponPool",
    "Creative",
    "Decision",
    "Draw",
    "DrawList",
    "DrawNaming",
    "DrawWinner",
    "Entrant",
    "Experiment",
    "FooterSender",
    "FooterTally",
    "FooterThread",
    "Forecast",
    "FreeEntry",
    "Heard",
    "Invitation",
    "JoinEvidence",
    "Key",
    "Learned",
    "LedgerEntry",
    "Lookout",
    "Member",
    "Mention",
    "Message",
    "NamedCard",
    "News",
    "Objection",
    "OutboxRow",
    "Outlook",
    "OwnLetter",
    "Pace",
    "Participant",
    "PlanGraph",
    "PlanVersion",
    "Policy",
    "Reward",
    "RewardHold",
    "RewardPosition",
    "RewardRule",
    "SpokenCode",
    "Suppression",
    "Suspicion",
    "Switch",
    "Talk",
    "User",
    "WaitingJoin",
    "Watched",
]
