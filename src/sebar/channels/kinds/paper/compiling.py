"""The way to typst: sources of ours only, no file, no package and no network within reach."""

from __future__ import annotations

from functools import lru_cache
from tempfile import TemporaryDirectory
from typing import Literal

import typst


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    """Return typst's own fonts, and this machine's for what those cannot draw."""
    return typst.Fonts(include_system_fonts=True, include_embedded_fonts=True)


def compiled(
    source: bytes,
    inputs: dict[str, str],
    kind: Literal["pdf", "png"] = "pdf",
    *,
    resolution: float = 144,
    standard: Literal["a-2u"] | None = None,
) -> bytes:
    """Return what a source comes to; of a PNG the first page only.

    Parameters
    ----------
    inputs
        What the source finds under `sys.inputs`, as strings.
    resolution
        Pixels per inch of a PNG.
    standard
        A standard that the PDF must keep.

    Raises
    ------
    typst.TypstError
        When the source is wrong, or what it says cannot be had within the standard.
    """
    # All that a source could read is an empty folder, and one of this call alone: a machine empties its temporary
    # folders by age, and a process that lives for weeks would find a shared one gone.
    with TemporaryDirectory(prefix="sebar-paper-") as nowhere:
        compiler = typst.Compiler(
            source,
            root=nowhere,
            package_path=nowhere,
            package_cache_path=nowhere,
            font_paths=_fonts(),
            sys_inputs=inputs,
        )
        made = compiler.compile(format=kind, ppi=resolution, pdf_standards=standard or [])
    if isinstance(made, list):
        return made[0]
    return made or b""
