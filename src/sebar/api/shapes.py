"""What requests carry and answers hold, as the OpenAPI document describes it.

Times are ISO 8601 with a zone (answers: UTC), durations ISO 8601, money minor units with an ISO 4217 currency.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from sebar.campaigns.models import Campaign
from sebar.campaigns.rules import phase
from sebar.kit import addresses, codes
from sebar.material.queries import Links
from sebar.participants.actions import Converted, Joined
from sebar.participants.models import Participant
from sebar.participants.rules import BATCH_LIMIT, Entry

LARGEST_PAGE = 1000
Limit = Annotated[int, Field(ge=1, le=LARGEST_PAGE, description="How many at most in one page.")]
After = Annotated[str, Field(description="`next` of the page before; empty for the first page.")]
Moment = Annotated[AwareDatetime | None, Field(description="ISO 8601 with a zone, like 2026-12-01T09:00:00+07:00.")]

Original = Annotated[AwareDatetime | None, Field(description="Original time; needs a key of scope replay.")]


class Given(BaseModel):
    """A request's body. A field we do not know is refused: a typing error must not pass in silence."""

    model_config = ConfigDict(extra="forbid")


class Texts(Given):
    """A campaign's wordings in one language."""

    headline: str = ""
    text: str = ""
    call_to_action: str = ""
    share_text: str = ""


class NewCampaign(Given):
    """A campaign to be drafted. Only name and slug are needed to keep it; publishing needs its texts."""

    name: str
    slug: str
    languages: list[str] = ["en"]
    texts: dict[str, Texts] = {}
    target_url: Annotated[str, Field(description="The brand's own page; empty for the page that Sebar hosts.")] = ""
    stop_url: Annotated[str, Field(description="Where links lead once it is stopped; empty for Sebar's page.")] = ""
    starts_at: Moment = None
    ends_at: Moment = None
    time_zone: str = "Asia/Jakarta"
    asks_name: Annotated[str, Field(description="no, optional or required")] = "optional"
    asks_email: Annotated[str, Field(description="no, optional or required")] = "no"
    confirmation: Annotated[str, Field(description="at_once, or by_brand: through this API")] = "at_once"
    colour: str = "#0f6b5c"
    goal: Annotated[int | None, Field(description="How many participants you want.")] = None
    population: Annotated[int | None, Field(description="How many people could take part at most.")] = None


class CampaignChange(Given):
    """What changes in a campaign; what is left out stays."""

    name: str = ""
    slug: str = ""
    languages: list[str] = []
    texts: dict[str, Texts] = {}
    target_url: str = ""
    stop_url: str = ""
    starts_at: Moment = None
    ends_at: Moment = None
    time_zone: str = ""
    asks_name: str = ""
    asks_email: str = ""
    confirmation: str = ""
    colour: str = ""
    goal: int | None = None
    population: int | None = None


class Publishing(Given):
    """Why a campaign is published although its checklist has gaps."""

    reason: Annotated[str, Field(description="Needed while the checklist has gaps; kept in the audit log.")] = ""


class Stopping(Given):
    """How a campaign stops."""

    stop_url: Annotated[
        str | None, Field(description="Where old links lead; empty for Sebar's own page; left out: what is set.")
    ] = None


class NewParticipant(Given):
    """Somebody who joins. The same `external_id` (or e-mail) again is the same person."""

    external_id: Annotated[str, Field(description="Your own name for the person; up to 120 characters.")] = ""
    referred_by: Annotated[str, Field(description="Who brought them: a code or an external id; empty: a seed.")] = ""
    name: str = ""
    email: str = ""
    language: str = ""
    channel: Annotated[str, Field(description="How the link travelled, like whatsapp.")] = ""
    creative: str = ""
    source: Annotated[str, Field(description="Where a seed came from.")] = ""
    country: Annotated[str, Field(description="From where they join: two letters of ISO 3166, like ID.")] = ""
    ip: Annotated[str, Field(description="IP address they joined from; kept as a keyed hash, against fraud.")] = ""
    user_agent: Annotated[str, Field(description="Their browser’s User-Agent; kept as a keyed hash.")] = ""
    letters: Annotated[bool, Field(description="Whether they agreed to letters: then a welcome letter is sent.")] = (
        False
    )
    joined_at: Original = None

    def entry(self) -> Entry:
        """Return it as the entry that `sebar.participants` takes."""
        return Entry(
            external_id=self.external_id,
            referred_by=self.referred_by,
            name=self.name,
            email=self.email,
            language=self.language,
            channel=self.channel,
            creative=self.creative,
            source=self.source,
            country=self.country,
            joined_at=self.joined_at,
        )


class Batch(Given):
    """Many who join, in any order: parents may be among them. All are added or, if anything is wrong, none."""

    participants: Annotated[list[NewParticipant], Field(min_length=1, max_length=BATCH_LIMIT)]


class Confirming(Given):
    """When a join was confirmed; now when left out."""

    confirmed_at: Annotated[AwareDatetime | None, Field(description="Original time; needs a key of scope replay.")] = (
        None
    )


