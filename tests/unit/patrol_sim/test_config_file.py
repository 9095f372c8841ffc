"""The simulator's TOML file: good ones become cameras, bad ones one sentence with file and key."""

from pathlib import Path

import pytest

from patrol_sim.cameras import footage_cameras, scene_cameras
from patrol_sim.config_file import read_config
from patrol_sim.errors import SimError
from patrol_sim.rtsp.digest import DigestAlgorithm
from patrol_sim.scene.acts import Loiter, Side, ToAndFro
from patrol_sim.scene.settings import EffectSpan, SceneSettings
from patrol_sim.timeline import Join

GOOD = """
[[camera]]
name = "gate"
file = "gate.mp4"
username = "u"
password = "p"
digest = "SHA-256"
join = "wait"

[[camera]]
name = "yard"
  [camera.scene]
  seed = 4
  codec = "hevc"
  parked = 2
  trees = 1
  sun = 0.5
    [[camera.scene.effect]]
    name = "lightning"
    at_s = 3.0
    for_s = 0.5
    [[camera.scene.act]]
    kind = "loiter"
    at_s = 2
    enters = "right"
    [[camera.scene.act]]
    kind = "to_and_fro"
    at_s = 4.0
    line = [[0.5, 0.6], [0.5, 0.9]]
"""
SCENE = '[[camera]]\nname = "a"\n[camera.scene]\n'


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "sim.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_good_file_becomes_cameras(tmp_path: Path) -> None:
    gate, yard = read_config(write(tmp_path, GOOD))
    assert gate.source == tmp_path / "gate.mp4"
    assert (gate.account.algorithm, gate.join) == (DigestAlgorithm.SHA_256, Join.WAIT)
    assert isinstance(yard.source, SceneSettings)
    assert yard.source.effects == (EffectSpan(name="lightning", at_s=3.0, for_s=0.5),)
    assert (yard.source.parked, yard.source.trees, yard.source.sun) == (2, 1, 0.5)
    assert yard.source.acts == (
        Loiter(at_s=2.0, enters=Side.RIGHT),
        ToAndFro(at_s=4.0, line=((0.5, 0.6), (0.5, 0.9))),
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[camera]]\nname = ", "not TOML"),
        ("", "camera"),
        ('[[camera]]\nname = "a"\n', "either file or"),
        ('[[camera]]\nname = "a"\nfile = "x"\n[camera.scene]\n', "either file or"),
        ('[[camera]]\nname = "a"\nfile = "x"\nfiel = "y"\n', "fiel"),
        ('[[camera]]\nname = "A B"\nfile = "x"\n', "A B"),
        ('[[camera]]\nname = "a"\n[camera.scene]\nwidth = 33\n', "width 33"),
        ('[[camera]]\nname = "a"\nfile = "x"\ndigest = "SHA-1"\n', "digest"),
        (SCENE + '[[camera.scene.act]]\nkind = "dance"\nat_s = 1\n', "'dance'"),
        (SCENE + '[[camera.scene.act]]\nkind = "stop"\n', "at_s"),
        (SCENE + '[[camera.scene.act]]\nkind = "stop"\nat_s = 1\nroam = 0.1\n', "roam"),
        (SCENE + '[[camera.scene.act]]\nkind = "loiter"\nat_s = 1\nx = 3\n', "x 3"),
        (SCENE + '[[camera.scene.act]]\nkind = "loiter"\nat_s = 1\nleaves = "up"\n', "leaves"),
    ],
)
def test_a_bad_file_is_refused_with_file_and_key(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(SimError, match=says) as caught:
        read_config(write(tmp_path, text))
    assert "sim.toml" in str(caught.value)


def test_a_missing_file_and_an_empty_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SimError, match="cannot be read"):
        read_config(tmp_path / "none.toml")
    with pytest.raises(SimError, match="no video file"):
        footage_cameras(tmp_path)
    with pytest.raises(SimError, match="no such folder"):
        footage_cameras(tmp_path / "none")


def test_file_names_become_distinct_camera_names(tmp_path: Path) -> None:
    for name in ("Nord Tor.mp4", "nord-tor.avi", "东门.mkv", "readme.txt"):
        (tmp_path / name).touch()
    names = [camera.name for camera in footage_cameras(tmp_path)]
    assert len(set(names)) == 3
    assert "nord-tor" in names


def test_many_scene_cameras_share_few_scenes_and_begin_apart() -> None:
    cameras = scene_cameras(12, settings=SceneSettings(seed=10, duration_s=30.0), variety=4)
    assert len({camera.source for camera in cameras}) == 4
    assert len({(camera.source, camera.offset_s) for camera in cameras}) == 12
    assert all(0.0 <= camera.offset_s < 30.0 for camera in cameras)
