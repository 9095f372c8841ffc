"""Rules that no camera could follow are refused in one sentence, with the line and what to do."""

import pytest

from edge_agent.settings.errors import SettingsError
from edge_agent.settings.rules import RULE_KINDS
from edge_agent.settings.toml_file import parse_settings

HEAD = """[[camera]]
name = "gate"
url = "gate.mp4"
[[camera.zone]]
name = "yard"
polygon = [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]]
[[camera.line]]
name = "kerb"
points = [[0.5, 0.0], [0.5, 1.0]]
[[camera.rule]]
name = "r"
"""
INTRUSION = HEAD + 'kind = "intrusion"\nzone = "yard"\n'
LOITERING = HEAD + 'kind = "loitering"\nzone = "yard"\ndwell_s = 30.0\n'
CROSSING = HEAD + 'kind = "line_crossing"\nline = "kerb"\n'
WRONG_WAY = HEAD + 'kind = "wrong_way"\nzone = "yard"\nway = [[0.1, 0.5], [0.9, 0.5]]\n'
LEFT = HEAD + 'kind = "abandoned_object"\nzone = "yard"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        # where
        (HEAD + 'kind = "intrusion"\n', ("rule[1].zone", "is missing", "zones")),
        (INTRUSION + 'zones = ["yard"]\n', ("line 14", "rule[1].zones", "stands beside zone")),
        (HEAD + 'kind = "intrusion"\nzones = ["yard", "lawn"]\n', ("line 13", "zones", '"lawn"', "it has yard")),
        (LEFT + 'fixtures = ["bins"]\n', ("line 14", "fixtures", '"bins"')),
        (CROSSING + 'zone = "yard"\n', ("line 14", "rule[1].zone", "unknown key")),
        # when
        (INTRUSION + 'schedule = "daily 22:00-06:00"\n', ("line 14", "not a list")),
        (INTRUSION + 'schedule = ["22:00-06:00"]\n', ("line 14", "schedule[1]", "22:00-06:00", "write it like")),
        (INTRUSION + 'schedule = ["daily 22:00-06:00", "someday 1:00-2:00"]\n', ("schedule[2]", '"someday"')),
        # how large
        (INTRUSION + "min_height = 0.5\nmax_height = 0.4\n", ("line 14", "min_height", "nothing fits")),
        (INTRUSION + "min_area = 1.5\n", ("line 14", "most allowed is 1")),
        # how grave in time
        (LOITERING + 'stages = [{ after_s = 20.0, severity = "high" }]\n', ("line 15", "20 s", "30 s before")),
        (LOITERING + 'stages = [{ after_s = 60.0, severity = "normal" }]\n', ('from "normal" to "normal"', "graver")),
        (
            LOITERING + 'stages = [{ after_s = 90.0, severity = "high" }, { after_s = 60.0, severity = "critical" }]\n',
            ("60 s", "90 s before"),
        ),
        (LOITERING + "stages = [{ after_s = 90.0 }]\n", ("stages[1].severity", "is missing")),
        (CROSSING + 'stages = [{ after_s = 90.0, severity = "high" }]\n', ("rule[1].stages", "unknown key")),
        # what
        (INTRUSION + 'labels = ["still_object"]\n', ("labels", "abandoned_object")),
        (LEFT + 'owner_labels = ["person", "suitcase"]\n', ("owner_labels", '"suitcase"')),
        (WRONG_WAY.replace("0.9, 0.5", "0.1, 0.5"), ("line 14", "way", "two equal points")),
        (WRONG_WAY.replace("way = ", "weg = "), ("weg", "unknown key", "known here are")),
        (WRONG_WAY + "tolerance_deg = 90.0\n", ("line 15", "most allowed is 85")),
        (WRONG_WAY + "distance = 0.0\n", ("least allowed is 0.1",)),
    ],
)
def test_an_impossible_rule_is_one_sentence_with_its_place(text: str, said: tuple[str, ...]) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_settings(text, source="ROOM.toml")
    sentence = str(caught.value)
    assert sentence.startswith("ROOM.toml")
    assert "\n" not in sentence
    for words in said:
        assert words in sentence, sentence


def test_one_zone_or_several_name_the_same_thing() -> None:
    one = parse_settings(INTRUSION, source="x").cameras[0].rules[0]
    several = parse_settings(INTRUSION.replace('zone = "yard"', 'zones = ["yard"]'), source="x").cameras[0].rules[0]
    assert one.zone_names == several.zone_names == ("yard",)  # type: ignore[union-attr]  # an intrusion has zones


def test_every_kind_is_known_by_its_word() -> None:
    assert {
        "intrusion",
        "line_crossing",
        "loitering",
        "crowd",
        "wrong_way",
        "stopped_vehicle",
        "abandoned_object",
    } == RULE_KINDS


@pytest.mark.parametrize(
    ("text", "seconds"),
    [(INTRUSION, 0.0), (LOITERING, 30.0), (CROSSING + "debounce_s = 3.0\n", 3.0), (WRONG_WAY, 2.0 / 0.3), (LEFT, 60.0)],
)
def test_a_clip_can_reach_back_to_where_the_thing_began(text: str, seconds: float) -> None:
    """The packet ring is as long as the slowest rule needs."""
    assert parse_settings(text, source="x").cameras[0].rules[0].told_after_s == pytest.approx(seconds)
