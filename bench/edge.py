"""Redirects per second with every visit durable before it is answered, beside nginx and a bare Granian handler.

All three answer the same 302 to the same load, by turns, in one run: `python bench/edge.py [seconds] [rounds]`.
It needs `wrk` and `nginx`. Server and load share the machine, so read the ratios, not the figures.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sebar.edge.links import Link, Publisher, Target
from sebar.events.journal import segments
from sebar.kit import codes

LINKS = 100_000
ASKED = 2_000
AGENT = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36"
)
CONNECTIONS = (64, 256)
HERE = Path(__file__).parent
SERVERS = ("nginx return 302", "bare Granian", "Sebar, durable")
GOALS = (("bare Granian", 0.75), ("nginx return 302", 0.25))
TAIL_GOAL = 3.0


@dataclass(frozen=True)
class Result:
    """One run of the load: redirects per second, latency in milliseconds, answers in all."""

    per_second: float
    p50: float
    p99: float
    answers: int


def main() -> None:
    """Print the table, and as JSON what it says."""
    seconds, rounds = (int(text) for text in (sys.argv[1:] + ["4", "3"][len(sys.argv) - 1 :]))
    for program in ("wrk", "nginx"):
        if shutil.which(program) is None and not Path(f"/usr/sbin/{program}").exists():
            sys.exit(f"{program} is missing; install it with: apt-get install {program}")
    with tempfile.TemporaryDirectory(prefix="sebar-bench-edge-") as folder:
        results, unkept = measure(Path(folder), seconds, rounds)
    for connections in CONNECTIONS:
        print_table(connections, {name: results[name, connections] for name in SERVERS})
    print(f"visits acknowledged to the load but not in the journal: {unkept}")
    sys.exit(1 if unkept > 0 else 0)


def measure(folder: Path, seconds: int, rounds: int) -> tuple[dict[tuple[str, int], list[Result]], int]:
    """Return every result by server and number of connections, and how many acknowledged visits were not kept."""
    script = write_load(folder)
    publish(folder)
    results: dict[tuple[str, int], list[Result]] = {(name, number): [] for name in SERVERS for number in CONNECTIONS}
    acknowledged = 0
    with (
        nginx(folder) as first,
        granian("bare:app", folder) as second,
        granian("sebar.serve.front:app", folder) as third,
    ):
        ports = dict(zip(SERVERS, (first, second, third), strict=True))
        for name in SERVERS:
            load(ports[name], script, 64, 1)
        before = kept(folder)
        for _ in range(rounds):
            for (name, connections), found in results.items():
                found.append(load(ports[name], script, connections, seconds))
                acknowledged += found[-1].answers if name == SERVERS[-1] else 0
        unkept = max(acknowledged - (kept(folder) - before), 0)
    return results, unkept


def print_table(connections: int, results: dict[str, list[Result]]) -> None:
    """Print medians and how they stand to the goals."""
    middle = {name: median(found) for name, found in results.items()}
    ours = middle[SERVERS[-1]]
    print(f"\n{connections} connections              302/s    p50 ms   p99 ms")
    for name, result in middle.items():
        print(f"  {name:<24}{result.per_second:>10,.0f}{result.p50:>10.2f}{result.p99:>9.2f}")
    for name, goal in GOALS:
        ratio = ours.per_second / middle[name].per_second
        print(f"  of {name:<24}{ratio:>7.2f}   goal ≥ {goal:<5} {'met' if ratio >= goal else 'NOT MET'}")
    tail = ours.p99 / middle["bare Granian"].p99
    verdict = "met" if tail <= TAIL_GOAL else "NOT MET"
    print(f"  p99 to bare Granian's       {tail:>5.2f}   goal ≤ {TAIL_GOAL:<5} {verdict}")


def median(results: list[Result]) -> Result:
    """Return the median of each figure."""
    return Result(
        statistics.median(result.per_second for result in results),
        statistics.median(result.p50 for result in results),
        statistics.median(result.p99 for result in results),
        sum(result.answers for result in results),
    )


def write_load(folder: Path) -> Path:
    """Write wrk's script: links drawn at random, with a browser's headers, and the result as JSON."""
    paths = [f"/r/{codes.spell(codes.FIRST + number * 37)}" for number in range(ASKED)]
    script = folder / "load.lua"
    script.write_text(
        f"""
        local paths = {{{",".join(f'"{path}"' for path in paths)}}}
        math.randomseed(1)
        wrk.headers["User-Agent"] = "{AGENT}"
        wrk.headers["Sec-Fetch-Mode"] = "navigate"
        wrk.headers["Sec-Fetch-Dest"] = "document"
        request = function() return wrk.format("GET", paths[math.random(#paths)]) end
        done = function(summary, latency)
            local failed = summary.errors.status + summary.errors.read + summary.errors.connect + summary.errors.timeout
            io.write(string.format('{{"answers": %d, "seconds": %f, "p50": %f, "p99": %f, "failed": %d}}',
                summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
                failed))
        end
        """
    )
    return script


def publish(folder: Path) -> None:
    """Publish the links that are asked for, among many more."""
    publisher = Publisher(folder / "links.sqlite3")
    publisher.publish_targets([Target(campaign=1, brand=1, slug="coffee")])
    publisher.publish_links([Link(codes.FIRST + number, 1) for number in range(LINKS)], (0, LINKS))
    publisher.close()


def load(port: int, script: Path, connections: int, seconds: int) -> Result:
    """Ask for links for some seconds."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", str(script), f"http://127.0.0.1:{port}"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"\{.*\}", printed)
    said = json.loads(found[0]) if found else sys.exit(f"wrk said: {printed}")
    if said["failed"]:
        sys.exit(f"{said['failed']} requests failed on port {port}.")
    return Result(said["answers"] / said["seconds"], said["p50"], said["p99"], said["answers"])


def kept(folder: Path) -> int:
    """Return how many visits the journal holds."""
    found = [segment.read(0, 1_000_000_000) for segment in segments(folder / "journal")]
    return sum(len(rows) for batches in found for _, rows in batches)


@contextmanager
def nginx(folder: Path) -> Iterator[int]:
    """Run nginx with one worker."""
    port = free_port()
    settings = folder / "nginx.conf"
    settings.write_text(
        f"""
        worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log stderr crit;
        events {{ worker_connections 4096; }}
        http {{
            access_log off; keepalive_requests 100000000; client_body_temp_path {folder}; proxy_temp_path {folder};
            fastcgi_temp_path {folder}; uwsgi_temp_path {folder}; scgi_temp_path {folder};
            server {{
                listen 127.0.0.1:{port};
                location / {{ add_header cache-control no-store always; return 302 /c/coffee?ref=3222222; }}
            }}
        }}
        """
    )
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    with running([program, "-c", str(settings), "-p", str(folder)], port):
        yield port


@contextmanager
def granian(target: str, folder: Path) -> Iterator[int]:
    """Run an application as the platform does."""
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "rsgi", "--no-ws", "--log-level", "error"]
    environment = {"SEBAR_DATA": str(folder), "SEBAR_PORT": str(port), "PYTHONPATH": str(HERE)}
    with running([*command, "--port", str(port), target], port, environment):
        yield port


@contextmanager
def running(command: list[str], port: int, environment: dict[str, str] | None = None) -> Iterator[None]:
    """Run a server until the block ends."""
    process = subprocess.Popen(command, env=os.environ | (environment or {}), start_new_session=True)
    try:
        wait_for(port, process)
        yield
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Return once something listens on the port."""
    while process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    sys.exit("A server ended before it listened; the lines above say why.")


def free_port() -> int:
    """Return a port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    main()
