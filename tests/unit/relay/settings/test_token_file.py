"""The token that guards the web beyond this machine."""

from pathlib import Path

import pytest

from relay.settings.errors import SettingsError
from relay.settings.model import RelaySettings
from relay.settings.token_file import read_token
from relay.settings.toml_file import parse_settings


def _settings(token_file: Path) -> RelaySettings:
    return parse_settings(f'[web]\ntoken_file = "{token_file}"\n', source="RELAY.toml")


def test_no_file_means_no_token() -> None:
    assert read_token(RelaySettings()) is None


def test_the_token_is_the_file_s_only_line(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("sixteen-or-more-characters\n", encoding="utf-8")
    assert read_token(_settings(tmp_path / "token")) == "sixteen-or-more-characters"


@pytest.mark.parametrize("content", [b"short", b"", b"two lines of a\ntoken that is long", b"\xff\xfe" * 20])
def test_a_token_that_guards_nothing_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "token").write_bytes(content)
    with pytest.raises(SettingsError, match=r"web.token_file .*token"):
        read_token(_settings(tmp_path / "token"))


def test_a_missing_token_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"web.token_file .*none: cannot be read"):
        read_token(_settings(tmp_path / "none"))
