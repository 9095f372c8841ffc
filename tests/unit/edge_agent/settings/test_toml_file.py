"""What a wrong configuration gets: one sentence with file, line, key, what is wrong and what to do."""

from pathlib import Path

import pytest

from edge_agent.settings.errors import SettingsError
from edge_agent.settings.toml_file import load_settings, parse_settings

CAMERA = '[[camera]]\nname = "gate"\nurl = "gate.mp4"\n'
SET = '[[camera_set]]\nname = "yards"\ncameras = ["gate"]\n'
ZONE = '[[camera.zone]]\nname = "yard"\npolygon = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]]\n'
RULE = '[[camera.rule]]\nname = "r"\nkind = "intrusion"\nzone = "yard"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        # nothing to watch
        ("", ("camera is missing",)),
        # TOML itself: tomllib knows the line
        ("[room\n", ("not valid TOML", "line 1")),
        # unknown keys, at the top and deep inside; the near one is offered
        (CAMERA + "[detektor]\n", ("line 4", "detektor", "unknown key", '"detector"')),
        (CAMERA + "[detector]\nworkrs = 1\n", ("line 5", "detector.workrs", '"workers"')),
        (CAMERA.replace("url", "uri"), ("line 3", "camera[1].uri", '"url"')),
        # the key of another kind of rule is unknown in this one
        (CAMERA + ZONE + RULE + "dwell_s = 3.0\n", ("line 11", "camera[1].rule[1].dwell_s", "known here are", "zone")),
        # required values
        ('[[camera]]\nname = "gate"\n', ("line 1", "camera[1].url", "is missing")),
        # wrong types are not guessed at
        (CAMERA + '[console]\nport = "7780"\n', ("line 5", "console.port", "whole number")),
        (CAMERA + "loop = 1\n", ("line 4", "camera[1].loop", "true nor false")),
        (CAMERA + 'analyse_fps = "5"\n', ("line 4", "is not a number")),
        (CAMERA + "title = 5\n", ("line 4", "not a text")),
        (CAMERA + "[paths]\nstate_dir = 5\n", ("line 5", "not a path")),
        ("camera = 3\n", ("line 1", "camera", "not a list")),
        ("room = 3\n" + CAMERA, ("line 1", "room", "not a table")),
        # ranges
        (CAMERA + "[console]\nport = 70000\n", ("line 5", "70000", "most allowed is 65535")),
        (CAMERA + "analyse_fps = 0.0\n", ("line 4", "must be above 0")),
        (CAMERA + "pre_roll_s = inf\n", ("line 4", "camera[1].pre_roll_s", "finite")),
        (CAMERA + "place = [190.0, 31.0]\n", ("line 4", "most allowed is 180")),
        (CAMERA + "[detector]\nmin_score = 1.5\n", ("line 5", "most allowed is 1")),
        # health: a condition is a table of its own, and the room's cannot be switched off at a camera
        (CAMERA + "[health.covert]\nafter_s = 5.0\n", ("line 4", "health.covert", '"covered"')),
        (CAMERA + "[health.lost]\nafter = 5.0\n", ("line 5", "health.lost.after", '"after_s"')),
        (CAMERA + 'health_off = ["frosen"]\n', ("line 4", "camera[1].health_off[1]", "'frosen'", "'frozen'")),
        (CAMERA + 'health_off = ["evidence_disk_low"]\n', ("line 4", "is the room's", "[health.evidence_disk_low]")),
        # names and closed sets
        (CAMERA.replace("gate", "Gate A", 1), ("line 2", "'Gate A'", "a-z 0-9")),
        (CAMERA + '[room]\ntier = "village"\n', ("line 5", "'village'", "'community'")),
        (CAMERA + '[room]\ntime_zone = "Mars/Olympus"\n', ("line 5", "no known time zone")),
        (CAMERA + '[room]\ntime_zone = "../etc/passwd"\n', ("line 5", "no known time zone")),
        # names given twice
        (CAMERA + CAMERA, ("line 5", "camera[2].name", "given twice")),
        (CAMERA + ZONE + ZONE, ("line 8", "zone[2].name", "given twice")),
        # sets of cameras
        (CAMERA + SET.replace("gate", "gata"), ("line 6", "camera_set[1].cameras", '"gata"', "does not have")),
        (CAMERA + SET.replace('"gate"', '"gate", "gate"'), ("line 6", "a camera twice")),
        (CAMERA + SET + SET, ("line 8", "camera_set[2].name", "given twice")),
        # geometry
        (CAMERA + ZONE.replace("[0.9, 0.9]", "[0.9, 1.1]"), ("line 6", "most allowed is 1")),
        (CAMERA + ZONE.replace(", [0.9, 0.9]", ""), ("line 6", "at least 3")),
        (CAMERA + ZONE.replace("[0.9, 0.9]", "[0.5, 0.1]"), ("line 6", "encloses nothing")),
        (CAMERA + ZONE.replace("[0.9, 0.9]", "[0.1, 0.1]"), ("line 6", "fewer than three")),
        (CAMERA + ZONE.replace("[[0.1", "[[0.5, 0.9], [0.1").replace(", [0.9, 0.9]", ", [0.6, 0.05], [0.6, 0.9]"),
         ("line 6", "crosses itself")),
        (CAMERA + '[[camera.line]]\nname = "k"\npoints = [[0.5, 0.5], [0.5, 0.5]]\n', ("line 6", "two equal points")),
        # rules
        (CAMERA + RULE, ("line 7", "camera[1].rule[1].zone", '"yard"', "no [[camera.zone]]")),
        (CAMERA + ZONE + RULE.replace('"yard"', '"yrad"'), ("line 10", '"yrad"', "it has yard")),
        (CAMERA + ZONE + RULE.replace('"intrusion"', '"intruder"'), ("line 9", "'intruder'", "'loitering'")),
        (CAMERA + ZONE + RULE.replace('kind = "intrusion"\n', ""), ("line 7", "kind", "is missing")),
        (CAMERA + ZONE + RULE + 'severity = "urgent"\n', ("line 11", "'urgent'", "'critical'")),
        # the relay
        (CAMERA + '[relay]\nendpoints = ["relay:7701"]\npublic_key = "x"\nkey_file = "k"\n',
         ("line 5", "relay.endpoints[1]", "tcp://HOST:PORT")),
        (CAMERA + '[relay]\nendpoints = ["tcp://r:7701"]\npublic_key = "x"\nkey_file = "k"\n', ("line 6", "Z85")),
    ],
)  # fmt: skip
def test_a_wrong_value_is_one_sentence_with_its_place(text: str, said: tuple[str, ...]) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_settings(text, source="ROOM.toml")
    sentence = str(caught.value)
    assert sentence.startswith("ROOM.toml")
    assert "\n" not in sentence
    for words in said:
        assert words in sentence, sentence


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="there is no such file"):
        load_settings(tmp_path / "absent.toml")


def test_a_folder_is_not_a_configuration(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings(tmp_path)


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    wrong = tmp_path / "ROOM.toml"
    wrong.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="not UTF-8"):
        load_settings(wrong)


def test_a_closed_polygon_that_repeats_its_first_corner_is_fine() -> None:
    closed = ZONE.replace("[0.9, 0.9]", "[0.9, 0.9], [0.1, 0.1]")
    assert len(parse_settings(CAMERA + closed, source="x").cameras[0].zones[0].polygon) == 4
