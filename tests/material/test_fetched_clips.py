"""Clips fetched from an address that a brand names: once, by the worker, and never from where nobody should ask."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from django.test import Client

from material.making import a_clip, a_form, finish, sent
from people import People
from sebar.campaigns.models import Campaign
from sebar.kit import config, http
from sebar.kit.errors import UserError, UserErrors
from sebar.material import actions, fetching, film, jobs, uploads
from sebar.material.base import Taken
from sebar.material.models import Creative, State

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not film.is_installed(), reason="ffmpeg is not here"),
]


class Shelf(ThreadingHTTPServer):
    """A server that has files: each by its path, as its status and bytes."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, tuple[HTTPStatus, bytes]] = {}
        self.asked: list[str] = []

    def put(self, path: str, content: bytes, status: HTTPStatus = HTTPStatus.OK) -> str:
        """Put a file there and return its address."""
        self.files[path] = status, content
        return f"http://127.0.0.1:{self.server_address[1]}{path}"


class _Handler(BaseHTTPRequestHandler):
    server: Shelf

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        status, content = self.server.files[self.path]
        self.send_response(status)
        if status == HTTPStatus.FOUND:
            self.send_header("Location", content.decode())
            content = b""
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    """A server of the world, which here stands on this machine."""
    monkeypatch.setattr(http, "_reach_loopback", True)
    with Shelf() as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def named(people: People, campaign: Campaign, address: str) -> Creative:
    """Return a new clip of the file at an address, as far as the worker came with it."""
    form = a_form("video")
    creative = actions.make(membership=people.bob, slug=campaign.slug, kind="video", form=form, source=address)
    assert creative.state == State.WORKING
    finish()
    creative.refresh_from_db()
    return creative


def test_a_clip_is_fetched_once_and_kept_here(people: People, campaign: Campaign, shelf: Shelf, tmp_path: Path) -> None:
    creative = named(people, campaign, shelf.put("/clip.mp4", a_clip(tmp_path)))
    assert (creative.state, creative.trouble_words) == (State.READY, "")
    assert (config.load().media / "clips" / creative.files["clip"]).is_file()
    again = {"membership": people.bob, "slug": campaign.slug, "name": creative.name}
    actions.change(**again, form=a_form("video"), source=creative.source)
    finish()
    assert shelf.asked == ["/clip.mp4"]
    assert list(uploads.folder().glob("film-*")) == []
    actions.change(**again, form=a_form("video"), source=shelf.put("/other.mp4", b"GIF89a"))
    finish()
    creative.refresh_from_db()
    assert (creative.state, shelf.asked[1:]) == (State.REFUSED, ["/other.mp4"])
    assert "cannot be read" in creative.trouble_words
    actions.change(**again, form=a_form("video"), upload=sent(a_clip(tmp_path)), source=creative.source)
    finish()
    creative.refresh_from_db()
    assert (creative.state, creative.source, len(shelf.asked)) == (State.READY, "", 2)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((b"no", HTTPStatus.NOT_FOUND), "answered “404 Not Found”"),
        ((b"http://169.254.169.254/latest", HTTPStatus.FOUND), "sends on to “http://169.254.169.254/latest”"),
        ((b"", HTTPStatus.OK), "The file is empty"),
        ((b"<!doctype html><title>A player</title>", HTTPStatus.OK), "cannot be read"),
    ],
    ids=["nothing there", "elsewhere", "empty", "a page"],
)
def test_what_cannot_be_fetched_is_refused_in_words(
    people: People, campaign: Campaign, shelf: Shelf, answer: tuple[bytes, HTTPStatus], said: str
) -> None:
    creative = named(people, campaign, shelf.put("/clip", *answer))
    assert creative.state == State.REFUSED
    assert said in creative.trouble_words
    address = shelf.put("/clip", b"anything", HTTPStatus.GONE)
    actions.change(membership=people.bob, slug=campaign.slug, name=creative.name, form=a_form("video"), source=address)
    finish()
    creative.refresh_from_db()
    assert "410" in creative.trouble_words, "what was refused is asked for once more"


