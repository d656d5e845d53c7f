"""`sebar forecast`: what will likely become of recorded cascades, or of a campaign that runs here."""

from __future__ import annotations

import csv
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Final

import msgspec
import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from sebar.kit.errors import UserError
from sebar.measures.intervals import ENOUGH
from sebar.spread import forecasting, passing_on
from sebar.spread.forecasting import LEVELS, Forecaster, Setting
from sebar.spread.forest import Forest
from sebar.spread.records import read_cascades

_NEEDED: Final = ("cascade", "origin_seconds", "horizon_seconds")
_COLUMNS: Final = tuple(f"q{level:g}" for level in LEVELS)
_COMMON: Final = 0.02  # share of the rows from which an origin or a horizon is a kind of its own
_FEW_KINDS: Final = 20
_A_SECOND: Final = 1.0
_HUMANITY: Final = 8.3e9  # nothing spreads to more
_TIES: Final = 0.1  # share of the joins by which those in the same second may lift a number


class Done(msgspec.Struct, frozen=True):
    """What `sebar forecast FOLDER --json` prints; the names are public."""

    rows: int
    calibrated: int
    learned_from: int
    settings: int
    seconds: float


@dataclass(frozen=True)
class Row:
    """One forecast that is asked for."""

    fields: dict[str, str]
    forest: Forest
    now: float
    horizon: float

    @property
    def joins(self) -> int:
        """How many have joined by now, the start not counted."""
        return self.forest.people(self.now) - 1


