"""Parts of a clip, as players ask for them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sebar.edge.request import Scope
from sebar.serve import clips

NAME = "0123456789abcdef" * 2 + ".mp4"
CONTENT = bytes(range(200))


@dataclass
class Asked:
    """A request, as far as clips look at it."""

    path: str
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Sent:
    """Keeps what would be sent."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def response_empty(self, status: int, headers: list[tuple[str, str]]) -> None:
        self.status, self.headers = status, dict(headers)

    def response_file(self, status: int, headers: list[tuple[str, str]], file: str) -> None:
        self.response_file_range(status, headers, file, 0, Path(file).stat().st_size)

    def response_file_range(self, status: int, headers: list[tuple[str, str]], file: str, start: int, end: int) -> None:
        self.status, self.headers, self.body = status, dict(headers), Path(file).read_bytes()[start:end]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / NAME).write_bytes(CONTENT)
    (tmp_path / "secret.txt").write_text("secret")
    return tmp_path


def ask(folder: Path, name: str = NAME, **asked: Any) -> Sent:
    """Return what is sent; of a refusal only its status."""
    sent = Sent()
    refused = clips.answer(cast("Scope", Asked(f"{clips.PATH}{name}", **asked)), folder, sent)
    return Sent(refused.status, dict(refused.headers)) if refused is not None else sent


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=st.integers(0, 250), last=st.integers(0, 250) | st.none())
@example(first=0, last=None)
@example(first=199, last=199)
@example(first=200, last=None)
def test_a_part_is_what_a_slice_is(folder: Path, first: int, last: int | None) -> None:
    sent = ask(folder, headers={"range": f"bytes={first}-{'' if last is None else last}"})
    part = CONTENT[first : len(CONTENT) if last is None else last + 1]
    if not part:
        assert (sent.status, sent.headers["content-range"]) == (416, "bytes */200")
    elif part == CONTENT:
        assert (sent.status, sent.body) == (200, CONTENT)
    else:
        assert (sent.status, sent.body) == (206, part)
        assert sent.headers["content-range"] == f"bytes {first}-{first + len(part) - 1}/200"
    assert sent.status == 416 or sent.headers["content-length"] == str(len(part))


@pytest.mark.parametrize(("asked", "part"), [("bytes=-1", CONTENT[-1:]), ("bytes=-50", CONTENT[-50:])])
def test_the_end_can_be_asked_for(folder: Path, asked: str, part: bytes) -> None:
    sent = ask(folder, headers={"range": asked})
    assert (sent.status, sent.body) == (206, part)


@pytest.mark.parametrize("asked", ["bytes=-", "bytes=0-1,5-9", "lines=1-2", "bytes=x-y", "bytes=-500"])
def test_what_we_do_not_serve_in_parts_comes_whole(folder: Path, asked: str) -> None:
    assert ask(folder, headers={"range": asked}).body == CONTENT


def test_nothing_else_is_in_the_folder(folder: Path) -> None:
    for name in ("secret.txt", "../clips/" + NAME, "", "0" * 32 + ".mp4", NAME + "/"):
        assert ask(folder, name).status == 404
    assert ask(folder, method="POST").status == 405
    head = ask(folder, method="HEAD", headers={"range": "bytes=0-9"})
    assert (head.status, head.headers["content-length"], head.body) == (206, "10", b"")
