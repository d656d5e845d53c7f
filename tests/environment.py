"""What every test run stands on: a data folder of its own, and a PostgreSQL of its own when one is asked for.

Imported by `conftest.py` before anything reads a setting. ``SEBAR_TEST_DATABASE=postgres`` runs the suite on
PostgreSQL: a private cluster without network, without password and without care for power failures.
"""

from __future__ import annotations

import atexit
import itertools
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import django
import psycopg

_KEPT = ("SEBAR_TEST_", "SEBAR_KILL_")
_numbers = itertools.count()
_clusters: list[str] = []


def prepare() -> None:
    """Point this process at fresh folders and databases, whatever its environment said, and make Django ready."""
    for name in [name for name in os.environ if name.startswith("SEBAR_") and not name.startswith(_KEPT)]:
        del os.environ[name]
    folder = tempfile.mkdtemp(prefix="sebar-tests-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["SEBAR_DATA"] = folder
    # Whoever opens the event store names another folder for temporary files; pytest's own stay where they were.
    os.environ["PYTEST_DEBUG_TEMPROOT"] = tempfile.gettempdir()
    Path(folder, "static").mkdir()  # as `sebar up` has made it when the first request comes
    if os.environ.get("SEBAR_TEST_DATABASE") == "postgres":
        # One for each worker: events wait as long as any transaction of a cluster is open, and tests open long ones.
        _clusters.append(_start_cluster())
        os.environ["SEBAR_DATABASE"] = _url("postgres")
    os.environ["DJANGO_SETTINGS_MODULE"] = "sebar.settings"
    django.setup()
    # Workers of a parallel run inherit this environment, and would read the settings before they come here.
    del os.environ["DJANGO_SETTINGS_MODULE"]


def fresh_database() -> str:
    """Return the URL of an empty database for a platform of its own; empty on SQLite, where its folder is enough."""
    if not _clusters:
        return ""
    name = f"fresh_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(host=_clusters[0], user="sebar", dbname="postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return _url(name)


def _url(name: str) -> str:
    return f"postgresql://sebar@/{name}?host={_clusters[0]}"


def _start_cluster() -> str:
    """Start a cluster and return the folder of its socket; it ends with this process."""
    folder = Path(tempfile.mkdtemp(prefix="sebar-postgres-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    _run("initdb", "--pgdata", str(folder / "data"), "--auth=trust", "--username=sebar", "--no-sync", "--encoding=UTF8")
    settings = "-c listen_addresses= -c fsync=off -c full_page_writes=off -c synchronous_commit=off"
    control = ("pg_ctl", "--pgdata", str(folder / "data"), "--wait")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    _run(*control, "--log", str(folder / "log"), "--options", f"{settings} -k {folder}", "start")
    atexit.register(_run, *control, "--mode=immediate", "stop")
    return str(folder)


def _run(program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs; it refuses to work for root."""
    owner = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    done = subprocess.run(
        [_newest(program), *arguments], cwd="/", check=False, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **owner
    )
    if done.returncode:
        raise RuntimeError(f"{program} failed: {done.stderr.decode(errors='replace')}")


def _newest(program: str) -> str:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), key=lambda path: int(path.parts[4]))
    if found:
        return str(found[-1])
    elsewhere = shutil.which(program)
    if elsewhere is None:
        raise RuntimeError("PostgreSQL is not installed: “apt install postgresql” brings what the tests need.")
    return elsewhere