def forecast(
    subject: Annotated[str, typer.Argument(help="A campaign's slug, or a folder (or CSV file) of recorded cascades.")],
    *,
    learn: Annotated[list[Path] | None, typer.Option(help="Recorded cascades to learn from; may be repeated.")] = None,
    origins: Annotated[Path | None, typer.Option(help="CSV: cascade,origin_seconds,horizon_seconds.")] = None,
    out: Annotated[Path | None, typer.Option(help="CSV to write: the rows of --origins, and quantiles.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Say what will likely become of a running campaign; or of recorded cascades, for everybody to check."""
    if not Path(subject).exists():
        if origins is not None or out is not None or learn:
            raise UserError(f"There are no recorded cascades at {subject}: name a folder or a CSV file.")
        _live(subject, as_json=as_json)
        return
    if origins is None or out is None:
        raise UserError("Recorded cascades need --origins (what to forecast) and --out (where to write it).")
    began = time.monotonic()
    try:
        rows, header = _rows(origins, read_cascades(Path(subject)))
        past = _past(learn or [], rows)
    except ValueError as error:
        raise error if isinstance(error, UserError) else UserError(str(error)) from error
    kinds = _kinds(rows)
    settings = list(dict.fromkeys(kinds))
    with Progress(console=Console(stderr=True), transient=True) as bar:
        job = bar.add_task("Learning", total=len(settings) + 1)
        forecaster = forecasting.learn(past, settings, progress=lambda _: bar.advance(job))
        quantiles, calibrated = _quantiles(forecaster, rows, kinds)
    _write(out, header, rows, quantiles)
    done = Done(len(rows), calibrated, len(past), len(forecaster.learned), time.monotonic() - began)
    if as_json:
        print(msgspec.json.encode(done).decode())
    else:
        print(f"{done.rows:,} forecasts in {out}, {done.calibrated:,} calibrated on {done.learned_from:,} cascades.")


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(forecast)


def _live(slug: str, *, as_json: bool) -> None:
    """Print what is foreseen of a campaign that runs here."""
    # Only this needs the platform's tables: what is recorded can be forecast anywhere.
    import sebar.serve.tables  # noqa: PLC0415 - only for a campaign of this instance
    from sebar.api.forecasts import outlook_shown  # noqa: PLC0415 - only for a campaign of this instance
    from sebar.cli.campaigns import campaign_of  # noqa: PLC0415 - only for a campaign of this instance

    sebar.serve.tables.require()
    found = outlook_shown(campaign_of(slug))
    if as_json:
        print(msgspec.json.encode(found).decode())
        return
    if found.ahead is None or found.made_at is None:
        print(f"Nothing is foreseen of {slug}: it takes a running campaign, and {ENOUGH} people who had their time.")
        return
    table = Table("Until", "Participants, likely", "Median", "95 %")
    for one in found.ahead["participants"]:
        told = [_count(one.quantiles[f"{level:g}"], found.told_up_to) for level in LEVELS]
        least, low, _, middle, _, high, most = told
        table.add_row(f"{one.at:%Y-%m-%d %H:%M} UTC", f"{low} to {high}", middle, f"{least} to {most}")
    Console().print(table)
    print("Calibrated on past campaigns." if found.is_calibrated else "Not calibrated yet: ranges are wide on purpose.")


def _count(value: float, told_up_to: float | None) -> str:
    return f"{value:,.0f} or more" if told_up_to is not None and value >= told_up_to else f"{value:,.0f}"


def _rows(path: Path, forests: dict[int, Forest]) -> tuple[list[Row], list[str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            table, header = list(reader), list(reader.fieldnames or [])
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path} is not a text in UTF-8: save it as CSV in UTF-8.") from error
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from error
    missing = [name for name in _NEEDED if name not in header]
    if missing:
        raise UserError(f"{path} has no column {', '.join(missing)}: it needs {', '.join(_NEEDED)}.")
    if not table:
        raise UserError(f"{path} has no row: write one for each forecast that is asked for.")
    return [_row(path, line, fields, forests) for line, fields in enumerate(table, start=2)], header


def _row(path: Path, line: int, fields: dict[str, str], forests: dict[int, Forest]) -> Row:
    try:
        cascade, now, horizon = (
            int(fields["cascade"]),
            float(fields["origin_seconds"]),
            float(fields["horizon_seconds"]),
        )
    except (TypeError, ValueError):
        raise UserError(f"{path}, line {line}: cascade, origin and horizon must be numbers.") from None
    if cascade not in forests:
        raise UserError(f"{path}, line {line}: there is no cascade {cascade} in the records.")
    if not 0 < now < horizon:
        raise UserError(
            f"{path}, line {line}: the horizon {horizon:g} must lie after the origin {now:g}, both above 0."
        )
    return Row(fields, forests[cascade], now, horizon)


def _past(folders: Sequence[Path], rows: Sequence[Row]) -> list[Forest]:
    """Return the cascades to learn from; one that is to be forecast is never learned from."""
    asked = {_print_of(row.forest) for row in rows}
    return [one for folder in folders for one in read_cascades(folder).values() if _print_of(one) not in asked]


def _print_of(forest: Forest) -> tuple[float | None, bytes, bytes]:
    return forest.start, forest.joined.tobytes(), forest.parent.tobytes()


def _kinds(rows: Sequence[Row]) -> list[Setting]:
    """Return what kind of forecast each row is: looked at one age or at one number of joins, up to one age or so far.

    What many rows share is a kind of its own; of what is left, neighbours are taken together.
    """
    ages, horizons = _shared(rows, lambda row: row.now), _shared(rows, lambda row: row.horizon)
    aheads = _shared(rows, lambda row: row.horizon - row.now)
    counts = _shared([row for row in rows if _at_a_join(row)], lambda row: row.joins)
    found = []
    for row in rows:
        until, ahead = round(row.horizon), round(row.horizon - row.now)
        if horizons[until] >= max(aheads[ahead], 1):
            span = Setting(until=float(until))
        else:
            span = Setting(ahead=float(ahead) if aheads[ahead] else _rounded(ahead))
        if ages[round(row.now)]:
            found.append(replace(span, age=float(round(row.now))))
        elif _at_a_join(row) and (near := _near(row.joins, counts)):
            found.append(replace(span, joins=near))
        else:
            found.append(replace(span, age=_rounded(row.now)))
    return found


def _shared(rows: Sequence[Row], value: Callable[[Row], float]) -> Counter[int]:
    """Return how many rows share each value that many do; where there are few values, all of them."""
    counts = Counter(round(value(row)) for row in rows)
    least = 1 if len(counts) <= _FEW_KINDS else max(_COMMON * len(rows), 2)
    return Counter({one: count for one, count in counts.items() if count >= least})


def _near(joins: int, counts: Counter[int]) -> int:
    """Return the shared number of joins that this one is, or would be without ties in time; 0 when it is far off."""
    near = min(counts, key=lambda one: abs(one - joins), default=0)
    return near if abs(near - joins) <= _TIES * near else 0


def _at_a_join(row: Row) -> bool:
    last = row.forest.joined[row.forest.people(row.now) - 1]
    return row.joins > 0 and abs(float(last) - row.now) <= _A_SECOND


def _rounded(seconds: float) -> float:
    """Return one of few lengths of time near this one: half as long again each."""
    return float(round(1.5 ** round(np.log(max(seconds, 1.0)) / np.log(1.5))))


def _quantiles(
    forecaster: Forecaster, rows: Sequence[Row], kinds: Sequence[Setting]
) -> tuple[NDArray[np.float64], int]:
    found = np.zeros((len(rows), len(LEVELS)))
    by_kind: dict[Setting | None, list[int]] = {}
    for place, (row, kind) in enumerate(zip(rows, kinds, strict=True)):
        used = kind if kind in forecaster.learned else forecaster.nearest(row.now, row.joins, row.horizon - row.now)
        by_kind.setdefault(used if row.joins >= forecasting.ENOUGH_JOINS else None, []).append(place)
    for setting, places in by_kind.items():
        some = [rows[place] for place in places]
        if setting is None:
            found[places] = [_by_mechanism(forecaster, row) for row in some]
        else:
            moments = [(row.now, row.horizon) for row in some]
            found[places] = forecaster.quantiles(setting, [row.forest for row in some], moments)
    totals = np.minimum(found + np.array([[row.joins] for row in rows]), _HUMANITY)
    return totals, len(rows) - len(by_kind.get(None, []))


def _by_mechanism(forecaster: Forecaster, row: Row) -> NDArray[np.float64]:
    seen = row.forest.until(row.now)
    known = passing_on.statistics(seen.joined, seen.parent, now=row.now)
    ahead = forecasting.by_mechanism(known, row.horizon - row.now, believed=forecaster.believed, seed=1)
    return forecasting.widened(ahead.quantiles(LEVELS)[-1])


def _write(path: Path, header: list[str], rows: Sequence[Row], quantiles: NDArray[np.float64]) -> None:
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([*header, *_COLUMNS])
            for row, values in zip(rows, quantiles.tolist(), strict=True):
                writer.writerow([*(row.fields[name] for name in header), *(f"{value:g}" for value in values)])
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}.") from error
