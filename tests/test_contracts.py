"""What keeps the house in order: imports point down, and only actions write."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "sebar"
WRITING = {
    "save", "create", "update", "delete", "bulk_create", "bulk_update", "get_or_create", "update_or_create",
    "save_base", "acreate", "asave", "adelete", "aupdate",
}  # fmt: skip
# Packages without Django cannot hold rows: the import contracts see to that.
WITHOUT_ROWS = {"kit", "events", "verdicts", "edge", "spread", "measures", "replay"}
# Besides every `actions.py`. Keys are made, read and revoked in one small file, so that their secrecy is seen at once.
WRITERS = {"outbox.py", "brands/keys.py", "brands/audit.py", "rewards/ledger.py", "rewards/granting.py"}


def writes(tree: ast.AST) -> list[tuple[int, str]]:
    """Return line and name of every call that may write rows."""
    return [
        (node.lineno, node.func.attr)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITING
        if not _is_elsewhere(node.func.value, node)
    ]


def _is_elsewhere(receiver: ast.expr, call: ast.Call) -> bool:
    """Say whether this is the method of a cache, a router, a set, a dictionary, a hash or a picture.

    Rows are saved and changed by name (`update_fields=`, columns), those others by position.
    """
    assert isinstance(call.func, ast.Attribute)
    is_named = isinstance(receiver, ast.Name) and receiver.id in {"cache", "router"}
    return is_named or (call.func.attr in {"save", "update"} and bool(call.args))


def name_of(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


def is_writer(path: Path) -> bool:
    return path.name == "actions.py" or name_of(path) in WRITERS or path.parent.name in {"migrations", "actions"}


SOURCES = sorted(path for path in SOURCE.rglob("*.py") if path.relative_to(SOURCE).parts[0] not in WITHOUT_ROWS)


@pytest.mark.parametrize("path", [path for path in SOURCES if not is_writer(path)], ids=name_of)
def test_only_actions_and_the_outbox_write(path: Path) -> None:
    assert writes(ast.parse(path.read_text())) == []


def test_the_walk_sees_writes() -> None:
    planted = [
        "row.save()",
        "Row.objects.filter(a=1).update(b=2)",
        "Row.objects.create(a=1)",
        "members.delete()",
        "seen.update(x)",
        "cache.delete(x)",
    ]
    assert [line for line, _ in writes(ast.parse("\n".join(planted)))] == [1, 2, 3, 4]


def test_actions_do_write() -> None:
    """The rule would hold of an empty house too."""
    assert any(writes(ast.parse(path.read_text())) for path in SOURCES if is_writer(path))


def test_imports_point_down() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_migration_is_missing() -> None:
    program = Path(sys.executable).with_name("django-admin")
    done = subprocess.run(
        [program, "makemigrations", "--check", "--dry-run", "--settings", "sebar.settings"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
