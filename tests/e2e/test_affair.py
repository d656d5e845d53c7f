"""A whole affair in real browsers: alarm, throttle, hold, stop, statement, correction, and what is told of it after."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from playwright.sync_api import Page, expect

from e2e.visitors import DESK, PHONE, Visitors, the_first_owner
from ports import free_port
from sebar.spread import generate
from serve.load import BROWSER
from serve.whole_platform import Platform, eventually

pytestmark = [pytest.mark.browser, pytest.mark.processes]

SLUG = "second-cup"
STEER = f"/console/brands/kopi-nusa/campaigns/{SLUG}/steer"
TEXTS = {"headline": "Coffee for two", "text": "Bring a friend.", "call_to_action": "Join", "share_text": "Come along!"}
STATEMENT = {"en": "The second cup was not free. We were wrong.", "id": "Cangkir kedua tidak gratis. Kami salah."}
CORRECTION = "We were wrong about the second cup"
STOPPED = "This campaign was stopped"
PEOPLE = 400
FRIENDS = {"dewi": "1:0", "sari": "dewi", "joko": "sari", "budi": "joko", "tari": "joko"}
"""Who joined through whom; the first one through somebody of the cascade."""
ASKED = ("dewi", "sari", "budi")
"""Who confirmed that they want letters."""
PASSED_ON = ("dewi", "sari", "joko")
NEWEST_FIRST = (
    "sent a correction",
    "made a statement",
    "stopped it",
    "policy of Alice, Bob approved",
    "held it",
    "slowed it",
    "said something bad within an hour",
    "decided beforehand what an alarm does",
    "published",
)
SAID = ["negative"] * 6 + ["complaint"] * 3 + ["positive"] * 4


@dataclass
class Sink:
    """A mail server that takes every letter."""

    port: int = field(default_factory=free_port)
    letters: list[tuple[str, EmailMessage]] = field(default_factory=list)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd calls it so
        content = envelope.original_content
        assert content is not None
        letter = message_from_bytes(content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append((envelope.rcpt_tos[0], letter))
        return "250 ok"

    def to(self, who: str, words: str) -> str:
        """Return the text of the letter to somebody that contains these words; empty while there is none."""
        texts = [_text(letter) for address, letter in self.letters if address == f"{who}@example.com"]
        return next((text for text in texts if words in text), "")

    def told(self, subject: str) -> list[str]:
        """Return who got a letter of this subject, as often as they did."""
        return sorted(address.split("@")[0] for address, letter in self.letters if letter["subject"] == subject)


def _text(letter: EmailMessage) -> str:
    part = letter.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


@dataclass
class Program:
    """The brand's own program, which knows the API and its key."""

    platform: Platform
    key: str

    def ask(self, method: str, path: str, body: object = None) -> Any:
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        content = json.dumps(body).encode() if body is not None else None
        status, answer, _ = self.platform.ask(method, f"/api/v1/campaigns{path}", content, headers)
        assert status in {HTTPStatus.OK, HTTPStatus.CREATED}, answer
        return json.loads(answer)

    def rung(self) -> str:
        return str(self.ask("GET", f"/{SLUG}/steering")["rung"])

    def decided(self) -> list[tuple[str, str, str]]:
        """Return the decisions, oldest first: what, because of which alarm, what became of it."""
        found = self.ask("GET", f"/{SLUG}/steering")["decisions"]
        return [(one["rung"], one["watch"], one["state"]) for one in reversed(found)]


@pytest.fixture
def sink() -> Iterator[Sink]:
    sink = Sink()
    controller = Controller(sink, hostname="127.0.0.1", port=sink.port)
    controller.start()
    yield sink
    controller.stop()


@pytest.fixture
def platform(tmp_path: Path, sink: Sink) -> Iterator[Platform]:
    """A platform with nothing in it yet, whose letters end in the sink."""
    with Platform(tmp_path / "data") as platform:
        platform.environment["SEBAR_MAIL"] = f"smtp://127.0.0.1:{sink.port}"
        platform.start()
        yield platform


def a_campaign(platform: Platform) -> Program:
    """Publish a campaign whose links lead to the brand's own page."""
    scopes = [word for scope in ("read", "write") for word in ("--scope", scope)]
    program = Program(platform, json.loads(platform.run("key", "create", *scopes, "--json").stdout)["key"])
    texts = dict.fromkeys(STATEMENT, TEXTS)
    body = {"name": "Second cup", "slug": SLUG, "languages": [*texts], "texts": texts, "asks_email": "optional"}
    program.ask("POST", "", {**body, "target_url": "https://kopi.example/two"})
    program.ask("POST", f"/{SLUG}/publish", {"reason": "A walk in the rain"})
    return program


