"""Technicians: who knows the PIN may act for a while, who does not may guess slowly."""

from pathlib import Path

import pytest

from edge_agent.console.technicians import (
    IDLE_S,
    NotSignedOn,
    SignedOn,
    Technicians,
    read_technicians,
    write_technician,
)
from edge_agent.settings.errors import SettingsError
from tests.support.manual_clock import ManualClock

PIN = "246813"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "technicians"
    write_technician(path, "li", PIN)
    return path


def test_who_knows_the_pin_is_signed_on_until_half_an_hour_after_the_last_act(file: Path) -> None:
    clock = ManualClock()
    technicians = Technicians(str(file), clock=clock)
    done = technicians.sign_on("li", PIN)
    assert isinstance(done, SignedOn)
    clock.advance(IDLE_S - 1)
    assert technicians.who(done.token) == "li"
    clock.advance(IDLE_S - 1)
    assert technicians.who(done.token) == "li", "each act prolongs it"
    clock.advance(IDLE_S + 1)
    assert technicians.who(done.token) is None
    assert technicians.who("") is None


def test_signing_off_ends_this_session_and_no_other(file: Path) -> None:
    technicians = Technicians(str(file), clock=ManualClock())
    one, other = technicians.sign_on("li", PIN), technicians.sign_on("li", PIN)
    assert isinstance(one, SignedOn)
    assert isinstance(other, SignedOn)
    technicians.sign_off(one.token)
    technicians.sign_off("unknown")
    assert (technicians.who(one.token), technicians.who(other.token)) == (None, "li")


def test_guessing_is_slowed_down_for_that_name_alone(file: Path) -> None:
    write_technician(file, "wang", "975310")
    clock = ManualClock()
    technicians = Technicians(str(file), clock=clock)
    codes = []
    for _ in range(6):
        refused = technicians.sign_on("li", "000000")
        assert isinstance(refused, NotSignedOn)
        codes.append(refused.code)
    assert codes == ["pin_wrong"] * 5 + ["pin_wait"]
    waits = technicians.sign_on("li", PIN)
    assert isinstance(waits, NotSignedOn), "the right PIN has to wait as well"
    assert isinstance(technicians.sign_on("wang", "975310"), SignedOn)
    clock.advance(61.0)
    assert isinstance(technicians.sign_on("li", PIN), SignedOn)


def test_a_name_that_nobody_has_is_refused_in_the_same_words(file: Path) -> None:
    technicians = Technicians(str(file), clock=ManualClock())
    assert technicians.sign_on("nobody", PIN) == technicians.sign_on("li", "000000")


def test_a_room_without_technicians_says_so() -> None:
    technicians = Technicians("", clock=ManualClock())
    refused = technicians.sign_on("li", PIN)
    assert isinstance(refused, NotSignedOn)
    assert (technicians.is_empty, refused.code) == (True, "no_technicians")


def test_the_file_holds_no_pin_and_is_read_at_each_sign_on(file: Path) -> None:
    assert PIN not in file.read_text(encoding="utf-8")
    assert file.stat().st_mode & 0o077 == 0
    technicians = Technicians(str(file), clock=ManualClock())
    write_technician(file, "zhao", "112233")
    assert isinstance(technicians.sign_on("zhao", "112233"), SignedOn)
    write_technician(file, "li", None)
    assert isinstance(technicians.sign_on("li", PIN), NotSignedOn)
    assert list(read_technicians(str(file))) == ["zhao"]


@pytest.mark.parametrize("content", ["li 246813\n", "li scrypt$x$8$1$00$00\n", "two words scrypt$16384$8$1$00$00\n"])
def test_a_file_with_anything_else_in_it_refuses_the_start(tmp_path: Path, content: str) -> None:
    path = tmp_path / "technicians"
    path.write_text("# who may draw\n\n" + content, encoding="utf-8")
    with pytest.raises(SettingsError, match="line 3"):
        Technicians(str(path), clock=ManualClock())
    with pytest.raises(SettingsError, match="cannot be read"):
        Technicians(str(tmp_path / "absent"), clock=ManualClock())
