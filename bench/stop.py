"""From the tap that stops a campaign until its last effect, under load: redirects, and a queue of letters being sent.

``wrk`` opens links as fast as it can, the sender works on 100,000 letters, and the API is told to stop. What counts is
the last redirect that still leads to the brand's page, as the load and a second asker see it, and the last letter that
the mail server takes; and no letter may be sent twice: `python bench/stop.py [letters]`.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from email import message_from_bytes
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from edge import AGENT
from serve.whole_platform import Platform, eventually

BRANDS = "https://kopi.example/two"
GOAL = 10.0
EACH = 10  # letters a person; more than twenty a day are left alone
LOADED, AFTERWARDS = 8, 12  # seconds of load before the tap, and after it

LOAD = """
local ffi = require("ffi")
ffi.cdef "typedef struct { long s; long us; } moment; int gettimeofday(moment *m, void *z);"
local m = ffi.new("moment")
local threads = {}
function setup(thread) table.insert(threads, thread) end
last, answers = 0, 0
wrk.headers["Host"] = "localhost:PORT"
wrk.headers["User-Agent"] = "AGENT"
function response(status, headers, body)
  answers = answers + 1
  local leads = headers["location"] or headers["Location"] or ""
  if leads:sub(1, 20) == "https://kopi.example" then
    ffi.C.gettimeofday(m, nil)
    last = tonumber(m.s) + tonumber(m.us) / 1e6
  end
end
function done(summary, latency, requests)
  local newest, all = 0, 0
  for _, thread in ipairs(threads) do
    newest = math.max(newest, thread:get("last"))
    all = all + thread:get("answers")
  end
  io.write(string.format("LAST %.6f %d %.3f\\n", newest, all, summary.duration / 1e6))
end
"""

PLANT = "from sebar.serve import django; django.setup(); from serve import plant; plant.main()"
QUEUE = """
from sebar.serve import django; django.setup()
import sys
from django.utils import timezone
from sebar import channels
from sebar.brands.keys import instance_membership
from sebar.campaigns.models import Campaign
from sebar.channels import actions, sealing
from sebar.channels.models import Message, Purpose
from sebar.participants.models import Participant
campaign, now, letters = Campaign.objects.get(), timezone.now(), int(sys.argv[1])
entered = {"sender": "halo@kopi.example", "bounces": "back@kopi.example", "postal": "Jl. Braga 1", "duties": "yes",
           "most_a_day": "100000"}
actions.set_up(membership=instance_membership(campaign.brand), channel="email", entered=entered)
people = list(Participant.objects.order_by("pk"))
said = {"subject": "Look", "text": "Something", "link": "https://share.example.com/r/x", "who": "Dewi"}
def one(number):
    address = f"friend{number}@example.com"
    return Message(campaign=campaign, channel="email", purpose=Purpose.INVITE, once=f"invite:{number}",
        participant=people[number % len(people)], address_hash=channels.known_by("email", address),
        sealed=sealing.seal(address), language="en", content=said, created_at=now, due_at=now, changed_at=now)
