"""Recorded cascades and the demonstration, played on a whole running platform; the command line beside it."""

from __future__ import annotations

import http.server
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sebar.spread import generate
from serve.whole_platform import Platform, eventually

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A running platform with one brand, called replay."""
    tiny = tmp_path_factory.mktemp("tiny") / "tiny.csv"
    tiny.write_text("cascade,node,parent,seconds\n1,0,-1,0\n")
    with Platform(tmp_path_factory.mktemp("replay")) as platform:
        platform.start()
        assert platform.run("replay", str(tiny)).returncode == 0
        yield platform


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording of 600 people in many cascades."""
    trees = generate.forest(people=600, days=6.0, seed=7)
    rows = zip(trees.cascade, trees.parent, trees.seconds, strict=True)
    lines = [f"{cascade},{node},{parent},{seconds:.3f}" for node, (cascade, parent, seconds) in enumerate(rows)]
    folder = tmp_path_factory.mktemp("recorded")
    (folder / "events.csv").write_text("cascade,node,parent,seconds\n" + "\n".join(lines))
    return folder


def json_of(platform: Platform, *arguments: str, ends_with: int = 0) -> Any:
    done = platform.run(*arguments, "--json")
    assert done.returncode == ends_with, done.stderr
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


def test_a_replay_finds_no_difference_and_the_command_line_agrees(running: Platform, recorded: Path) -> None:
    report = json_of(running, "replay", str(recorded))
    assert report["differences"] == []
    assert report["participants"] == 600
    assert report["joins_per_second"] > 0

    slug = report["campaign"]
    (campaign,) = [one for one in json_of(running, "campaigns") if one["slug"] == slug]
    assert (campaign["status"], campaign["participants"]) == ("running", 600)
    measures = json_of(running, "measures", slug)
    assert (measures["seeds"], measures["visits_raw"]) == (report["cascades"], report["visits"])
    people = json_of(running, "participants", slug)
    assert len(people) == 600
    codes = {one["code"]: one for one in people}
    assert all(one["generation"] == codes[one["parent"]]["generation"] + 1 for one in people if one["parent"])
    assert sum(one["parent"] is None for one in people) == report["cascades"]
    assert "sebar replay" not in running.run("key", "list").stdout  # the borrowed key is revoked


def test_a_used_campaign_is_refused(running: Platform, recorded: Path) -> None:
    slug = json_of(running, "replay", str(recorded))["campaign"]
    again = running.run("replay", str(recorded), "--campaign", slug)
    assert again.returncode == 1
    assert "has 600 participants already" in again.stderr


def test_nothing_is_imported_of_a_file_with_a_wrong_line(running: Platform, tmp_path: Path) -> None:
    (tmp_path / "events.csv").write_text("cascade,node,parent,seconds\n1,0,-1,0\n1,1,0,x\n1,2,9,5\n")
    before = json_of(running, "campaigns")
    done = running.run("replay", str(tmp_path), "--json")
    assert (done.returncode, done.stdout) == (1, "")
    assert "line 3: seconds is “x”" in done.stderr
    assert json_of(running, "campaigns") == before


class _Lying(http.server.BaseHTTPRequestHandler):
    """Stands before the platform and changes what it says."""

    platform: Platform
    lie: Callable[[str, bytes], bytes]
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        status, content, headers = self.platform.ask(
            self.command, self.path, self.rfile.read(length), {**dict(self.headers), "Host": "localhost"}
        )
        content = type(self).lie(self.path, content)
        self.send_response(status)
        self.send_header("content-type", headers.get("content-type", "text/plain"))
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_GET  # noqa: N815 - the server looks for this name

    def log_message(self, *arguments: Any) -> None:
        pass


def _one_depth_more(path: str, content: bytes) -> bytes:
    return content.replace(b'"depth":1,', b'"depth":2,') if "/cascades" in path else content


def _one_parent_changed(path: str, content: bytes) -> bytes:
    if "/participants?" not in path:
        return content
    page = json.loads(content)
    page["participants"][-1]["parent"] = "2222223"
    return json.dumps(page).encode()


def _an_hour_emptied(path: str, content: bytes) -> bytes:
    if "/series" not in path:
        return content
    series = json.loads(content)
    series["lines"][0]["values"][0] -= 1
    return json.dumps(series).encode()


def _a_visit_more(path: str, content: bytes) -> bytes:
    return content.replace(b'"visits_raw":3', b'"visits_raw":4') if path.endswith("/measures") else content


@pytest.mark.parametrize(
    ("lie", "words"),
    [
        (_one_depth_more, "depth of the cascade of"),
        (_one_parent_changed, "parent of"),
        (_an_hour_emptied, "joins of the hour from"),
        (_a_visit_more, "visits: the file says 3, Sebar says 4"),
    ],
)
def test_every_kind_of_difference_is_found(
    running: Platform, tmp_path: Path, lie: Callable[[str, bytes], bytes], words: str
) -> None:
    (tmp_path / "events.csv").write_text(
        "cascade,node,parent,seconds\n1,0,-1,0\n1,1,0,9\n2,0,-1,0\n2,1,0,1\n2,2,0,7200\n"
    )
    key = json_of(running, "key", "create", *_all_scopes())["key"]
    with http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), type("Lying", (_Lying,), {"platform": running, "lie": staticmethod(lie)})
    ) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
        report = json_of(running, "replay", str(tmp_path), "--url", url, "--key", key, ends_with=1)
        server.shutdown()
    assert {words in sentence for sentence in report["differences"]} == {True}


