"""Versions of drawings: kept in order, laid over the room's file, never at the cost of a mask."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from edge_agent.core.drawings import DrawingAct
from edge_agent.settings.drawing import DrawingSettings, drawing_of, with_drawing
from edge_agent.settings.drawing_book import (
    FILE_NAME,
    DrawingBook,
    DrawnVersion,
    VersionTakenError,
    drawn_camera,
    drawn_settings,
    file_has_changed,
)
from edge_agent.settings.errors import SettingsError
from edge_agent.settings.model import CameraSettings
from edge_agent.settings.toml_file import parse_settings

SQUARE = [[0.1, 0.1], [0.2, 0.1], [0.2, 0.2], [0.1, 0.2]]
OTHER = [[0.6, 0.6], [0.7, 0.6], [0.7, 0.7]]


def camera(**keys: Any) -> CameraSettings:
    return CameraSettings.model_validate({"name": "gate", "url": "rtsp://192.0.2.1/gate", **keys})


def drawing(**keys: Any) -> DrawingSettings:
    return DrawingSettings.model_validate(keys)


def version(number: int, drawn: DrawingSettings, *, over: DrawingSettings | None = None, **keys: Any) -> DrawnVersion:
    return DrawnVersion(
        camera="gate",
        version=number,
        at=1_700_000_000_000_000 + number,
        author="li",
        reason="tried",
        act=keys.get("act", DrawingAct.SAVED),
        restored=keys.get("restored"),
        masks_removed=0,
        drawing=drawn,
        over=over or drawing(),
    )


def test_what_was_stored_comes_back_as_it_was_the_newest_first(tmp_path: Path) -> None:
    book = DrawingBook(tmp_path / "state")
    assert (book.newest(), book.history("gate", limit=9), book.newest_of("gate")) == ({}, [], None)
    rule = {"name": "r", "kind": "loitering", "zone": "z", "stages": [{"after_s": 60.0, "severity": "critical"}]}
    first = version(1, drawing(zone=[{"name": "z", "polygon": SQUARE}], rule=[rule]))
    second = version(2, drawing(), act=DrawingAct.RESTORED, restored=0)
    for one in (first, second):
        book.add(one)
    assert book.history("gate", limit=9) == [second, first]
    assert book.newest() == {"gate": second}
    assert book.version("gate", 1) == first
    assert book.version("gate", 3) is None


def test_a_version_is_given_once(tmp_path: Path) -> None:
    book = DrawingBook(tmp_path)
    book.add(version(1, drawing()))
    with pytest.raises(VersionTakenError):
        book.add(version(1, drawing(mask=[{"polygon": SQUARE}])))
    assert book.newest()["gate"].drawing == drawing()


def test_a_drawing_takes_the_place_of_the_files_part_and_of_nothing_else() -> None:
    of_file = camera(zone=[{"name": "z", "polygon": SQUARE}], title="East gate", pre_roll_s=9.0)
    drawn = drawing(line=[{"name": "kerb", "points": [[0.1, 0.1], [0.9, 0.9]]}])
    found = with_drawing(of_file, drawn, over=drawing_of(of_file))
    assert drawing_of(found) == drawn
    assert (found.title, found.pre_roll_s, found.url) == ("East gate", 9.0, of_file.url)


def test_a_mask_that_the_file_gets_later_acts_beside_what_was_drawn() -> None:
    """Whoever hides something in the file must not be overruled by an older drawing."""
    before = camera(mask=[{"polygon": SQUARE}])
    drawn = version(1, drawing(), over=drawing_of(before))
    assert drawn_camera(before, drawn).masks == (), "taken away by a person who confirmed it"
    later = camera(mask=[{"polygon": SQUARE}, {"polygon": OTHER}])
    assert drawn_camera(later, drawn).masks == (later.masks[1],)
    assert file_has_changed(later, drawn)
    assert not file_has_changed(before, drawn)


def test_a_camera_that_went_back_to_the_file_follows_it_again() -> None:
    back = version(4, drawing(), act=DrawingAct.RESTORED, restored=0)
    now = camera(zone=[{"name": "new", "polygon": OTHER}])
    assert drawn_camera(now, back) is now
    assert not file_has_changed(now, back)
    assert drawn_camera(now, None) is now


def test_the_loader_folds_in_what_was_drawn_and_keeps_what_it_does_not_know(tmp_path: Path) -> None:
    text = f"""
[paths]
state_dir = "{tmp_path}"
[[camera]]
name = "gate"
url = "rtsp://192.0.2.1/gate"
[[camera]]
name = "yard"
url = "rtsp://192.0.2.1/yard"
"""
    settings = parse_settings(text, source="room.toml")
    assert drawn_settings(settings) is settings
    book = DrawingBook(tmp_path)
    book.add(version(1, drawing(zone=[{"name": "z", "polygon": SQUARE}])))
    found = drawn_settings(settings)
    assert [[zone.name for zone in one.zones] for one in found.cameras] == [["z"], []]
    gone = parse_settings(text.replace('"gate"', '"port"'), source="room.toml")
    assert all(one.zones == () for one in drawn_settings(gone).cameras)
    assert "gate" in book.newest()


@pytest.mark.parametrize("spoil", ["content", "form", "row"])
def test_a_file_that_cannot_be_used_says_which_and_the_way_out(tmp_path: Path, spoil: str) -> None:
    """A room does not start without the masks that somebody drew."""
    book = DrawingBook(tmp_path)
    book.add(version(1, drawing()))
    if spoil == "content":
        book.path.write_bytes(b"no database" * 100)
    else:
        with closing(sqlite3.connect(book.path)) as connection, connection:
            connection.execute("PRAGMA user_version = 9" if spoil == "form" else "UPDATE drawing SET drawing = '{}x'")
    with pytest.raises(SettingsError) as refused:
        book.newest()
    assert FILE_NAME in str(refused.value)
    assert "aside" in str(refused.value)


def test_a_place_that_cannot_even_be_looked_at_is_refused_in_words(tmp_path: Path) -> None:
    """A folder of another user's answers so too; a name that is too long does it for root as well."""
    with pytest.raises(SettingsError, match="cannot be read or written"):
        DrawingBook(tmp_path / ("x" * 300)).newest()
