"""Making uploads: archives, pictures and clips, right and wrong."""

from __future__ import annotations

import io
import secrets
import stat
import subprocess
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from sebar.brands.queries import Membership
from sebar.campaigns.models import Campaign
from sebar.material import actions, jobs, kinds, uploads
from sebar.material.models import Creative
from sebar.material.rules import CreativeForm

WORDS: Mapping[str, Mapping[str, str]] = {
    "video": {"title": "Our kitchen"},
    "game": {"title": "Catch", "share": "I made {score}: beat it"},
    "image": {"alt": "A cup"},
    "text": {"title": "A story", "long": "Once upon a time."},
    "quiz": {"title": "Which coffee are you?", "share": "I am {result}. And you?"},
    "card": {"title": "A seat", "line": "{name} saves you a seat"},
    "page": {"title": "All of it"},
}
QUIZ: dict[str, Any] = {
    "results": [{"title": {"en": one, "id": one}, "text": {}} for one in ("Espresso", "Latte")],
    "questions": [
        {
            "question": {"en": "Morning?", "id": "Pagi?"},
            "answers": [
                {"answer": {"en": "Early", "id": "Awal"}, "to": 0, "points": 2},
                {"answer": {"en": "Late", "id": "Siang"}, "to": 1, "points": 2},
            ],
        },
        {
            "question": {"en": "Milk?", "id": "Susu?"},
            "answers": [
                {"answer": {"en": "No", "id": "Tidak"}, "to": 0, "points": 1},
                {"answer": {"en": "Yes", "id": "Ya"}, "to": 1, "points": 1},
            ],
        },
    ],
}


def a_form(kind: str, name: str = "", **different: Any) -> CreativeForm:
    """Return a form that is right in both languages."""
    words = {language: dict(WORDS[kind]) for language in ("en", "id")}
    content = {"quiz": QUIZ}.get(kind, kinds.ALL[kind].read({}, ("en", "id")))
    return CreativeForm(**{"name": name or kind, "texts": words, "content": content, **different})


def a_creative(
    member: Membership, campaign: Campaign, kind: str = "text", *, upload: bytes | None = None, **different: Any
) -> Creative:
    """Return a new creative, made ready."""
    creative = actions.make(
        membership=member,
        slug=campaign.slug,
        kind=kind,
        form=a_form(kind, **different),
        upload=sent(upload) if upload is not None else None,
    )
    finish()
    creative.refresh_from_db()
    return creative


def finish() -> None:
    """Let the worker do all that waits."""
    worker = jobs.Making()
    while worker.turn() < jobs._IDLE_SECONDS:
        pass


def sent(content: bytes) -> Path:
    """Return a file as it has come in."""
    uploads.folder().mkdir(parents=True, exist_ok=True)
    path = uploads.folder() / f"0-{len(content)}-{secrets.token_hex(16)}"
    path.write_bytes(content)
    return path


def a_zip(files: Mapping[str, bytes | str], *, pack: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return an archive of these files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", pack) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return out.getvalue()


def a_link_in_a_zip(target: str) -> bytes:
    """Return an archive in which one file is a symbolic link."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("index.html", "<p>")
        entry = zipfile.ZipInfo("data.txt")
        entry.create_system = 3
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        packed.writestr(entry, target)
    return out.getvalue()


def a_picture(width: int = 1200, height: int = 800) -> bytes:
    """Return a picture with a place in it."""
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "SecretCamera"
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(out, "JPEG", exif=exif)
    return out.getvalue()


def a_clip(folder: Path, *, size: str = "640x360", seconds: int = 2) -> bytes:
    """Return a short clip as a camera writes it."""
    path = folder / "clip.mov"
    source = f"testsrc=size={size}:rate=15:duration={seconds}"
    sound = f"sine=frequency=300:duration={seconds}"
    command = ["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", source, "-f", "lavfi", "-i", sound]
    subprocess.run([*command, "-metadata", "title=SecretPlace", "-c:v", "mpeg4", "-c:a", "aac", str(path)], check=True)
    return path.read_bytes()
