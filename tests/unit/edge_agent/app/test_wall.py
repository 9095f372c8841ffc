"""The wall that the pages get: the settings' sets, or cameras in groups of nine; zones and lines with their names."""

from pathlib import Path

from edge_agent.app.wall import camera_sets_of, wall_of
from edge_agent.settings.model import AgentSettings
from edge_agent.settings.toml_file import load_settings

CAMERA = '[[camera]]\nname = "c{number}"\nurl = "rtsp://192.0.2.1/{number}"\n'


def settings(tmp_path: Path, text: str) -> AgentSettings:
    path = tmp_path / "room.toml"
    path.write_text(text, encoding="utf-8")
    return load_settings(path)


def cameras(count: int) -> str:
    return "".join(CAMERA.format(number=number) for number in range(count))


def test_without_sets_all_cameras_stand_in_groups_of_nine(tmp_path: Path) -> None:
    wall = wall_of(settings(tmp_path, cameras(20)))
    assert [len(one.cameras) for one in wall.sets] == [9, 9, 2]
    assert [name for one in wall.sets for name in one.cameras] == [f"c{number}" for number in range(20)]


def test_without_sets_a_round_goes_through_all_cameras(tmp_path: Path) -> None:
    """The pages of the wall carry the set's name with a number, by which a round finds its page."""
    read = settings(tmp_path, cameras(20))
    (only,) = camera_sets_of(read)
    assert (only.name, len(only.cameras), only.round_every_min) == ("all", 20, 0.0)
    assert [page.name for page in wall_of(read).sets] == ["all", "all-2", "all-3"]


def test_the_settings_sets_are_taken_as_they_are(tmp_path: Path) -> None:
    text = cameras(3) + '[[camera_set]]\nname = "ends"\ntitle = "Ends"\ncameras = ["c2", "c0"]\ndwell_s = 5.0\n'
    (only,) = wall_of(settings(tmp_path, text)).sets
    assert (only.title, only.cameras, only.dwell_s) == ("Ends", ["c2", "c0"], 5.0)


def test_zones_and_lines_come_with_their_points(tmp_path: Path) -> None:
    text = cameras(1) + (
        '[[camera.zone]]\nname = "yard"\npolygon = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]]\n'
        '[[camera.line]]\nname = "kerb"\npoints = [[0.0, 0.5], [1.0, 0.5]]\n'
    )
    (camera,) = wall_of(settings(tmp_path, text)).cameras
    assert [(zone.name, len(zone.points)) for zone in camera.zones] == [("yard", 3)]
    assert [(line.name, line.points[1]) for line in camera.lines] == [("kerb", (1.0, 0.5))]
    assert not camera.has_place


def test_a_room_with_a_place_gives_it_to_cameras_without_one(tmp_path: Path) -> None:
    wall = wall_of(settings(tmp_path, "[room]\nplace = [121.47, 31.23]\n" + cameras(1)))
    assert wall.cameras[0].has_place
