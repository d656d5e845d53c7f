"""Make the demonstration: two campaigns of a coffee brand that never existed, grown by `sebar.spread.generate`.

Everything goes through the public surface: campaigns, participants and conversions through the API, visits through
the links, views and shares as pages send them, all at the times at which they would have happened. The second one
has an affair behind it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
import numpy as np
from numpy.typing import NDArray

from sebar.kit.ids import now_ms
from sebar.replay import affair, exhibits
from sebar.replay.affair import Hearing, Letterbox
from sebar.replay.client import Client, connected
from sebar.replay.exhibits import Exhibit
from sebar.replay.names import NAMES
from sebar.replay.play import BATCH, BatchJoined, CampaignMade, Codes, Watch, together
from sebar.spread import generate
from sebar.spread.generate import CHANNELS, KINDS, Touches

BRAND_NAME: Final = "Kopi Nusa"
BRAND_SLUG: Final = "kopi-nusa"
PEOPLE: Final = 20_000
_ZONE: Final = "Asia/Jakarta"
_LASTS_MS: Final = 30 * 86_400_000
_VISITS_AT_ONCE: Final = 48
_PAGE_TOUCHES: Final = 100
_CONVERTS: Final = 0.07
_CONVERSION_DELAY: Final = 8 * 3600.0
_CRAWLER: Final = "WhatsApp/2.23.20.0"
_COUPONS: Final = 400
_WHY: Final = {"reason": "A demo campaign; its people are invented."}
_PRICES: Final = (1_800_000, 2_500_000, 3_200_000, 4_500_000, 7_800_000)  # sen
# The generator knows messengers as one; most people in this story have the same.
_VIA: Final = tuple("whatsapp" if name == "messenger" else name for name in CHANNELS)
_GOAL: Final = 1.5  # times as many as have come
_CHEATS: Final = 17  # accounts of one person
_ONE_PAYER: Final[Mapping[str, object]] = {"payment": "0812-0000-0044"}
_SOURCES: Final = ("instagram", "outlet", "newsletter", "organic")


@dataclass(frozen=True)
class Story:
    """One campaign of the demonstration: how it reads, and how long and with how many people it has run."""

    slug: str
    name: str
    colour: str
    share: float
    days: float
    seed: int
    texts: Mapping[str, Mapping[str, str]]
    rewards: tuple[Mapping[str, object], ...]
    is_whole: bool = False
    """Whether it has a brief, material, an experiment, prize draws, and people who may not exist."""


class _Made(msgspec.Struct, frozen=True):
    """What was made, by its number."""

    id: int


STORIES: Final = (
    Story(
        slug="kopi-bareng",
        name="Kopi Bareng",
        colour="#7a4419",
        share=0.7,
        days=12.0,
        seed=20_261,
        texts={
            "en": {
                "headline": "Coffee tastes better together",
                "text": "Bring a friend to Kopi Nusa this month: the second cup is on us for both of you.",
                "call_to_action": "Get my link",
                "share_text": "Second cup free at Kopi Nusa if we go together. Join me:",
            },
            "id": {
                "headline": "Ngopi lebih nikmat bareng",
                "text": "Ajak teman ke Kopi Nusa bulan ini: cangkir kedua gratis untuk kalian berdua.",
                "call_to_action": "Ambil tautan saya",
                "share_text": "Cangkir kedua gratis di Kopi Nusa kalau kita pergi bareng. Ikut, yuk:",
            },
        },
        rewards=(
            {
                "name": "Cangkir gratis",
                "kind": "milestone",
                "milestone": 3,
                "what": "coupon",
                "labels": {"en": "a free cup in any of our shops", "id": "secangkir gratis di semua gerai"},
            },
            {
                "name": "Belanja pertama",
                "trigger": "conversion",
                "who": "both",
                "what": "money",
                "amount": 1_000_000,
                "currency": "IDR",
                "budget": 1_500_000_000,
                "hold_days": 7,
            },
            {"name": "Teman terbanyak", "kind": "leaderboard"},
            {"name": "Tiket undian", "kind": "milestone", "milestone": 2, "what": "tickets"},
        ),
        is_whole=True,
    ),
    Story(
        slug="botol-sendiri",
        name="Botol Sendiri",
        colour="#0f6b5c",
        share=0.3,
        days=5.0,
        seed=20_262,
        texts={
            "en": {
                "headline": "Bring your own bottle",
                "text": "One thousand bottles less each week. Pass it on and help your neighbourhood get there first.",
                "call_to_action": "I bring mine",
                "share_text": "I bring my own bottle to Kopi Nusa. You too?",
            },
            "id": {
                "headline": "Bawa botol sendiri",
                "text": "Seribu botol lebih sedikit tiap minggu. Sebarkan, biar lingkunganmu sampai duluan.",
                "call_to_action": "Saya bawa sendiri",
                "share_text": "Saya bawa botol sendiri ke Kopi Nusa. Kamu juga?",
            },
        },
        rewards=({"name": "Poin teman", "what": "points", "amount": 10},),
    ),
)


async def make(*, url: str, key: str, people: int, hear: Hearing, letterbox: Letterbox | None, watch: Watch) -> None:
    """Make both campaigns on a running instance.

    Parameters
    ----------
    url, key
        The instance, and a key of scopes read, write and replay of the brand that shall have them.
    people
        How many, in both together.
    hear
        Takes what people say elsewhere about a campaign.
    letterbox
        Returns what came to an invented address; None where letters would leave this machine.
    watch
        Is told what is being done.

    Raises
    ------
    UserError
        When the instance cannot be reached, or a campaign of the same address is there already.
    """
    async with connected(url, key) as client:
        tellings = [_Telling(client, story, max(round(people * story.share), 1), watch) for story in STORIES]
        for telling in tellings:
            await telling.publish()
        await affair.begin(hear)  # while the rest is made, somebody notices
        for telling in tellings:
            await telling.tell()
        await affair.end(client, letterbox, watch)
        for telling in tellings:
            await telling.end()


class _Telling:
    """One campaign in the making. Everything random follows from the story's seed; only the end of it is now."""

    def __init__(self, client: Client, story: Story, people: int, watch: Watch) -> None:
        self._client = client
        self._story = story
        self._watch = watch
        self._random = np.random.default_rng(story.seed)
        self._end_ms = now_ms()
        self._start_ms = self._end_ms - round(story.days * 86_400_000)
        start = datetime.fromtimestamp(self._start_ms / 1000, ZoneInfo(_ZONE))
        hour = start.hour + start.minute / 60
        self._cheats = min(_CHEATS, people // _CHEATS) if story.is_whole else 0
        real = people - self._cheats
        self._forest = generate.forest(people=real, days=story.days, seed=story.seed, start_hour=hour)
        self._codes: Codes = np.empty(real, dtype="U7")
        self._passed_on: list[Exhibit] = []
        self._done = 0

    async def publish(self) -> None:
        """Make the campaign, with all that its people find there."""
        story = self._story
        body = {
            "name": story.name,
            "slug": story.slug,
            "languages": list(story.texts),
            "texts": story.texts,
            "starts_at": _moment(self._start_ms),
            "ends_at": _moment(self._start_ms + _LASTS_MS),
            "time_zone": _ZONE,
            "colour": story.colour,
            "goal": round(_GOAL * len(self._codes)),
        }
        await self._client.post("/campaigns", CampaignMade, body)
        if story.is_whole:
            await self._hang()
        await self._client.post(f"/campaigns/{story.slug}/publish", CampaignMade, _WHY)
        await self._promise()
        if story.is_whole:
            await exhibits.try_headlines(self._client, story.slug, _moment(self._start_ms))

    async def tell(self) -> None:
        """Make the campaign's people, what they did and what came of it."""
        for first in range(0, len(self._codes), BATCH):
            await self._join(range(first, min(first + BATCH, len(self._codes))))
        await self._cheat()
        happened = generate.touches(self._forest, seed=self._story.seed)
        is_past = self._times(happened.seconds) <= self._end_ms
        await self._visit(happened, np.flatnonzero(is_past & _is_kind(happened, "visit", "crawler")))
        await self._page(happened, np.flatnonzero(is_past & _is_kind(happened, "view", "share")))
        await self._convert()

    async def end(self) -> None:
        """Begin what goes on by the clock after everything else is made."""
        if self._story.is_whole:
            await exhibits.open_draws(self._client, self._story.slug)
            await exhibits.plan(self._client, self._story.slug)

    async def _hang(self) -> None:
        """Hang the material up, and let everybody choose what of it they pass on."""
        hung = await exhibits.prepare(self._client, self._story.slug)
        weights = np.array([one.weight for one in hung])
        chosen = self._random.choice(len(hung), len(self._codes), p=weights / weights.sum())
        self._passed_on = [hung[which] for which in chosen.tolist()]

    async def _promise(self) -> None:
        """Switch the story's rewards on since its start."""
        home = f"/campaigns/{self._story.slug}"
        for promised in self._story.rewards:
            terms = dict(promised)
            if terms.get("what") == "coupon":
                pool = await self._client.post(f"{home}/coupon-pools", _Made, {"name": terms["name"], "low_at": 50})
                made = {"codes": [f"CANGKIR-{number:04}" for number in range(_COUPONS)]}
                await self._client.post(f"{home}/coupon-pools/{pool.id}/codes", msgspec.Raw, made)
                terms["pool"] = pool.id
            rule = await self._client.post(f"{home}/reward-rules", _Made, terms)
            since = {"since": _moment(self._start_ms), **_WHY}
            await self._client.post(f"{home}/reward-rules/{rule.id}/on", msgspec.Raw, since)

    async def _join(self, people: range) -> None:
        """Add the next people. Everybody comes after their parent, who may be in the same batch."""
        body = {"participants": [self._entry(person) for person in people]}
        added = await self._client.post(f"/campaigns/{self._story.slug}/participants/batch", BatchJoined, body)
        self._codes[people] = [one.code for one in added.participants]
        self._watch(f"{self._story.name}: people", people.stop, len(self._codes))

    def _entry(self, person: int) -> dict[str, Any]:
        forest = self._forest
        parent = int(forest.parent[person])
        known = {
            "external_id": f"demo-{person}",
            "name": NAMES[self._random.integers(len(NAMES))],
            "joined_at": _moment(self._time(forest.seconds[person])),
        }
        if parent < 0:
            return {**known, "source": _SOURCES[self._random.integers(len(_SOURCES))]}
        came = {"channel": _VIA[forest.channel[person]], "creative": self._creative(parent)}
        return {**known, "referred_by": f"demo-{parent}", **came}

    async def _cheat(self) -> None:
        """Add accounts that one person makes on one device, at even steps, all paid for from one account."""
        first = self._end_ms - 3 * 3600_000
        names = [f"demo-cheat-{number}" for number in range(self._cheats)]
        for number, name in enumerate(names):
            body = {
                "external_id": name,
                "name": f"Akun {number}",
                "ip": "192.0.2.44",
                "user_agent": "Mozilla/5.0 (Linux; Android 10; demo)",
                "joined_at": _moment(first + number * 97_000),
                **({"referred_by": names[0], "channel": "link"} if number else {"source": "organic"}),
            }
            await self._client.post(f"/campaigns/{self._story.slug}/participants", msgspec.Raw, body)
        for number, name in enumerate(names[1:], start=1):
            order = self._order(f"cheat-{number}", name, first + 3600_000 + number * 60_000, _PRICES[0])
            await self._client.post(f"/campaigns/{self._story.slug}/conversions", msgspec.Raw, {**order, **_ONE_PAYER})

    def _creative(self, person: int) -> str:
        """Return what somebody passes on, by its name; nothing where there is no material."""
        return self._passed_on[person].name if self._passed_on else ""

    async def _visit(self, happened: Touches, which: NDArray[np.intp]) -> None:
        async def visit(touch: int) -> None:
            await self._client.visit(
                str(self._codes[happened.owner[touch]]),
                at_ms=self._time(happened.seconds[touch]),
                visitor=touch + 1,
                via=_VIA[happened.channel[touch]],
                creative=self._creative(int(happened.owner[touch])),
                agent=_CRAWLER if KINDS[happened.kind[touch]] == "crawler" else "",
            )
            self._count("visits", len(which))

        self._done = 0
        await together(_VISITS_AT_ONCE, which.tolist(), visit)

    async def _page(self, happened: Touches, which: NDArray[np.intp]) -> None:
        touches = [one for touch in which.tolist() for one in self._touches(happened, touch)]
        for first in range(0, len(touches), _PAGE_TOUCHES):
            chunk = touches[first : first + _PAGE_TOUCHES]
            await self._client.touch(chunk)
            self._watch(f"{self._story.name}: views and shares", first + len(chunk), len(touches))

    def _touches(self, happened: Touches, touch: int) -> list[dict[str, object]]:
        """Return a view or a share and, after a view of something that can be played, how far it was."""
        owner = int(happened.owner[touch])
        told: dict[str, object] = {
            "kind": KINDS[happened.kind[touch]],
            "campaign": self._story.slug,
            "code": str(self._codes[owner]),
            "via": _VIA[happened.channel[touch]],
            "c": self._creative(owner),
            "time": self._time(happened.seconds[touch]),
            "visitor": touch + 1,
        }
        if told["kind"] != "view" or not self._passed_on:
            return [told]
        return [told, *({**told, **played} for played in exhibits.plays(self._passed_on[owner], self._random))]

    async def _convert(self) -> None:
        orders = list(self._orders())

        async def convert(order: Mapping[str, object]) -> None:
            await self._client.post(f"/campaigns/{self._story.slug}/conversions", msgspec.Raw, order)
            self._count("conversions", len(orders))

        self._done = 0
        await together(4, orders, convert)

    def _orders(self) -> Iterator[dict[str, object]]:
        buyers = np.flatnonzero(self._random.random(len(self._codes)) < _CONVERTS)
        later = self._random.exponential(_CONVERSION_DELAY, len(buyers))
        for buyer, after in zip(buyers.tolist(), later, strict=True):
            when = self._time(self._forest.seconds[buyer] + after)
            if when <= self._end_ms:
                price = _PRICES[self._random.integers(len(_PRICES))]
                yield self._order(f"order-{buyer}", f"demo-{buyer}", when, price)

    @staticmethod
    def _order(name: str, buyer: str, when: int, price: int) -> dict[str, object]:
        return {
            "external_id": name,
            "participant": buyer,
            "value": price,
            "currency": "IDR",
            "happened_at": _moment(when),
        }

    def _count(self, what: str, of: int) -> None:
        self._done += 1
        self._watch(f"{self._story.name}: {what}", self._done, of)

    def _time(self, seconds: float) -> int:
        return int(self._times(np.asarray(seconds)))

    def _times(self, seconds: NDArray[np.float64]) -> NDArray[np.int64]:
        times: NDArray[np.int64] = self._start_ms + np.rint(seconds * 1000).astype(np.int64)
        return times


def _is_kind(happened: Touches, *kinds: str) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = np.isin(happened.kind, [KINDS.index(kind) for kind in kinds])
    return found


def _moment(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)
