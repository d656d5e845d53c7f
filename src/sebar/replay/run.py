"""The whole replay: a campaign, the play, the comparison."""

from __future__ import annotations

import re
import secrets
from pathlib import Path
from typing import Final

import msgspec

from sebar.kit.errors import UserError
from sebar.kit.ids import now_ms
from sebar.replay.client import Client, connected
from sebar.replay.compare import compare
from sebar.replay.expect import HOUR_MS, expect
from sebar.replay.play import CampaignMade, Watch, play
from sebar.replay.read import Recording

_TEXTS: Final = {
    "headline": "A cascade, played again",
    "text": "This campaign holds a recorded cascade, played again through Sebar.",
    "call_to_action": "Join",
    "share_text": "Have a look",
}


class Report(msgspec.Struct, frozen=True):
    """What a replay came to.

    Attributes
    ----------
    campaign
        Slug of the campaign it was played on.
    cascades, participants, visits
        What was played; participants with the seeds.
    clamped
        Times in the file that lay before their parent's and were set to it.
    seconds, joins_per_second
        How long playing took; participants per second of it, their visits included.
    differences
        One sentence for every difference between file and platform.
    """

    campaign: str
    cascades: int
    participants: int
    visits: int
    clamped: int
    seconds: float
    joins_per_second: float
    differences: list[str]


async def replay(recording: Recording, *, url: str, key: str, name: str, campaign: str, watch: Watch) -> Report:
    """Play a recording on a running instance and compare what that reports with the recording.

    Parameters
    ----------
    url, key
        The instance, and a key of scopes read, write and replay.
    name
        Names the campaign that is made.
    campaign
        Slug of an empty campaign to play on instead; empty to make one.
    watch
        Is told what is being done.

    Raises
    ------
    UserError
        When the instance cannot be reached or does not take what is played.
    """
    started_ms = (now_ms() - int(recording.milliseconds.max())) // HOUR_MS * HOUR_MS
    expected = expect(recording, started_ms)
    async with connected(url, key) as client:
        slug = await _empty(client, campaign) if campaign else await _made(client, name)
        played = await play(client, slug, recording, started_ms, watch)
        differences = await compare(client, slug, played, expected, watch)
    return Report(
        campaign=slug,
        cascades=expected.seeds,
        participants=expected.participants,
        visits=expected.visits,
        clamped=recording.clamped,
        seconds=round(played.seconds, 3),
        joins_per_second=round(expected.participants / played.seconds, 1),
        differences=differences,
    )


def name_of(place: Path) -> str:
    """Return what to call the campaign of a file or folder."""
    return place.resolve().name.removesuffix(".gz").removesuffix(".csv")


async def _empty(client: Client, slug: str) -> str:
    found = await client.get(f"/campaigns/{slug}", CampaignMade)
    if found.participants:
        raise UserError(
            f"The campaign {slug} has {found.participants} participants already, so nothing could be compared;"
            " name an empty one, or leave --campaign out.",
            field="campaign",
        )
    return slug


async def _made(client: Client, name: str) -> str:
    stem = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "cascades"
    body = {"name": f"Replay of {name}"[:80], "slug": f"replay-{stem}-{secrets.token_hex(3)}", "texts": {"en": _TEXTS}}
    made = await client.post("/campaigns", CampaignMade, body)
    why = {"reason": "Past cascades are played again; nobody is reached."}
    return (await client.post(f"/campaigns/{made.slug}/publish", CampaignMade, why)).slug
