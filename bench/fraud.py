"""How well frauds are found: six kinds of them, seeded in a simulated campaign of 20,000 people.

The campaign is made to be hard to judge: mobile carriers put thousands behind one address, offices share a line and
have equal machines, households share phones, one message to a group brings ten friends within minutes, some people use
throw-away addresses or sign up twice, a stall signs people up on one tablet. Sharing a network is no proof of anything.

The weights in `sebar.fraud.rules` were set on other campaigns of this simulator (`python bench/fraud.py learn`). What
is printed is how the rules do on campaigns they were not made on, but of a kind that they were made on.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from sebar.fraud import rules, signals
from sebar.fraud.signals import UNKNOWN, Crowd

PEOPLE = 20_000
QUEUE = 200
SEEDS = range(100, 112)
LEARNED_ON = range(1, 9)
DAY = 86_400.0
PRIOR = 10.0  # pull of the weights towards 0
KINDS = ("own friends", "aliases", "throw-away", "device farm", "bot burst", "ring")


@dataclass
class Made:
    """A campaign in the making: a row for each person."""

    rng: np.random.Generator
    parent: list[int] = field(default_factory=list)
    joined: list[float] = field(default_factory=list)
    network: list[int] = field(default_factory=list)
    device: list[int] = field(default_factory=list)
    payment: list[int] = field(default_factory=list)
    mailbox: list[int] = field(default_factory=list)
    thrown: list[bool] = field(default_factory=list)
    linked: list[bool] = field(default_factory=list)
    seen: list[int] = field(default_factory=list)
    opened: list[int] = field(default_factory=list)
    fraud: list[int] = field(default_factory=list)
    fresh: int = 1_000_000

    def new(self) -> int:
        """Return a key nobody else has."""
        self.fresh += 1
        return self.fresh

    def add(self, parent: int, joined: float, **what: int) -> int:
        """Add somebody who opened the link, saw the page and left a mailbox, but for what is different."""
        self.parent.append(parent)
        self.joined.append(joined)
        self.network.append(what.get("network", UNKNOWN))
        self.device.append(what.get("device", UNKNOWN))
        self.payment.append(what.get("payment", UNKNOWN))
        self.mailbox.append(what["mailbox"] if "mailbox" in what else self.new())
        self.thrown.append(bool(what.get("thrown", 0)))
        linked = bool(what.get("linked", parent >= 0))
        self.linked.append(linked)
        self.seen.append(what.get("seen", 1))
        self.opened.append(0)
        self.fraud.append(what.get("fraud", -1))
        if parent >= 0 and linked and what.get("opens", 1):
            self.opened[parent] += what.get("opens", 1)
        return len(self.parent) - 1

    def crowd(self) -> tuple[Crowd, np.ndarray]:
        """Return the columns in the order of joining, and which fraud each person belongs to (-1: none)."""
        order = np.argsort(self.joined, kind="stable")
        place = np.empty(order.size, np.int64)
        place[order] = np.arange(order.size)

        def column(values: list, kind: type = np.int64) -> np.ndarray:
            return np.array(values, kind)[order]

        parent = column(self.parent)
        return (
            Crowd(
                number=np.arange(1, order.size + 1),
                parent=np.where(parent >= 0, place[parent], UNKNOWN),
                joined=column(self.joined, np.float64),
                network=column(self.network),
                device=column(self.device),
                payment=column(self.payment),
                mailbox=column(self.mailbox),
                is_thrown_away=column(self.thrown, np.bool_),
                is_linked=column(self.linked, np.bool_),
                seen=column(self.seen),
                opened=column(self.opened),
            ),
            column(self.fraud),
        )


class Honest:
    """Draws honest people: where they live, with what they browse, and whom they bring when."""

    def __init__(self, made: Made) -> None:
        self._made, self._rng = made, made.rng
        # Four carriers with 15 addresses each, the busiest of which hold most people.
        self._carriers = self._drawn(60)
        self._agents = self._drawn(400)
        self._offices = {made.new(): self.agent() for _ in range(150)}
        self._place: dict[int, tuple[str, int, int]] = {}
        self._at_home: dict[int, int] = {}

    def _drawn(self, kinds: int) -> Iterator[int]:
        """Yield kinds, the first ones most often, as Zipf's law has it."""
        shares = 1 / np.arange(1, kinds + 1)
        while True:
            yield from self._rng.choice(kinds, 10_000, p=shares / shares.sum()).tolist()

    def agent(self) -> int:
        return next(self._agents)

    def carrier(self) -> int:
        return next(self._carriers)

    def place(self, parent: int) -> tuple[str, int, int]:
        """Return the kind of line, the line and the browser of somebody whom `parent` brought."""
        rng, near = self._rng, self._place.get(parent)
        if near is not None and near[0] == "home" and self._at_home.get(near[1], 0) < 4 and rng.random() < 0.3:
            self._at_home[near[1]] = self._at_home.get(near[1], 0) + 1
            return "home", near[1], near[2] if rng.random() < 0.2 else self.agent()
        if near is not None and near[0] == "office" and rng.random() < 0.45:
            return self._in_office(near[1])
        where = rng.random()
        if where < 0.5:
            # Friends are often with the same carrier, in the same town.
            line = near[1] if near is not None and near[0] == "carrier" and rng.random() < 0.3 else self.carrier()
            return "carrier", line, self.agent()
        if where < 0.88:
            return "home", self._made.new(), self.agent()
        return self._in_office(int(rng.choice(list(self._offices))))

    def _in_office(self, line: int) -> tuple[str, int, int]:
        return "office", line, self._offices[line] if self._rng.random() < 0.35 else self.agent()

    def join(self, parent: int, joined: float) -> int:
        """Add one honest person."""
        rng, made = self._rng, self._made
        kind, line, agent = self.place(parent)
        way = rng.random()
        what = {"network": line, "device": agent, "linked": int(parent >= 0 and way < 0.85)}
        what["seen"] = UNKNOWN if way > 0.95 else int(rng.random() < 0.96)
        what["opens"] = int(rng.random() < 0.97) + int(rng.poisson(0.8))
        what["thrown"] = int(rng.random() < 0.008)
        if rng.random() < 0.3:
            what["mailbox"] = UNKNOWN
        elif rng.random() < 0.002:
            what["mailbox"] = made.mailbox[int(rng.integers(len(made.mailbox)))] if made.mailbox else made.new()
        if parent >= 0 and rng.random() < 0.012:  # “here, take my phone”
            kind, what["network"], what["device"] = "home", made.network[parent], made.device[parent]
        if rng.random() < 0.15:  # has bought something, in a household perhaps with the same card
            shares = parent >= 0 and kind == "home" and made.payment[parent] >= 0 and line == made.network[parent]
            what["payment"] = made.payment[parent] if shares else made.new()
        who = made.add(parent, joined, **what)
        self._place[who] = (kind, what["network"], what["device"])
        return who