def test_a_file_that_is_too_large_is_refused(shelf: Shelf) -> None:
    uploads.folder().mkdir(parents=True, exist_ok=True)
    made = fetching.Fetching(shelf.put("/large", bytes(2_000_000)), 1_500_000)
    try:
        while made.is_running():
            pass
        with pytest.raises(UserError, match="more than 1 MB"):
            made.finish()
    finally:
        made.stop()


def test_nothing_is_fetched_from_a_private_network(people: People, campaign: Campaign, shelf: Shelf) -> None:
    address = shelf.put("/clip.mp4", b"secret")
    http._reach_loopback = False
    for inside in ("http://10.0.0.1/clip.mp4", "http://169.254.169.254/clip.mp4", address, "file:///etc/passwd"):
        with pytest.raises(UserErrors) as caught:
            actions.make(membership=people.bob, slug=campaign.slug, kind="video", form=a_form("video"), source=inside)
        assert list(caught.value.by_field()) == ["source"]
    creative = named(people, campaign, "http://inside.example.invalid/clip.mp4")
    assert creative.state == State.REFUSED
    assert shelf.asked == []


def test_a_file_and_an_address_and_kinds_without_are_refused(
    people: People, campaign: Campaign, tmp_path: Path
) -> None:
    entered = {"membership": people.bob, "slug": campaign.slug, "source": "https://example.com/clip.mp4"}
    for kind, upload in (("video", sent(a_clip(tmp_path))), ("text", None)):
        with pytest.raises(UserErrors) as caught:
            actions.make(**entered, kind=kind, form=a_form(kind), upload=upload)  # type: ignore[arg-type]
        assert list(caught.value.by_field()) == ["source"]


def test_what_is_made_of_a_file_that_was_changed_meanwhile_is_dropped(
    people: People, campaign: Campaign, shelf: Shelf, tmp_path: Path
) -> None:
    creative = named(people, campaign, shelf.put("/clip.mp4", b"no clip"))
    again = {"membership": people.bob, "slug": campaign.slug, "name": creative.name, "form": a_form("video")}
    actions.change(**again, upload=sent(a_clip(tmp_path)))  # type: ignore[arg-type]
    begun = Creative.objects.get(pk=creative.pk)
    actions.change(**again, upload=sent(a_clip(tmp_path, seconds=1)))  # type: ignore[arg-type]
    actions.finish(creative=begun, taken=Taken({"clip": "old.mp4"}, 1))
    finish()
    creative.refresh_from_db()
    assert creative.state == State.READY
    assert creative.files["clip"] != "old.mp4"


def test_whoever_is_killed_while_fetching_begins_anew(
    people: People, campaign: Campaign, shelf: Shelf, tmp_path: Path
) -> None:
    address = shelf.put("/clip.mp4", a_clip(tmp_path))
    actions.make(membership=people.bob, slug=campaign.slug, kind="video", form=a_form("video"), source=address)
    dies = jobs.Making()
    dies.turn()
    dies.stop()
    finish()
    assert Creative.objects.get().state == State.READY


def test_the_form_takes_an_address_and_names_what_is_wrong_with_it(people: People, campaign: Campaign) -> None:
    browser = Client()
    browser.force_login(people.bob.user)
    base = f"/console/brands/{campaign.brand.slug}/campaigns/{campaign.slug}/material"
    words = {f"texts.{language}.title": "Our kitchen" for language in campaign.languages}
    refused = browser.post(f"{base}/new/video", {**words, "source": "clip.mp4"})
    assert refused.status_code == 422
    assert "“clip.mp4” cannot be used: an address begins with" in refused.content.decode()
    assert 'value="clip.mp4"' in refused.content.decode()
    taken = browser.post(f"{base}/new/video", {**words, "source": "https://cdn.example.com/clip.mp4"})
    assert taken.status_code == 302
    assert Creative.objects.get().source == "https://cdn.example.com/clip.mp4"
