"""The relay's own key file: what is wrong with it is said in one sentence that names the file and the way out."""

from pathlib import Path

import pytest

from patrol_cli.key_files import fresh_pair, write_new_pair
from patrol_wire.keys import KeyFileError
from relay.gate.relay_key import read_keys


def test_a_secret_key_file_is_read(tmp_path: Path) -> None:
    pair = fresh_pair("centre")
    secret, _ = write_new_pair(pair, tmp_path)
    assert read_keys(secret) == pair


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match=r"centre\.key: there is no such file; make one with: patrol keys new"):
        read_keys(tmp_path / "centre.key")


def test_the_public_half_is_not_enough(tmp_path: Path) -> None:
    _, public = write_new_pair(fresh_pair("centre"), tmp_path)
    with pytest.raises(KeyFileError, match=r"has no secret_key; give the \.key file, not the \.pub file"):
        read_keys(public)


@pytest.mark.parametrize(("content", "says"), [(b"\xff\xfe", "is not text"), (b"node = ", "not TOML")])
def test_a_garbled_file_is_named_with_what_is_wrong(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "centre.key"
    path.write_bytes(content)
    with pytest.raises(KeyFileError, match=says) as caught:
        read_keys(path)
    assert str(path) in str(caught.value)
