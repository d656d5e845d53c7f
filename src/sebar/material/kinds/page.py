"""A page of blocks, one below the other: headings, texts, and other creatives of the campaign."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sebar.kit import text
from sebar.kit.errors import Checks, UserError
from sebar.kit.words import gettext_noop
from sebar.material.base import TITLE, Content, Kind

BLOCKS: Final = 20
KINDS: Final = ("heading", "text", "creative")
_LENGTHS: Final = {"heading": 80, "text": 2000}
_NAME_LENGTH: Final = 20


def read(fields: Mapping[str, str], languages: Sequence[str]) -> Content:
    """Return what the form says, in the order in which the blocks are numbered; empty ones are left out."""
    found: list[dict[str, Any]] = []
    for number in range(BLOCKS):
        kind = fields.get(f"block.{number}.kind", "")
        words = {language: fields.get(f"block.{number}.{language}", "").strip() for language in languages}
        creative = fields.get(f"block.{number}.creative", "")
        if creative if kind == "creative" else any(words.values()):
            found.append({"kind": kind, "creative": creative} if kind == "creative" else {"kind": kind, "words": words})
    return {"blocks": found}


def check(content: Content, languages: Sequence[str]) -> Content:
    """Return blocks that can be shown.

    Raises
    ------
    UserErrors
        Naming the block that cannot.
    """
    checks = Checks()
    blocks = content.get("blocks", [])
    checks(_enough, len(blocks))
    tidy: list[dict[str, Any]] = []
    for number, block in enumerate(blocks):
        kind = checks(_kind, str(block.get("kind", "")), f"block.{number}.kind")
        if kind == "creative":
            name = checks(
                text.slug, str(block.get("creative", "")), field=f"block.{number}.creative", most=_NAME_LENGTH
            )
            tidy.append({"kind": kind, "creative": name})
        elif kind in _LENGTHS:
            words = {
                language: checks(
                    _words, str(block.get("words", {}).get(language, "")), kind, f"block.{number}.{language}"
                )
                for language in languages
            }
            tidy.append({"kind": kind, "words": words})
    checks.finish()
    return {"blocks": tidy}


def _enough(count: int) -> int:
    if not 1 <= count <= BLOCKS:
        raise UserError(gettext_noop("A page has 1 to {most} blocks."), field="block.0.kind", most=BLOCKS)
    return count


def _kind(kind: str, where: str) -> str:
    if kind not in KINDS:
        raise UserError(gettext_noop("A block is a heading, a text or a creative."), field=where)
    return kind


def _words(written: str, kind: str, where: str) -> str:
    tidy = text.paragraphs(written, field=where, most=_LENGTHS[kind])
    if not tidy:
        raise UserError(
            gettext_noop("Something is empty here: fill it in, or empty it in every language."), field=where
        )
    return tidy


KIND = Kind(
    name="page",
    label=gettext_noop("Page"),
    about=gettext_noop("Several things below each other: headings, texts, pictures, clips, games."),
    order=7,
    words=(TITLE,),
    read=read,
    check=check,
)
