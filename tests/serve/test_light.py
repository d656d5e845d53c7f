"""What answers people loads nothing heavy that it hardly ever needs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

LOOK = """
import sys
from sebar.serve import tables
from django.urls import get_resolver
import sebar.urls
get_resolver().url_patterns
print(*sorted({"numba", "pyarrow", "polars", "scipy", "aiohttp", "requests", "chdb"} & sys.modules.keys()))
"""


@pytest.mark.processes
def test_the_web_process_loads_no_compiler_and_no_client() -> None:
    found = subprocess.run([sys.executable, "-c", LOOK], capture_output=True, text=True, check=True)
    assert found.stdout.split() == []


TABLES = """
import json, os, sqlite3, sys
from sebar.serve import tables
from django.core.management import call_command
from sebar.serve import prepare
prepare._create() if sys.argv[1] == "at once" else call_command("migrate", verbosity=0)
database = sqlite3.connect(os.environ["SEBAR_DATA"] + "/sebar.sqlite3")
names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
columns = {name: sorted(row[1:5] for row in database.execute(f"PRAGMA table_info({name})")) for name in names}
indexes = sorted(row for row in database.execute("SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'index'"))
applied = sorted(database.execute("SELECT app, name FROM django_migrations WHERE app = 'sebar'"))
print(json.dumps([columns, [[table, sql] for table, name, sql in indexes if sql], applied]))
"""


@pytest.mark.processes
def test_a_fresh_database_is_as_migrations_would_make_it(tmp_path: Path) -> None:
    made = []
    for way in ("at once", "one by one"):
        folder = tmp_path / way.replace(" ", "-")
        folder.mkdir()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SEBAR_")}
        done = subprocess.run(
            [sys.executable, "-c", TABLES, way],
            env=environment | {"SEBAR_DATA": str(folder)},
            capture_output=True,
            text=True,
            check=True,
        )
        made.append(json.loads(done.stdout))
    assert made[0] == made[1]
    assert made[0][2]
