"""What an idle instance costs: memory of all its processes, time to start, bytes on disk."""

from __future__ import annotations

import re
import time
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from fresh import fresh

IDLE_SECONDS = 8.0  # what starting has warmed up should have come to rest
MEGABYTE = 1_000_000


def main() -> None:
    """Print the table."""
    with fresh() as instance:
        time.sleep(IDLE_SECONDS)
        running = family(instance.process)
        shares = {name_of(number): memory(number, "Pss") for number in running}
        own = {name_of(number): memory(number, "Pss_Anon") for number in running}
        seconds = instance.seconds_to_start
    installed = sum(size(name) for name in runtime_packages())
    for name, share in shares.items():
        print(f"  {name:<48}{share / MEGABYTE:>8,.0f} MB, {own[name] / MEGABYTE:>3,.0f} without files")
    # How much of a program’s files is mapped at once depends on how the kernel holds them: of files that were written
    # a moment ago it maps more, some 120 MB for the event store alone.
    print(f"  {'all without files, which the kernel may drop':<48}{sum(own.values()) / MEGABYTE:>8,.0f} MB")
    for name, value, unit, goal in [
        ("idle memory, all processes (proportional share)", sum(shares.values()) / MEGABYTE, "MB", 700),
        ("first start until ready", seconds, "s", 15),
        ("installed: all packages it runs on", installed / MEGABYTE, "MB", 1200),
    ]:
        print(f"{name:<50}{value:>8,.1f} {unit:<3} goal ≤ {goal:,} {unit:<3} {'met' if value <= goal else 'NOT MET'}")


def family(process: int) -> list[int]:
    """Return a process and all that came from it."""
    parents = {int(entry.parent.name): parent(entry) for entry in Path("/proc").glob("[0-9]*/stat")}
    found = [process]
    for number in found:
        found += [child for child, of in parents.items() if of == number]
    return found


def parent(stat: Path) -> int:
    """Return the parent of the process whose ``stat`` this is, 0 when it has just gone."""
    try:
        return int(stat.read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def name_of(process: int) -> str:
    """Return what a process runs, with its number to tell two of the same apart."""
    words = Path(f"/proc/{process}/cmdline").read_bytes().decode().split("\0")
    ours = [word.removeprefix("sebar.serve.") for word in words if word.startswith("sebar.") or word.isalpha()]
    return f"{' '.join(ours)} ({process})"


def memory(process: int, which: str) -> int:
    """Return a process's memory in bytes by the kernel's name for it; what several share is divided among them."""
    rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
    kilobytes = re.search(rf"^{which}:\s+(\d+) kB", rollup, re.MULTILINE)
    return int(kilobytes[1]) * 1024 if kilobytes else 0


def runtime_packages() -> set[str]:
    """Return the names of the packages that the product runs on, those of tests left out."""
    found: set[tuple[str, str]] = set()
    waiting = [("sebar", "")]
    while waiting:
        package = waiting.pop()
        if package not in found:
            found.add(package)
            waiting += needs(*package)
    return {name for name, _ in found}


def needs(package: str, extra: str) -> list[tuple[str, str]]:
    """Return the packages, each with an extra or none, that a package with an extra or none needs here."""
    wanted = [Requirement(text) for text in metadata.requires(package) or []]
    here = [need for need in wanted if need.marker is None or need.marker.evaluate({"extra": extra})]
    return [(need.name.lower().replace("_", "-"), chosen) for need in here for chosen in ["", *need.extras]]


def size(package: str) -> int:
    """Return the bytes a package takes, compiled files included."""
    files = {Path(str(file.locate())) for file in metadata.files(package) or []}
    compiled = {found for file in files for found in file.parent.glob(f"__pycache__/{file.stem}.*.pyc")}
    return sum(file.stat().st_size for file in files | compiled if file.is_file())


if __name__ == "__main__":
    main()
