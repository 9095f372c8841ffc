"""``patrol detect --what-if``: one film, two sets of rules, and what the change costs."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from patrol_cli.__main__ import app

Room = Callable[[str, str], Path]


def run(*arguments: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["detect", *(str(argument) for argument in arguments)])
    return result.exit_code, result.stdout, result.stderr


def told(*arguments: object) -> dict[str, Any]:
    code, out, err = run(*arguments, "--json")
    assert code == 0, err
    read: dict[str, Any] = json.loads(out)
    return read


def changed(room: Path, old: str, new: str) -> Path:
    path = room.with_name(f"changed-{room.name}")
    text = room.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


def test_a_change_that_loses_an_alert_says_which_and_what_it_was_worth(film: Path, room: Room) -> None:
    before = room("highway", "motion")
    after = changed(before, '"left_to_right"', '"right_to_left"')
    found = told(film, "--config", before, "--what-if", after)
    assert list(found) == ["videos", "media_s", "pictures", "same_tracks", "rules"]
    assert found["same_tracks"] is True
    (rule,) = found["rules"]
    assert rule["rule"] == "passing"
    assert rule["before"]["alerts"] == 1
    assert rule["before"]["per_day"] == pytest.approx(86_400 / found["media_s"], rel=0.01)
    assert rule["after"] == {"alerts": 0, "per_day": 0.0}
    (gone,) = rule["gone"]
    assert gone["start_s"] == pytest.approx(2.85, abs=0.15)
    assert rule["new"] == []


def test_the_same_rules_change_nothing(film: Path, room: Room) -> None:
    config = room("highway", "motion")
    (rule,) = told(film, "--config", config, "--what-if", config)["rules"]
    assert (rule["before"], rule["gone"], rule["new"]) == (rule["after"], [], [])


def test_a_key_can_be_tried_without_a_file_and_people_get_a_table(film: Path, room: Room) -> None:
    code, out, err = run(film, "--config", room("highway", "motion"), "--set", "passing.min_frames=40")
    assert (code, err) == (0, "")
    assert "1 gone, 0 new" in out
    assert "gone with the change: 1" in out
    assert "new with the change: nothing" in out
    assert "passing  moving_object in pass" in out
    assert "Alerts a day are those of 0:04." in out  # what they are worth


def test_several_films_are_one_comparison(film: Path, room: Room, tmp_path: Path) -> None:
    second = tmp_path / "second.mp4"
    second.write_bytes(film.read_bytes())
    found = told(film, second, "--config", room("highway", "motion"), "--set", "passing.cool_down_s=1")
    assert [entry["video"] for entry in found["videos"]] == [str(film), str(second)]
    assert found["media_s"] == pytest.approx(2 * found["videos"][0]["media_s"])
    assert found["rules"][0]["before"]["alerts"] == 2


def test_evidence_is_kept_of_what_is_gone_or_new_and_of_nothing_else(film: Path, room: Room, tmp_path: Path) -> None:
    before = room("highway", "motion")
    kept = told(film, "--config", before, "--set", "passing.cool_down_s=1", "--evidence", tmp_path / "none")
    assert kept["rules"][0]["gone"] == []
    assert list((tmp_path / "none").iterdir()) == []
    (rule,) = told(film, "--config", before, "--set", "passing.min_frames=40", "--evidence", tmp_path / "gone")["rules"]
    (gone,) = rule["gone"]
    assert Path(gone["snapshot"]).read_bytes()[:2] == b"\xff\xd8"
    assert Path(gone["snapshot"]).name.startswith("gone-block-passing-")
    assert sorted((tmp_path / "gone").iterdir()) == sorted([Path(gone["snapshot"]), Path(gone["clip"])])


def test_a_change_of_what_is_seen_gives_each_side_a_pass_of_its_own(film: Path, room: Room) -> None:
    before = room("highway", "motion")
    after = changed(before, 'name = "highway"', 'name = "highway"\nanalyse_fps = 10.0')
    found = told(film, "--config", before, "--what-if", after)
    assert found["same_tracks"] is False
    (rule,) = found["rules"]
    assert (len(rule["gone"]), len(rule["new"])) == (0, 0)


def test_a_schedule_counts_by_its_share_of_the_week_and_needs_the_films_time(film: Path, room: Room) -> None:
    config = room("highway", "motion")
    night = ["--config", config, "--set", 'passing.schedule=["daily 00:00-06:00"]']
    (rule,) = told(film, *night, "--began-at", "2026-11-02T03:00")["rules"]
    assert rule["after"]["alerts"] == 1
    assert rule["after"]["per_day"] == pytest.approx(rule["before"]["per_day"] / 4, rel=0.01)
    (rule,) = told(film, *night, "--began-at", "2026-11-02T12:00+08:00")["rules"]
    assert rule["after"] == {"alerts": 0, "per_day": None}
    code, _, err = run(film, *night, "--json")
    assert code == 0
    assert "the schedule of passing is not read" in err
    assert "--began-at" in err


def test_a_plain_run_reads_schedules_too_when_it_knows_the_time(film: Path, room: Room) -> None:
    config = changed(room("highway", "motion"), 'line = "pass"', 'line = "pass"\n  schedule = ["daily 22:00-06:00"]')
    assert run(film, "--config", config, "--began-at", "2026-11-02T23:00", "--jsonl")[1].count("\n") == 1
    assert run(film, "--config", config, "--began-at", "2026-11-02T12:00", "--jsonl")[1] == ""


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--what-if", "nowhere.toml"], "nowhere.toml: there is no such file"),
        (["--set", "passing"], "RULE.KEY=VALUE"),
        (["--set", "passage.min_frames=3"], 'no rule "passage"; it has passing'),
        (["--set", "passing.min_frame=3"], 'did you mean "min_frames"?'),
        (["--set", "passing.min_frames=0"], "least allowed is 1"),
        (["--set", "passing.min_frames=3", "--jsonl"], "go with --json"),
        (["--set", "passing.min_frames=3", "--began-at", "yesterday"], "is no moment"),
        (
            ["--set", "passing.min_frames=3", "--began-at", "2026-11-02T00:00", "--began-at", "2026-11-03"],
            "given 2 times",
        ),
        (["--json"], "--json: is for --what-if"),
        (["{film}"], "without --what-if or --set give one"),
        (["nothing.mp4", "--set", "passing.min_frames=3"], "nothing.mp4: there is no such file"),
    ],
)
def test_bad_input_gets_one_sentence_and_exit_code_2(
    film: Path, room: Room, arguments: list[str], sentence: str
) -> None:
    filled = [text.format(film=film) if "{" in text else text for text in arguments]
    code, out, err = run(film, *filled, "--config", room("highway", "motion"))
    assert code == 2
    assert out == ""
    assert sentence in err
    assert "Traceback" not in err
