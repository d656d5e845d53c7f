"""Visitors are told apart within a day, and by nobody afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest

from sebar.edge.limit import Limit
from sebar.edge.visitor import Visitors, network_of
from sebar.kit.errors import Unavailable

DAY = 86_400_000
NOON = 20_000 * DAY + DAY // 2


def test_all_processes_agree(tmp_path: Path) -> None:
    one, other = Visitors(tmp_path), Visitors(tmp_path)
    assert one.hashes("192.0.2.1", "phone", NOON) == other.hashes("192.0.2.1", "phone", NOON + 5)


def test_tomorrow_nobody_knows(tmp_path: Path) -> None:
    visitors = Visitors(tmp_path)
    today = visitors.hashes("192.0.2.1", "phone", NOON)
    (salt,) = tmp_path.iterdir()
    tomorrow = visitors.hashes("192.0.2.1", "phone", NOON + DAY)
    assert today.visitor != tomorrow.visitor
    assert today.network != tomorrow.network
    assert not salt.exists()
    assert len(list(tmp_path.iterdir())) == 1


def test_a_salt_that_cannot_be_kept_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "salts").write_text("a file is in the way")
    with pytest.raises(Unavailable):
        Visitors(tmp_path / "salts").hashes("192.0.2.1", "phone", NOON)


def test_the_salt_is_for_our_eyes_only(tmp_path: Path) -> None:
    Visitors(tmp_path).hashes("192.0.2.1", "phone", NOON)
    (salt,) = tmp_path.iterdir()
    assert salt.stat().st_mode & 0o777 == 0o600
    assert len(salt.read_bytes()) == 32


def test_a_clock_that_jumps_back_and_forth(tmp_path: Path) -> None:
    visitors = Visitors(tmp_path)
    for now in (NOON, NOON - DAY, NOON, 0, NOON + 400 * DAY):
        assert visitors.hashes("192.0.2.1", "phone", now).visitor > 0


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2::5", "2001:db8:1::/48"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("", ""),
        ("nonsense", "nonsense"),
    ],
)
def test_networks(address: str, expected: str) -> None:
    assert network_of(address) == expected


def test_a_bucket_refills() -> None:
    limit = Limit(burst=10, per_second=1)
    assert [limit.allows(1, 6, 0.0), limit.allows(1, 6, 0.0), limit.allows(1, 6, 2.0)] == [True, False, True]
    assert not limit.allows(1, 11, 1000.0)


def test_buckets_are_bounded_in_number() -> None:
    limit = Limit(burst=1, per_second=0)
    for visitor in range(1, 100_000):
        limit.allows(visitor, 1, 0.0)
    assert len(limit._recent) + len(limit._older) <= 40_000