Message.objects.bulk_create((one(number) for number in range(letters)), batch_size=2000)
"""


class Sink:
    """Takes every letter, and keeps when and for whom."""

    def __init__(self) -> None:
        self.taken: list[float] = []
        self.to: Counter[str] = Counter()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd calls it so
        self.taken.append(time.time())
        self.to[str(message_from_bytes(envelope.content)["To"])] += 1
        return "250 ok"


def main() -> None:
    """Print how long after the tap each effect was seen last; end with 1 when it was too late."""
    if shutil.which("wrk") is None:
        sys.exit("wrk is missing; install it with: apt-get install wrk")
    letters = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    sink = Sink()
    controller = Controller(sink, hostname="127.0.0.1", port=port)
    controller.start()
    with tempfile.TemporaryDirectory(prefix="sebar-bench-stop-") as folder, Platform(Path(folder) / "data") as platform:
        platform.environment["SEBAR_MAIL"] = f"smtp://127.0.0.1:{port}"
        platform.start()
        is_sound = measure(platform, Path(folder), sink, letters)
    controller.stop()
    sys.exit(0 if is_sound else 1)


def measure(platform: Platform, folder: Path, sink: Sink, letters: int) -> bool:
    """Load, stop, look; print what was seen and say whether all was as it should be."""
    ask, code = prepared(platform, letters)

    def leads() -> str:
        return platform.ask("GET", f"/r/{code}", headers={"User-Agent": AGENT})[2].get("location", "")

    eventually(lambda: leads().startswith(BRANDS), "a link that leads to the brand's page")
    eventually(lambda: len(sink.taken) > 50, "letters being sent")
    seen: list[float] = []
    ending = threading.Event()
    asker = threading.Thread(target=_look, args=[leads, seen, ending])
    asker.start()
    script = folder / "load.lua"
    script.write_text(LOAD.replace("PORT", str(platform.port)).replace("AGENT", AGENT))
    load = subprocess.Popen(
        ["wrk", "-t1", "-c64", f"-d{LOADED + AFTERWARDS}s", "-s", script, f"http://127.0.0.1:{platform.port}/r/{code}"],
        stdout=subprocess.PIPE,
        text=True,
    )
    time.sleep(LOADED)
    tapped = time.time()
    status, answer = ask("POST", "/steering", {"rung": "stop", "reason": "Measured."})
    answered = time.time() - tapped
    output = load.communicate()[0]
    ending.set()
    asker.join()
    _, last, answers, seconds = next(line for line in output.splitlines() if line.startswith("LAST")).split()
    before = len(sink.taken)
    print(f"redirects a second: {int(answers) / float(seconds):,.0f}; letters sent before the tap: {before:,}")
    late = {
        "the tap was answered": answered,
        "last redirect to the brand's page, seen by the load": float(last) - tapped,
        "the same, seen by a second asker": max(seen, default=tapped) - tapped,
        "last letter taken by the mail server": max(sink.taken) - tapped,
    }
    for what, after in late.items():
        print(f"{what:<55}{max(after, 0):8.2f} s   goal ≤ {GOAL:.0f} s   {'met' if after <= GOAL else 'NOT MET'}")
    time.sleep(2)
    after_stop = len(sink.taken) - before
    twice = [who for who, times in sink.to.items() if times > 1]
    earned = ask("GET", "/participants?limit=1", {})[0]
    print(f"letters sent afterwards: {after_stop}; sent twice: {len(twice)}; the stop stands: {answer.get('rung')}")
    return status == 200 and earned == 200 and not after_stop and not twice and max(late.values()) <= GOAL


Ask = Callable[[str, str, object], tuple[int, dict[str, Any]]]


def prepared(platform: Platform, letters: int) -> tuple[Ask, str]:
    """Return what asks the API about a campaign whose letters wait, and the code of one of its people."""
    tests = {"PYTHONPATH": f"{Path(__file__).parents[1] / 'tests'}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
    planting = [sys.executable, "-c", PLANT]
    done = subprocess.run(planting, env=platform.environment | tests, stdout=subprocess.PIPE, text=True, check=True)
    slug, key = json.loads(done.stdout)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def ask(method: str, path: str, body: object) -> tuple[int, dict[str, Any]]:
        status, answer, _ = platform.ask(method, f"/api/v1/campaigns/{slug}{path}", json.dumps(body).encode(), headers)
        return status, json.loads(answer or b"{}")

    ask("PATCH", "", {"target_url": BRANDS})
    for first in range(0, letters // EACH, 1000):
        people = [{"external_id": f"p{number}"} for number in range(first, first + 1000)]
        ask("POST", "/participants/batch", {"participants": people})
    code = ask("GET", "/participants?limit=1", {})[1]["participants"][0]["code"]
    subprocess.run([sys.executable, "-c", QUEUE, str(letters)], env=platform.environment, check=True)
    return ask, code


def _look(leads: Any, seen: list[float], ending: threading.Event) -> None:
    while not ending.is_set():
        if leads().startswith(BRANDS):
            seen.append(time.time())


if __name__ == "__main__":
    main()
