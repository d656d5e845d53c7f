"""The page `docs/science.md` is a program that runs, and its pictures are the ones it makes."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path

import matplotlib as mpl

from sebar.spread.model import Model
from sebar.spread.warm import warm_up

PAGE = Path(__file__).parents[1] / "docs" / "science.md"


def program() -> str:
    """Return the code of the page, from top to bottom, each line where it stands in the page."""
    inside, lines = False, []
    for line in PAGE.read_text().splitlines():
        code = inside and line != "```"
        lines.append(line if code else "")
        inside = line == "```python" or code
    return "\n".join(lines)


def run(folder: Path) -> None:
    """Run the page's program in a folder; its pictures are written there."""
    mpl.use("Agg")
    warm_up(Model(probability=0.11))  # compiling must not use up the page's three seconds
    before = Path.cwd()
    os.chdir(folder)
    try:
        exec(compile(program(), str(PAGE), "exec"), {})  # noqa: S102 - it is our own page
    finally:
        os.chdir(before)


def test_the_page_runs_and_makes_its_pictures(tmp_path: Path) -> None:
    run(tmp_path)
    shown = re.findall(r"\(images/([\w-]+\.png)\)", PAGE.read_text())
    assert len(shown) == 3
    for name in shown:
        assert (tmp_path / name).stat().st_size > 5000
        assert (PAGE.parent / "images" / name).exists(), "renew it: make docs"


def renew() -> None:
    """Make the pictures of the page anew."""
    with tempfile.TemporaryDirectory() as folder:
        run(Path(folder))
        for picture in Path(folder).glob("*.png"):
            shutil.copy(picture, PAGE.parent / "images")


if __name__ == "__main__":
    renew()