def simulate(seed: int, *, people: int = PEOPLE, bold: float = 1.0, farms: int = 3) -> tuple[Crowd, np.ndarray]:
    """Return a campaign and, for each of its people, the kind of fraud they are part of, -1 for honest ones.

    Parameters
    ----------
    bold
        1: as greedy as the frauds are by default; 0.5: half as large, with every trace hidden half of the time.
    farms
        Of each kind; 0 for a campaign without fraud.
    """
    made = Made(np.random.default_rng(seed))
    honest = Honest(made)
    rng = made.rng
    waiting = [honest.join(UNKNOWN, at) for at in np.sort(rng.uniform(0, 14 * DAY, people // 25))]
    if rng.random() < 0.33:
        _stall(made, honest)
    while waiting and len(made.parent) < people - 220:
        who = waiting.pop(int(rng.integers(len(waiting))))
        waiting += [honest.join(who, at) for at in _delays(rng, made.joined[who])]
        if not waiting:
            waiting.append(honest.join(UNKNOWN, rng.uniform(0, 20 * DAY)))
    for kind in range(len(KINDS)):
        for _ in range(farms):
            FRAUDS[kind](made, honest, bold)
    return made.crowd()


def _delays(rng: np.random.Generator, joined: float) -> list[float]:
    """Return when the friends of somebody join: most bring nobody, a few very many, some a group at once."""
    mean = rng.gamma(0.28, 0.95 / 0.28)
    count = int(min(rng.poisson(mean), 300))
    if count == 0:
        return []
    if count >= 3 and rng.random() < 0.4:  # one message to a group
        said = joined + rng.lognormal(np.log(3 * 3600), 1.6)
        return list(said + rng.exponential(1500, count) + 20)
    return list(joined + rng.lognormal(np.log(5 * 3600), 1.8, count) + 25)


def _stall(made: Made, honest: Honest) -> None:
    """Somebody at a stall signs twelve people up on one tablet: honest, and rightly looked at."""
    rng = made.rng
    line, device = made.new(), honest.agent()
    who = made.add(UNKNOWN, rng.uniform(0, 5 * DAY), network=line, device=device)
    at = made.joined[who] + 3600
    for _ in range(12):
        at += rng.exponential(400) + 60
        made.add(who, at, network=line, device=device)


def _start(made: Made, honest: Honest, kind: int) -> int:
    """Let the head of a fraud join like anybody, brought by somebody honest."""
    parent = int(made.rng.integers(len(made.parent)))
    who = honest.join(parent, made.joined[parent] + made.rng.exponential(DAY) + 60)
    made.fraud[who] = kind
    made.payment[who] = made.new()
    return who


def _many(made: Made, usual: float, bold: float) -> int:
    return max(2, round(made.rng.normal(usual, usual / 6) * bold))


def _own_friends(made: Made, honest: Honest, bold: float) -> None:
    """One person signs up again and again on the same phone, with fresh addresses."""
    rng, who = made.rng, _start(made, honest, 0)
    at = made.joined[who] + rng.exponential(1200)
    for _ in range(_many(made, 10, bold)):
        at += rng.exponential(240) + 40
        hides = rng.random() < 0.1 + 0.9 * (1 - bold)
        line = honest.carrier() if hides else made.network[who]
        device = honest.agent() if hides and rng.random() < 0.5 else made.device[who]
        made.add(who, at, network=line, device=device, fraud=0)


def _aliases(made: Made, honest: Honest, bold: float) -> None:
    """One mailbox under many spellings, over changing addresses of a carrier."""
    rng, who = made.rng, _start(made, honest, 1)
    if made.mailbox[who] == UNKNOWN:
        made.mailbox[who] = made.new()
    at = made.joined[who] + rng.exponential(1200)
    for _ in range(_many(made, 10, bold)):
        at += rng.exponential(300) + 30
        hides = rng.random() < 0.5 * (1 - bold)
        box = made.new() if hides else made.mailbox[who]
        made.add(who, at, network=honest.carrier(), device=made.device[who], mailbox=box, fraud=1)


def _throw_away(made: Made, honest: Honest, bold: float) -> None:
    """Throw-away addresses over a service that hides where one is."""
    rng, who = made.rng, _start(made, honest, 2)
    at = made.joined[who] + rng.exponential(3600)
    for _ in range(_many(made, 10, bold)):
        at += rng.exponential(200) + 30
        thrown = int(rng.random() < 0.9 - 0.4 * (1 - bold))
        made.add(who, at, network=made.new(), device=made.device[who], thrown=thrown, fraud=2)


def _device_farm(made: Made, honest: Honest, bold: float) -> None:
    """Three telephones on one line sign up in turn for a client who sits elsewhere."""
    rng, who = made.rng, _start(made, honest, 3)
    line, devices = made.new(), [honest.agent() for _ in range(3)]
    at = made.joined[who] + rng.exponential(6 * 3600)
    for place in range(_many(made, 10, bold)):
        at += rng.exponential(500) + 60
        hides = rng.random() < 0.5 * (1 - bold)
        made.add(who, at, network=made.new() if hides else line, device=devices[place % 3], fraud=3)


def _bot_burst(made: Made, honest: Honest, bold: float) -> None:
    """A program sends the form over many addresses, at nearly even steps, and opens nothing."""
    rng, who = made.rng, _start(made, honest, 4)
    at = made.joined[who] + rng.exponential(6 * 3600)
    for _ in range(_many(made, 10, bold)):
        at += max(rng.normal(9, 9 * (0.15 + 0.5 * (1 - bold))), 1)
        opens = int(rng.random() < 0.1 + 0.8 * (1 - bold))
        seen = int(rng.random() < 0.05 + 0.9 * (1 - bold))
        made.add(who, at, network=made.new(), device=honest.agent(), opens=opens, seen=seen, fraud=4)


def _ring(made: Made, honest: Honest, bold: float) -> None:
    """A few people with several accounts each bring each other and are paid to two accounts."""
    rng, who = made.rng, _start(made, honest, 5)
    pays = [made.payment[who], made.new()]
    places = [(made.network[who], made.device[who]), *[(made.new(), honest.agent()) for _ in range(2)]]
    inside = [who]
    for _ in range(_many(made, 10, bold)):
        parent = inside[-1] if rng.random() < 0.6 else inside[int(rng.integers(len(inside)))]
        line, device = places[int(rng.integers(3))]
        hides = rng.random() < 0.1 + 0.8 * (1 - bold)
        pay = made.new() if hides else pays[int(rng.integers(2))]
        at = made.joined[parent] + rng.exponential(5400) + 60
        inside.append(made.add(parent, at, network=line, device=device, payment=pay, fraud=5))


FRAUDS = (_own_friends, _aliases, _throw_away, _device_farm, _bot_burst, _ring)


def learn() -> None:
    """Print weights, none of them negative, that tell the frauds of the learning campaigns apart (logistic loss)."""
    rows, told = [], []
    for seed in LEARNED_ON:
        for bold in (1.0, 0.5):
            crowd, fraud = simulate(seed, bold=bold)
            rows.append(np.stack([sign(crowd).strength for sign in signals.ALL.values()], 1))
            told.append(fraud >= 0)
    every, told_of = np.concatenate(rows), np.concatenate(told)
    quiet = ~every.any(1)
    # Whoever shows no sign at all is one row that counts for many: a hundredth of the work.
    x = np.vstack([every[~quiet], np.zeros((2, every.shape[1]))])
    y = np.concatenate([told_of[~quiet], [False, True]])
    times = np.concatenate([np.ones(y.size - 2), [(quiet & ~told_of).sum(), (quiet & told_of).sum()]])
    weights, base = np.ones(x.shape[1]), -5.0
    for _ in range(3000):
        chance = 1 / (1 + np.exp(-(base + x @ weights)))
        curve = times * np.maximum(chance * (1 - chance), 1e-6)
        wrong = times * (chance - y)
        weights = np.maximum(weights - 0.2 * (x.T @ wrong + PRIOR * weights) / (x.T**2 @ curve + PRIOR), 0)
        base -= 0.2 * wrong.sum() / curve.sum()
    for name, weight in zip(signals.ALL, weights, strict=True):
        print(f"{name:12} {weight:5.2f}")
    print(f"base         {base:5.2f}")


def precision_and_recall(found: np.ndarray, fraud: np.ndarray) -> tuple[float, float]:
    """Return which share of what was found is fraud, and which share of the fraud was found."""
    hits = (fraud[found] >= 0).sum()
    return hits / found.size if found.size else 1.0, hits / max((fraud >= 0).sum(), 1)


def the_queue(crowd: Crowd, judged: rules.Judged) -> np.ndarray:
    """Return the places of those in the queue as a member meets them; a friend brings 10,000, and gets 5,000."""
    brought = np.bincount(crowd.parent[crowd.parent >= 0], minlength=len(crowd))
    earned = brought * 10_000 + (crowd.parent >= 0) * 5_000
    waiting = [
        rules.Waiting(int(who), int(judged.group[who]), float(judged.score[who]), int(earned[who]))
        for who in np.flatnonzero(judged.level >= rules.Level.MEDIUM)
    ]
    return np.array([one.number for group in rules.in_order(waiting) for one in group], np.int64)


def by_velocity(crowd: Crowd, window: float) -> np.ndarray:
    """Return people as a usual rule suspects them: most joins through one person within a window first."""
    count = signals._bursts(crowd, np.ones(len(crowd), bool), window, 0).number  # noqa: SLF001 - the plain count
    return np.argsort(-count, kind="stable")


def main() -> None:
    """Print how the rules do."""
    if "learn" in sys.argv[1:]:
        learn()
        return
    for name, options in (
        ("frauds as usual", {}),
        ("half as bold: half as large, with half of their traces hidden", {"bold": 0.5}),
        ("one fraud of each kind", {"farms": 1}),
    ):
        report(name, [simulate(seed, **options) for seed in SEEDS])
    levels = [rules.judge(simulate(seed, farms=0)[0]).level for seed in SEEDS]
    print(f"\nno fraud at all: {len(SEEDS)} campaigns of {PEOPLE:,} honest people")
    for label, least in (("in the queue", rules.Level.MEDIUM), ("rewards held", rules.Level.HIGH)):
        people = np.array([(one >= least).sum() for one in levels])
        print(f"  {label:24} {people.mean():.1f} people in the mean, {people.max()} at worst")


def report(name: str, campaigns: list[tuple[Crowd, np.ndarray]]) -> None:
    """Print precision and recall on campaigns of one kind, the mean and the worst."""
    frauds = np.array([(fraud >= 0).sum() for _, fraud in campaigns])
    print(f"\n{name}: {len(campaigns)} campaigns with {frauds.min()} to {frauds.max()} people in frauds")
    began = time.perf_counter()
    judged = [rules.judge(crowd) for crowd, _ in campaigns]
    seconds = (time.perf_counter() - began) / len(campaigns)
    queues = [the_queue(crowd, one)[:QUEUE] for (crowd, _), one in zip(campaigns, judged, strict=True)]
    found = {
        f"queue's first {QUEUE}": queues,
        "medium and high": [np.flatnonzero(one.level >= rules.Level.MEDIUM) for one in judged],
        "high: rewards held": [np.flatnonzero(one.level >= rules.Level.HIGH) for one in judged],
    }
    for window, words in ((60.0, "a minute"), (600.0, "10 minutes"), (3600.0, "an hour")):
        found[f"most joins in {words}"] = [by_velocity(crowd, window)[:QUEUE] for crowd, _ in campaigns]
    for label, places in found.items():
        pairs = [precision_and_recall(one, fraud) for one, (_, fraud) in zip(places, campaigns, strict=True)]
        (precision, recall), (least, fewest) = np.mean(pairs, 0), np.min(pairs, 0)
        print(f"  {label:24} precision {precision:.3f} (worst {least:.3f})   recall {recall:.3f} (worst {fewest:.3f})")
    by_kind = [
        np.mean(
            [
                np.isin(np.flatnonzero(fraud == kind), one).mean()
                for one, (_, fraud) in zip(queues, campaigns, strict=True)
            ]
        )
        for kind in range(len(KINDS))
    ]
    print(
        "  recall in the queue:", ", ".join(f"{kind} {share:.2f}" for kind, share in zip(KINDS, by_kind, strict=True))
    )
    print(f"  a campaign is judged in {seconds:.2f} s")


if __name__ == "__main__":
    main()