class NewConversion(Given):
    """Something a participant did that the brand wants. The same `external_id` again changes nothing."""

    external_id: Annotated[str, Field(description="Your own name for it, like the order's number.")]
    participant: Annotated[str, Field(description="Who did it: a code or an external id.")]
    value: Annotated[int, Field(description="Minor units (cents) of the currency.")] = 0
    currency: Annotated[str, Field(description="ISO 4217, like IDR; needed with a value.")] = ""
    payment: Annotated[str, Field(description="What names the account it was paid from; kept as a keyed hash.")] = ""
    happened_at: Annotated[AwareDatetime | None, Field(description="Now when left out.")] = None


class Refunding(Given):
    """When a conversion was undone; now when left out."""

    refunded_at: Moment = None


@dataclass(frozen=True, slots=True)
class CampaignShown:
    """A campaign.

    `status` is draft, running, paused or stopped; `phase` adds scheduled and ended, which follow from its times.
    """

    slug: str
    brand: str
    name: str
    status: str
    phase: str
    participants: int
    languages: list[str]
    texts: dict[str, dict[str, str]]
    target_url: str
    stop_url: str
    starts_at: datetime | None
    ends_at: datetime | None
    time_zone: str
    asks_name: str
    asks_email: str
    confirmation: str
    colour: str
    goal: int | None
    population: int | None
    page_url: str
    created_at: datetime
    published_at: datetime | None


@dataclass(frozen=True, slots=True)
class Campaigns:
    """All campaigns of the brand, newest first."""

    campaigns: list[CampaignShown]


@dataclass(frozen=True, slots=True)
class ParticipantShown:
    """A participant. `parent` and `root` are codes; a seed has no parent and is its own root.

    `share_link` is the link that their share page passes on: it names what they saw, so that friends see the same.
    `link` names nothing.
    """

    code: str
    external_id: str | None
    name: str
    email: str | None
    parent: str | None
    root: str
    generation: int
    how: str
    channel: str
    creative: str
    source: str
    joined_at: datetime
    confirmed_at: datetime | None
    link: str
    share_link: str


@dataclass(frozen=True, slots=True)
class JoinedShown(ParticipantShown):
    """A participant, and whether this request made them."""

    is_new: bool


@dataclass(frozen=True, slots=True)
class Added:
    """One row of a batch."""

    external_id: str | None
    code: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class BatchAdded:
    """What became of a batch, row by row in the order of the request."""

    participants: list[Added]


@dataclass(frozen=True, slots=True)
class Participants:
    """A page of participants in the order in which they joined; `next` is null on the last."""

    participants: list[ParticipantShown]
    next: str | None


@dataclass(frozen=True, slots=True)
class ConversionShown:
    """A conversion, and whether this request recorded it, or undid it."""

    external_id: str
    participant: str
    value: int
    currency: str
    happened_at: datetime
    refunded_at: datetime | None
    is_new: bool


def campaign_shown(campaign: Campaign, participants: int, now: datetime) -> CampaignShown:
    """Return the campaign as answers hold it."""
    return CampaignShown(
        slug=campaign.slug,
        brand=campaign.brand.slug,
        name=campaign.name,
        status=campaign.status,
        phase=phase(campaign, now),
        participants=participants,
        languages=list(campaign.languages),
        texts=campaign.texts,
        target_url=campaign.target_url,
        stop_url=campaign.stop_url,
        starts_at=campaign.starts_at,
        ends_at=campaign.ends_at,
        time_zone=campaign.time_zone,
        asks_name=campaign.asks_name,
        asks_email=campaign.asks_email,
        confirmation=campaign.confirmation,
        colour=campaign.colour,
        goal=campaign.goal,
        population=campaign.population,
        page_url=addresses.campaign_page(campaign.slug),
        created_at=campaign.created_at,
        published_at=campaign.published_at,
    )


def participant_shown(participant: Participant, share_link: Links) -> ParticipantShown:
    """Return the participant as answers hold it; `material.queries.links` tells links to share."""
    return ParticipantShown(*_columns(participant, share_link))


def joined_shown(joined: Joined, share_link: Links) -> JoinedShown:
    """Return what a join came to as answers hold it."""
    return JoinedShown(*_columns(joined.participant, share_link), joined.is_new)


def added(joined: Joined) -> Added:
    """Return what one row of a batch came to as answers hold it."""
    participant = joined.participant
    return Added(participant.external_id, codes.spell(participant.pk), joined.is_new)


def conversion_shown(converted: Converted) -> ConversionShown:
    """Return the conversion as answers hold it."""
    conversion = converted.conversion
    return ConversionShown(
        external_id=conversion.external_id,
        participant=codes.spell(conversion.participant_id),
        value=conversion.value,
        currency=conversion.currency,
        happened_at=conversion.happened_at,
        refunded_at=conversion.refunded_at,
        is_new=converted.is_new,
    )


def _columns(
    participant: Participant, share_link: Links
) -> tuple[
    str, str | None, str, str | None, str | None, str, int, str, str, str, str, datetime, datetime | None, str, str
]:
    code = codes.spell(participant.pk)
    parent = participant.parent_id
    return (
        code,
        participant.external_id,
        participant.name,
        participant.email,
        codes.spell(parent) if parent else None,
        codes.spell(participant.root_id),
        participant.generation,
        participant.how,
        participant.channel,
        participant.creative,
        participant.source,
        participant.joined_at,
        participant.confirmed_at,
        addresses.link(code),
        share_link(code, participant.creative),
    )
