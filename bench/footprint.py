"""What an idle instance costs: memory of all its processes, time to start, bytes on disk."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

IDLE_SECONDS = 8.0  # what starting has warmed up should have come to rest
MEGABYTE = 1_000_000


def main() -> None:
    """Print the table."""
    installed = sum(size(name) for name in runtime_packages()) / MEGABYTE
    with tempfile.TemporaryDirectory(prefix="sebar-footprint-") as folder:
        seconds, shares = run_once(Path(folder))
    for name, share in shares.items():
        print(f"  {name:<38}{share / MEGABYTE:>10,.0f} MB")
    for name, value, unit, goal in [
        ("idle memory, all processes (PSS)", sum(shares.values()) / MEGABYTE, "MB", 700),
        ("first start until ready", seconds, "s", 15),
        ("installed, all packages it runs on", installed, "MB", 1200),
    ]:
        print(f"{name:<40}{value:>10,.1f} {unit:<4} goal ≤ {goal:>5,}  {'met' if value <= goal else 'NOT MET'}")


def run_once(folder: Path) -> tuple[float, dict[str, int]]:
    """Start a fresh instance; return seconds until it is ready and, once idle, each process's share of memory."""
    environment = os.environ | {"SEBAR_DATA": str(folder), "SEBAR_PORT": str(free_port())}
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "sebar.serve.supervisor"], env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None  # noqa: S101 - asked for above
        if not any(line.startswith("Sebar is ready") for line in process.stdout):
            sys.exit("The instance did not start; the lines above say why.")
        seconds = time.perf_counter() - began
        time.sleep(IDLE_SECONDS)
        return seconds, {name_of(number): proportional_share(number) for number in family(process.pid)}
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def free_port() -> int:
    """Return a port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


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
    module = next((word for word in words if word.startswith("sebar.")), "worker")
    arguments = " ".join(word for word in words[words.index(module) + 1 :] if word.isalpha()) if module in words else ""
    return f"{module} {arguments}".strip() + f" ({process})"


def proportional_share(process: int) -> int:
    """Return a process's memory in bytes; what several share is divided among them."""
    kilobytes = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{process}/smaps_rollup").read_text(), re.MULTILINE)
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