def a_cascade(platform: Platform, folder: Path) -> None:
    """Play a cascade of past days through links and API, as anybody's recording is."""
    trees = generate.forest(people=PEOPLE, days=4.0, seed=8)
    with (folder / "events.csv").open("w", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(["cascade", "node", "parent", "seconds"])
        lines.writerows(zip(trees.cascade, range(PEOPLE), trees.parent, trees.seconds, strict=True))
    done = platform.run("replay", str(folder / "events.csv"), "--campaign", SLUG, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["participants"] == PEOPLE


def friends_join(program: Program, first: str) -> dict[str, str]:
    """Let five friends join with an address, who agreed to letters; return their codes."""
    codes = {}
    for name, through in FRIENDS.items():
        body = {"external_id": name, "name": name.title(), "email": f"{name}@example.com", "letters": True}
        joined = program.ask("POST", f"/{SLUG}/participants", {**body, "referred_by": codes.get(through, first)})
        codes[name] = joined["code"]
    return codes


def they_confirm(visitors: Visitors, sink: Sink) -> None:
    """Let those who want letters open the link of their first one."""
    for name in ASKED:
        text = eventually(lambda name=name: sink.to(name, "/back/"), f"a welcome to {name}")  # type: ignore[misc]
        link = re.search(r"http\S+/back/\S+", text)
        assert link is not None
        reader = visitors.somebody(PHONE)
        reader.goto(link[0])
        reader.get_by_role("button", name="To my own page").click()
        reader.get_by_text("through you").first.wait_for()
        reader.context.close()


def set_up_letters(owner: Page) -> None:
    owner.goto(f"/console/brands/kopi-nusa/campaigns/{SLUG}/channels/email")
    owner.get_by_label("Sender’s address").fill("halo@kopi.example")
    owner.get_by_label("Address for returned letters").fill("back@kopi.example")
    owner.get_by_label("Your name and postal address").fill("Kopi Nusa, Jl. Braga 1, Bandung")
    owner.get_by_label("We answer for these letters").check()
    owner.get_by_role("button", name="Set up").click()


def decide_beforehand(owner: Page, watch: str, rung: str, mode: str) -> None:
    owner.goto(STEER)
    owner.get_by_label("When this speaks").select_option(watch)
    owner.get_by_label("do this", exact=True).select_option(rung)
    owner.get_by_label("Invitations an hour, when it is slowed").fill("30")
    owner.get_by_label("and do it").select_option(mode)
    owner.get_by_role("button", name="Decide beforehand").click()


def invite_bob(owner: Page, visitors: Visitors) -> Page:
    """Let Bob join as an editor; return his browser."""
    owner.goto("/console/brands/kopi-nusa/members")
    owner.get_by_role("button", name="Make invitation").click()
    bob = visitors.somebody(DESK)
    bob.goto(owner.locator("#invited").input_value())
    bob.get_by_label("Your name").fill("Bob")
    bob.get_by_label("E-mail").fill("bob@example.com")
    bob.get_by_label("Password").fill("a walk in the sun")
    bob.get_by_role("button", name="Join brand").click()
    return bob


def people_say(platform: Platform, folder: Path) -> None:
    """Let people say something just now, most of it bad, which the brand reads from a file."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    with (folder / "said.csv").open("w", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(["time", "text", "author", "class"])
        lines.writerows([now, f"About the second cup {who}", f"person{who}", said] for who, said in enumerate(SAID))
    done = platform.run("mentions", SLUG, str(folder / "said.csv"))
    assert done.returncode == 0, done.stdout + done.stderr


def what_a_link_shows(platform: Platform, code: str) -> str:
    """Return the page to which somebody's link leads a person; empty where it leads away, or nothing answers."""
    status, _, headers = platform.ask("GET", f"/r/{code}", headers={"User-Agent": BROWSER})
    target = urlsplit(headers.get("location", ""))
    if status != HTTPStatus.FOUND or not target.path.startswith("/c/"):
        return ""
    status, page, _ = platform.ask("GET", f"{target.path}?{target.query}", headers={"User-Agent": BROWSER})
    return page.decode() if status == HTTPStatus.OK else ""


def say_what_is_the_matter(owner: Page) -> None:
    """Make a statement, then send a correction."""
    owner.get_by_role("link", name="Say something about an affair").click()
    for language, said in STATEMENT.items():
        owner.locator(f'[name="statement.{language}"]').fill(said)
    owner.get_by_role("button", name="Let it stand").click()
    for language, said in STATEMENT.items():
        owner.locator(f'[name="texts.{language}.subject"]').fill(CORRECTION)
        owner.locator(f'[name="texts.{language}.text"]').fill(said)
    owner.once("dialog", lambda dialog: dialog.accept())
    owner.get_by_role("button", name="Send the correction").click()
    owner.get_by_text("The correction is on its way").wait_for()


def it_is_slowed_then_held(platform: Platform, program: Program, bob: Page, code: str) -> None:
    """Wait for what the policies do: one slows it at once, one proposes a hold, to which Bob agrees."""
    eventually(lambda: program.rung() == "throttle", "the throttle that the policy brings")
    eventually(lambda: ("hold", "complaints", "proposed") in program.decided(), "the proposal to hold it")
    bob.reload()
    expect(bob.get_by_text("Alarm:")).to_contain_text("Negative reactions")
    assert what_a_link_shows(platform, code) == ""
    bob.get_by_role("button", name="Do it now").click()
    eventually(lambda: "is paused" in what_a_link_shows(platform, code), "a link that says it is held")


def it_is_stopped(platform: Platform, alice: Page, codes: list[str]) -> None:
    """Let Alice stop it with one tap; every link follows. `bench/stop.py` measures how soon."""
    alice.goto(STEER)
    alice.get_by_role("button", name="Stop it").click()
    for code in codes:
        eventually(lambda code=code: STOPPED in what_a_link_shows(platform, code), f"a stopped link {code}")  # type: ignore[misc]


def guests_read_it(visitors: Visitors, code: str) -> None:
    """Let somebody open a link, and the page in the other language."""
    guest = visitors.somebody(PHONE)
    guest.goto(f"/r/{code}")
    expect(guest.get_by_text(STATEMENT["en"])).to_be_visible()
    expect(guest.get_by_text(STOPPED)).to_be_visible()
    visitors.show(guest, "stop-page")
    guest.goto(f"/c/{SLUG}?lang=id")
    expect(guest.get_by_text(STATEMENT["id"])).to_be_visible()


def those_who_passed_it_on_are_told(platform: Platform, sink: Sink) -> None:
    told = sorted({*ASKED} & {*PASSED_ON})
    all_thought_of = "SELECT count(*) FROM sebar_news WHERE done_at IS NOT NULL"
    eventually(lambda: platform.rows(all_thought_of) == [(1,)], "everybody having been thought of")
    eventually(lambda: len(sink.told(CORRECTION)) >= len(told), "the corrections")
    assert sink.told(CORRECTION) == told
    assert platform.rows("SELECT count(*) FROM sebar_message WHERE purpose = 'correction'") == [(len(told),)]


def it_is_on_record(bob: Page, visitors: Visitors) -> None:
    """Assert that the page of the affair and the report tell all of it."""
    bob.goto(f"{STEER}/affair")
    record = bob.locator("table.record tbody").inner_text()
    places = [record.find(line) for line in NEWEST_FIRST]
    assert places == sorted(places), record
    assert places[0] >= 0, record
    visitors.show(bob, "affair")
    bob.get_by_role("link", name="Live", exact=True).click()
    bob.get_by_role("link", name="Report", exact=True).click()
    wrong = bob.locator("#wrong")
    for line in ("Alarm: Negative reactions", "Alarm: Complaints", "slow it to 30 invitations", "stop it (Alice)"):
        expect(wrong.get_by_text(line).first).to_be_visible()
    expect(bob.locator(".verdict")).to_contain_text(f"{PEOPLE + len(FRIENDS)} people joined")
    visitors.show(bob, "report")


def test_an_affair_from_the_alarm_to_the_report(
    platform: Platform, visitors: Visitors, sink: Sink, tmp_path: Path
) -> None:
    alice = the_first_owner(visitors, platform)
    program = a_campaign(platform)
    a_cascade(platform, tmp_path)
    set_up_letters(alice)
    decide_beforehand(alice, "negative", "throttle", "at_once")
    bob = invite_bob(alice, visitors)
    decide_beforehand(alice, "complaints", "hold", "approved")
    bob.goto(STEER)
    expect(bob.get_by_text("slow it to 30 invitations an hour, at once")).to_be_visible()
    expect(bob.get_by_role("button", name="Decide beforehand")).to_have_count(0)

    people_say(platform, tmp_path)
    seed = program.ask("GET", f"/{SLUG}/participants?limit=1")["participants"][0]["code"]
    codes = friends_join(program, seed)
    they_confirm(visitors, sink)
    it_is_slowed_then_held(platform, program, bob, codes["dewi"])
    it_is_stopped(platform, alice, [seed, *codes.values()])
    visitors.show(alice, "steer")
    say_what_is_the_matter(alice)
    eventually(lambda: STATEMENT["en"] in what_a_link_shows(platform, codes["budi"]), "the statement")
    guests_read_it(visitors, codes["budi"])
    those_who_passed_it_on_are_told(platform, sink)
    it_is_on_record(bob, visitors)

    assert sink.told("Alarm in Second cup: Negative reactions") == ["alice", "bob"]
    assert program.decided() == [
        ("throttle", "negative", "in_force"),
        ("hold", "complaints", "in_force"),
        ("stop", "", "in_force"),
    ]
    assert visitors.complaints == []
