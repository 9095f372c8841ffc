"""Relative paths of a room's file count from the file's folder, like those of a relay's."""

from pathlib import Path

import pytest

from edge_agent.settings.toml_file import load_settings

ROOM = """
[paths]
state_dir = "state"
[relay]
endpoints = ["tcp://127.0.0.1:7701"]
public_key = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
key_file = "keys/room.key"
[console]
token_file = "token"
[[camera]]
name = "gate"
url = "films/gate.mp4"
password_file = "pw"
"""


def test_every_relative_path_counts_from_the_folder_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A technician may start the program from anywhere."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site/room.toml").write_text(ROOM)
    monkeypatch.chdir(tmp_path)
    settings = load_settings(Path("site/room.toml"))
    site = tmp_path / "site"
    assert settings.relay is not None
    assert (settings.paths.state_dir, settings.relay.key_file) == (site / "state", site / "keys/room.key")
    assert (settings.console.token_file, settings.detector.models_dir) == (str(site / "token"), site / "models")
    camera = settings.cameras[0]
    assert (camera.url, camera.password_file) == (str(site / "films/gate.mp4"), str(site / "pw"))


@pytest.mark.parametrize("url", ["rtsp://127.0.0.1/x", "/films/gate.mp4", "file:gate.mp4", "http://[::1"])
def test_addresses_and_absolute_paths_stay_as_they_are(tmp_path: Path, url: str) -> None:
    file = tmp_path / "room.toml"
    file.write_text(f'[[camera]]\nname = "gate"\nurl = "{url}"\n')
    settings = load_settings(file)
    assert settings.cameras[0].url == url
    assert (settings.cameras[0].password_file, settings.console.token_file) == ("", "")
