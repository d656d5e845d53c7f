"""What brands have ordered for many people, and how far it is: files in the data folder, one order a campaign.

The web process writes orders and the printer everything else. Each replaces a file whole, so nobody reads half of one.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Final, TypeVar

import msgspec

from sebar.campaigns import rules
from sebar.campaigns.models import Campaign
from sebar.channels.kinds.paper import bulk
from sebar.channels.kinds.paper.printing import What
from sebar.kit import config, text
from sebar.kit.errors import Checks, UserError
from sebar.kit.words import gettext_noop

KEPT: Final = timedelta(days=7)
"""How long after the order its files can be fetched."""
_MOST_FILES: Final = 2_000  # PDFs: about two minutes of one processor and a hundred megabytes
_MOST: Final = MappingProxyType({What.QR_SVG: 50_000, What.QR_PNG: 50_000, What.QR_EPS: 50_000, What.CARDS: 50_000})
_LONGEST_SOURCE: Final = 40
_COUNT: Final = re.compile(r"0{0,3}[1-9][0-9]{0,7}")
Content = TypeVar("Content", bound=msgspec.Struct)


class Order(msgspec.Struct, frozen=True):
    """What is wanted; the names are those of `place`. `people` is for how many it was when it was ordered."""

    id: str
    what: What
    language: str
    source: str
    first: int | None
    people: int
    ordered_at: datetime


class State(msgspec.Struct, frozen=True):
    """How far an order is.

    Attributes
    ----------
    order
        Which order.
    people
        For how many people files are written.
    files
        Names of the ZIP files, once all are whole.
    trouble
        Why it will never be finished, in the words of whatever failed; else empty.
    attempts
        How often it was begun: a printer that is killed begins anew.
    """

    order: str
    people: int = 0
    files: tuple[str, ...] = ()
    trouble: str = ""
    attempts: int = 0

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come."""
        return bool(self.files or self.trouble)


def place(campaign: Campaign, *, what: str, language: str, source: str = "", first: str = "") -> Order:
    """Order something for many people, instead of whatever the campaign ordered before.

    Parameters
    ----------
    source, first
        Whom `bulk.chosen` is to choose; empty for everybody.

    Raises
    ------
    UserErrors
        With one sentence for everything that cannot be used.
    """
    checks = Checks()
    checks(_known, what)
    checks(_spoken, language, campaign)
    source = checks(text.line, source, field="source", most=_LONGEST_SOURCE)
    checks(_number, first)
    checks.finish()
    return _placed(campaign, What(what), language, source, int(first) if first.strip() else None)


def look(campaign: Campaign) -> tuple[Order, State] | None:
    """Return what the campaign has ordered and how far that is; None when it has ordered nothing."""
    order = _read(_folder(campaign.pk) / "order.json", Order)
    return (order, state(campaign.pk, order)) if order is not None else None


def withdraw(campaign: Campaign) -> None:
    """Forget what the campaign has ordered."""
    (_folder(campaign.pk) / "order.json").unlink(missing_ok=True)


def bundle(campaign: Campaign, name: str) -> Path | None:
    """Return one of the ZIP files that are ready, by its name."""
    found = look(campaign)
    return place_of(campaign.pk, found[0]) / name if found is not None and name in found[1].files else None


def state(campaign: int, order: Order) -> State:
    """Return how far an order is."""
    found = _read(_folder(campaign) / "state.json", State)
    return found if found is not None and found.order == order.id else State(order.id)


def note(campaign: int, how: State) -> None:
    """Write down how far an order is."""
    _write(_folder(campaign) / "state.json", how)


def is_wanted(campaign: int, order: Order) -> bool:
    """Say whether an order still stands."""
    now = _read(_folder(campaign) / "order.json", Order)
    return now is not None and now.id == order.id


def waiting() -> Iterator[tuple[int, Order]]:
    """Yield every order that is not over, with its campaign's number. Files that nobody wants any more are deleted."""
    for folder in sorted(config.load().data.glob("paper/[0-9]*")):
        campaign = int(folder.name)
        order = _read(folder / "order.json", Order)
        if order is not None and datetime.now(UTC) - order.ordered_at > KEPT:
            (folder / "order.json").unlink()
            order = None
        clear(campaign, but=order)
        if order is not None and not state(campaign, order).is_over:
            yield campaign, order


def clear(campaign: int, *, but: Order | None = None) -> None:
    """Delete the files of all orders of a campaign but one."""
    for path in _folder(campaign).iterdir():
        if path.is_dir() and (but is None or path.name != but.id):
            shutil.rmtree(path, ignore_errors=True)


def place_of(campaign: int, order: Order) -> Path:
    """Return the folder of an order's ZIP files."""
    return _folder(campaign) / order.id


def _placed(campaign: Campaign, what: What, language: str, source: str, first: int | None) -> Order:
    people = bulk.count(campaign, source=source, first=first)
    most = _MOST.get(what, _MOST_FILES)
    if people > most:
        raise UserError(
            gettext_noop(
                "{people:n} people are too many to print for from here: choose the first {most:n}, or run “sebar paper”"
                " on the server."
            ),
            field="first",
            people=people,
            most=most,
        )
    order = Order(secrets.token_hex(8), what, language, source, first, people, datetime.now(UTC))
    _folder(campaign.pk).mkdir(parents=True, exist_ok=True)
    _write(_folder(campaign.pk) / "order.json", order)
    return order


def _folder(campaign: int) -> Path:
    return config.load().data / "paper" / str(campaign)


def _read(path: Path, kind: type[Content]) -> Content | None:
    """Return what a file holds; None without one, or when another version of Sebar has written it."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None


def _write(path: Path, content: msgspec.Struct) -> None:
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    fresh.write_bytes(msgspec.json.encode(content))
    fresh.replace(path)


def _known(what: str) -> str:
    if what not in {*What}:
        raise UserError(
            gettext_noop("“{shown}” cannot be printed: choose from {known}."),
            field="what",
            shown=text.shown(what),
            known=", ".join(What),
        )
    return what


def _spoken(language: str, campaign: Campaign) -> str:
    if rules.spoken(language, campaign.languages) != language:
        raise UserError(
            gettext_noop("The campaign does not speak “{shown}”: choose from {known}."),
            field="language",
            shown=text.shown(language),
            known=", ".join(campaign.languages),
        )
    return language


def _number(first: str) -> str:
    if first.strip() and not _COUNT.fullmatch(first.strip()):
        raise UserError(
            gettext_noop("“{shown}” is not a number of people: write one like 500, or leave it empty for everybody."),
            field="first",
            shown=text.shown(first),
        )
    return first
