"""Settings come from the environment once, and a wrong one is answered by a sentence."""

from __future__ import annotations

import stat
import tempfile
from pathlib import Path

import pytest

from sebar.kit import config
from sebar.kit.errors import UserError


def test_everything_has_a_default(tmp_path: Path) -> None:
    settings = config.read({"XDG_DATA_HOME": str(tmp_path)})
    assert settings.data == tmp_path / "sebar"
    assert settings.port == 8000
    assert settings.public_url == "http://localhost:8000"
    assert settings.host == "127.0.0.1"


def test_the_port_names_the_address(tmp_path: Path) -> None:
    assert config.read({"SEBAR_DATA": str(tmp_path), "SEBAR_PORT": "8123"}).public_url == "http://localhost:8123"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SEBAR_PORT", "eight"),
        ("SEBAR_PORT", "0"),
        ("SEBAR_PORT", "70000"),
        ("SEBAR_URL", "share.example.com"),
        ("SEBAR_URL", "ftp://share.example.com"),
        ("SEBAR_URL", "https://share.example.com/path"),
        ("SEBAR_TRUSTED_PROXIES", "10.0.0.0/99"),
        ("SEBAR_TRUSTED_PROXIES", "everyone"),
    ],
)
def test_a_wrong_setting_is_named_with_its_value(variable: str, value: str) -> None:
    with pytest.raises(UserError) as caught:
        config.read({variable: value})
    assert caught.value.field == variable
    assert value in caught.value.message


def test_the_secret_is_made_once_and_is_private(tmp_path: Path) -> None:
    settings = config.read({"SEBAR_DATA": str(tmp_path)})
    again = config.read({"SEBAR_DATA": str(tmp_path)})
    assert settings.secret == again.secret
    assert len(settings.secret) == 32
    assert stat.S_IMODE((tmp_path / "secret.key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret.key"]


def test_sockets_stay_where_they_are_when_a_process_names_its_own_temporary_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = {"SEBAR_DATA": str(tmp_path / ("d" * 120))}
    before = config.read(deep).engine_socket
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert config.read(deep).engine_socket == before


def test_sockets_of_a_deep_folder_still_fit(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 120)
    settings = config.read({"SEBAR_DATA": str(deep)})
    assert len(str(settings.engine_socket)) < 108
    other = config.read({"SEBAR_DATA": str(deep / "other")})
    assert other.run != settings.run
