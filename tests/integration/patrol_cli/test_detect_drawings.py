"""``patrol detect`` judges by what is in force in the room: what was drawn on the camera stands before the file."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from edge_agent.core.drawings import DrawingAct
from edge_agent.settings.drawing import DrawingSettings, drawing_of
from edge_agent.settings.drawing_book import FILE_NAME, DrawingBook, DrawnVersion
from edge_agent.settings.toml_file import load_settings
from patrol_cli.__main__ import app

Room = Callable[[str, str], Path]


@pytest.fixture
def config(room: Room, tmp_path: Path) -> Path:
    """The file of a room with a state folder of its own; the drawn block passes its line from left to right."""
    path = room("highway", "motion")
    path.write_text(
        f'[paths]\nstate_dir = "{tmp_path / "state"}"\n' + path.read_text(encoding="utf-8"), encoding="utf-8"
    )
    return path


def run(*arguments: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["detect", *(str(argument) for argument in arguments)])
    return result.exit_code, result.stdout, result.stderr


def draw(config: Path, *, version: int = 1, restored: int | None = None, **changed: Any) -> None:
    """Save a version of the camera: the file's, with keys of its only rule changed."""
    settings = load_settings(config)
    (camera,) = settings.cameras
    table = drawing_of(camera).model_dump(mode="json", by_alias=True)
    table["rule"][0].update(changed)
    DrawingBook(settings.paths.state_dir).add(
        DrawnVersion(
            camera=camera.name,
            version=version,
            at=1_790_000_000_000_000 + version,
            author="technician",
            reason="tried",
            act=DrawingAct.SAVED if restored is None else DrawingAct.RESTORED,
            restored=restored,
            masks_removed=0,
            drawing=DrawingSettings.model_validate(table),
            over=drawing_of(camera),
        )
    )


def directions(*arguments: object) -> tuple[int, int]:
    """Return how many alerts the rule tells before and after."""
    code, out, err = run(*arguments, "--json")
    assert code == 0, err
    (rule,) = json.loads(out)["rules"]
    return rule["before"]["alerts"], rule["after"]["alerts"]


def test_what_was_drawn_judges_and_is_said_and_the_file_alone_can_be_asked_for(film: Path, config: Path) -> None:
    code, out, err = run(film, "--config", config, "--jsonl")
    assert (code, len(out.splitlines()), err) == (0, 1, ""), "nobody drew: nothing to say"
    draw(config, direction="right_to_left")
    code, out, err = run(film, "--config", config, "--jsonl")
    assert (code, out) == (0, "")
    assert err.startswith("highway: judged by version 1 of what was drawn on it, not by ")
    code, out, err = run(film, "--config", config, "--jsonl", "--file-alone")
    assert (code, len(out.splitlines()), err) == (0, 1, "")


def test_a_camera_that_went_back_to_the_file_is_the_files_again(film: Path, config: Path) -> None:
    draw(config, direction="right_to_left")
    draw(config, version=2, restored=0)
    code, out, err = run(film, "--config", config, "--jsonl")
    assert (code, len(out.splitlines()), err) == (0, 1, "")


def test_one_changed_key_changes_what_is_in_force_and_a_changed_file_is_taken_as_written(
    film: Path, config: Path
) -> None:
    draw(config, direction="right_to_left")
    tried = "passing.direction=left_to_right"
    assert directions(film, "--config", config, "--set", tried) == (0, 1)
    assert directions(film, "--config", config, "--set", tried, "--file-alone") == (1, 1)
    changed = config.with_name("changed.toml")
    changed.write_text(config.read_text(encoding="utf-8"), encoding="utf-8")
    assert directions(film, "--config", config, "--what-if", changed) == (0, 1)
    _, _, err = run(film, "--config", config, "--what-if", changed, "--json")
    assert f"after it by {changed} as it is written" in err


def test_drawings_that_cannot_be_read_end_the_command_with_the_way_out(film: Path, config: Path) -> None:
    book = load_settings(config).paths.state_dir / FILE_NAME
    book.parent.mkdir()
    book.write_bytes(b"no database")
    code, _, err = run(film, "--config", config)
    assert code == 2
    assert str(book) in err
    assert "--file-alone" in err
    assert run(film, "--config", config, "--file-alone")[0] == 0