def _all_scopes() -> list[str]:
    return [word for scope in ("read", "write", "replay") for word in ("--scope", scope)]


def test_no_instance_is_said(running: Platform, recorded: Path) -> None:
    done = running.run("replay", str(recorded), "--url", "http://127.0.0.1:9", "--key", "x")
    assert done.returncode == 1
    assert "No Sebar answers at http://127.0.0.1:9" in done.stderr


def test_the_demo_tells_whole_stories(tmp_path: Path) -> None:
    with Platform(tmp_path / "data") as platform:
        platform.launch("--demo", "--people", "300")
        # People are looked at once a minute, and the demo waits for the alarm.
        eventually(lambda: platform.said("Ctrl-C stops it"), "the demo", 200)
        assert platform.said("The demo is ready"), "".join(platform.lines)
        link = platform.said("/console/welcome/").strip()
        assert "here already" in platform.run("demo", "--people", "300").stdout
        people = {one["slug"]: one["participants"] for one in json_of(platform, "campaigns")}
        assert people == {"kopi-bareng": 210, "botol-sendiri": 90 + 6}
        measures = json_of(platform, "measures", "kopi-bareng")
        for name in ("seeds", "referred", "visits", "views", "shares", "conversions"):
            assert measures[name] > 0, name
        assert measures["visits_raw"] > measures["visits"]
        _has_all_of_it(platform)
        _has_an_affair_behind_it(platform)
        # Whoever opens the link that was printed owns the demo's brand.
        status, page, _ = platform.ask("GET", "/" + link.split("/", 3)[3])
        assert status == 200
        assert "Kopi Nusa" in page.decode()


def _has_all_of_it(platform: Platform) -> None:
    """Assert that the demo's first campaign has a brief, used material, draws, an experiment, plans, a review."""
    told = _asking(platform, "kopi-bareng")
    assert told("/brief")["gaps"] == []
    shown = {one["name"]: one for one in told("/creatives")["creatives"]}
    kinds = sorted(one["kind"] for one in shown.values() if one["kind"] != "video")
    assert kinds == ["card", "game", "game", "image", "quiz", "text"]
    assert not any(one["trouble"] for one in shown.values())
    assert shown["beans"]["played"]["finished"] > 0
    assert {rule["what"] for rule in told("/reward-rules")["rules"]} >= {"coupon", "money", "tickets"}
    later, soon = told("/draws")["draws"]
    assert (later["state"], soon["state"]) == ("open", "open")
    assert later["entries_until"] > soon["draws_at"]
    (experiment,) = told("/experiments")["experiments"]
    assert (experiment["status"], len(experiment["arms"])) == ("running", 2)
    eventually(lambda: [one["state"] for one in told("/plans")["plans"]] == ["done", "done"], "the plans")
    # The worker looks at joins within seconds; it needs a moment of its own.
    for _ in range(300):
        if told("/review")["people"]:
            break
        time.sleep(0.1)
    else:
        pytest.fail("Nobody waits for a decision.")


def _has_an_affair_behind_it(platform: Platform) -> None:
    """Assert that in the demo's second campaign an alarm spoke, it was stopped, and who passed it on was written to."""
    told = _asking(platform, "botol-sendiri")
    (alarm,) = told("/alarms")["closed"]
    assert (alarm["watch"], bool(alarm["reason"])) == ("negative", True)
    steering = told("/steering")
    assert [one["rung"] for one in steering["decisions"]] == ["stop", "hold", "throttle"]
    assert all(one["reason"] for one in steering["decisions"])
    assert steering["rung"] == "stop"
    assert steering["statement"].keys() == {"en", "id"}
    letters = platform.folder / "letters"

    def corrections() -> list[str]:
        found = (path.read_text() for path in letters.glob("*.eml"))
        return sorted(letter.split()[1] for letter in found if "Subject: Semua botol bersih boleh" in letter)

    eventually(lambda: len(corrections()) >= 5, "the corrections")
    readers = ["bayu", "galih", "nisa", "raka", "tia", "wulan"]
    assert corrections() == [f"{name}@warga.example" for name in readers if name != "bayu"]  # who brought nobody


def _asking(platform: Platform, slug: str) -> Callable[[str], Any]:
    """Return what asks the API about a campaign."""
    headers = {"authorization": f"Bearer {json_of(platform, 'key', 'create', *_all_scopes())['key']}"}

    def told(path: str) -> Any:
        status, content, _ = platform.ask("GET", f"/api/v1/campaigns/{slug}{path}", headers=headers)
        assert status == 200
        return json.loads(content)

    return told


def test_keys_are_made_listed_and_revoked(running: Platform) -> None:
    made = json_of(running, "key", "create", "--name", "Till")
    assert made["scopes"] == ["read"]
    headers = {"authorization": f"Bearer {made['key']}"}
    assert running.ask("GET", "/api/v1/campaigns", headers=headers)[0] == 200
    assert made["hint"] in running.run("key", "list").stdout
    assert running.run("key", "revoke", str(made["id"])).returncode == 0
    assert made["id"] not in [one["id"] for one in json_of(running, "key", "list")]
    assert "“write all” is not one" in running.run("key", "create", "--scope", "write all").stderr
