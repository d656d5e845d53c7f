"""Uploaded ties as graphs: read once, then mapped into memory. Web needs `files`, but none of this."""

from __future__ import annotations

from sebar.kit.errors import UserError
from sebar.kit.words import gettext_noop
from sebar.spread.graph import Graph, open_graph
from sebar.steering.plans import files
from sebar.steering.plans.rules import MOST_TIES


def read(brand: int, graph: int, *, is_mutual: bool, name: str) -> Graph:
    """Read an uploaded file, keep it as arrays, and delete it.

    Raises
    ------
    ValueError
        One sentence that names the file, and the line where there is one.
    """
    from sebar.spread.reading import read_edges  # noqa: PLC0415 - what reads tables weighs 30 MB, and is seldom needed

    place = files.folder(brand, graph)
    path = next(place.glob("ties.*"), None)
    if path is None:
        raise UserError(gettext_noop("The file is not there any more: upload it once more."), field="file")
    try:
        found = read_edges(path, directed=not is_mutual)
    except ValueError as error:
        raise ValueError(str(error).replace(str(path), name)) from error
    if found.edges > MOST_TIES:
        raise UserError(
            gettext_noop("The file holds {count} ties, more than {most}: keep the strongest."),
            field="file",
            count=found.edges,
            most=MOST_TIES,
        )
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
