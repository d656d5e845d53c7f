"""Uploaded ties as graphs: read once, then mapped into memory. Web needs `files`, but none of this."""

from __future__ import annotations

from typing import Final

from sebar.kit import text
from sebar.kit.errors import UserError
from sebar.kit.words import gettext_noop, kept
from sebar.spread.graph import Graph, open_graph
from sebar.steering.plans import files
from sebar.steering.plans.rules import MOST_TIES

_FAULTS: Final = {
    "empty": gettext_noop("The file holds no ties."),
    "columns": gettext_noop("The columns cannot be told apart: call them who, whom and chance in a first line."),
    "fields": gettext_noop(
        "A line has more or fewer columns than it should: who passes on, to whom and, if you know it, the chance."
    ),
    "end": gettext_noop("A line does not say who passes on, or to whom: mend it and upload the file once more."),
    "chance": gettext_noop("A chance is no number from 0 to 1: mend it and upload the file once more."),
    "encoding": gettext_noop("The file is no text in UTF-8: save it as CSV in UTF-8."),
    "unreadable": gettext_noop("The file cannot be read: save it as CSV in UTF-8."),
}
"""What is said of a file that cannot be read, by `sebar.spread.reading.Fault`."""


def read(brand: int, graph: int, *, is_mutual: bool, name: str) -> Graph:
    """Read an uploaded file, keep it as arrays, and delete it.

    Raises
    ------
    ValueError
        Saying why, fit to be stored (`kit.words.kept`).
    """
    from sebar.spread.reading import Unreadable, read_edges  # noqa: PLC0415 - what reads tables weighs 30 MB, and is seldom needed

    place = files.folder(brand, graph)
    path = next(place.glob("ties.*"), None)
    if path is None:
        raise UserError(gettext_noop("The file is not there any more: upload it once more."), field="file")
    try:
        found = read_edges(path, directed=not is_mutual)
    except Unreadable as error:
        line = name if error.line is None else f"{name}:{error.line}"
        told = f"{line}: {text.shown(error.given)}" if error.given else line
        raise ValueError(kept(_FAULTS[error.fault], told)) from error
    if found.edges > MOST_TIES:
        too_many = gettext_noop("The file holds more ties than can be used: keep the strongest.")
        raise ValueError(kept(too_many, f"{found.edges:,} > {MOST_TIES:,}"))
    found.save(place)
    path.unlink()
    return found


def opened(brand: int, graph: int) -> Graph:
    """Return a graph that was read.

    Raises
    ------
    ValueError
        When it is not there any more.
    """
    return open_graph(files.folder(brand, graph))
