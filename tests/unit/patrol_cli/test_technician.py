"""``patrol technician``: people get a PIN, another one, or none, and the file never holds it."""

from pathlib import Path

from typer.testing import CliRunner

from edge_agent.console.technicians import matches, read_technicians
from patrol_cli.__main__ import app


def patrol(*arguments: str, typed: str = "") -> tuple[int, str]:
    ran = CliRunner().invoke(app, ["technician", *arguments], input=typed)
    return ran.exit_code, ran.stdout + ran.stderr


def test_a_technician_gets_a_pin_and_later_another(tmp_path: Path) -> None:
    file = tmp_path / "technicians"
    for pin in ("246813", "another one"):
        code, said = patrol(str(file), "li.wei", typed=f"{pin}\n{pin}\n")
        assert (code, "li.wei may sign on" in said) == (0, True)
        assert pin not in file.read_text(encoding="utf-8")
        (line,) = read_technicians(str(file)).values()
        assert matches(line, pin)


def test_a_technician_is_taken_out_and_the_others_stay(tmp_path: Path) -> None:
    file = tmp_path / "technicians"
    for name in ("li", "wang"):
        patrol(str(file), name, typed="246813\n246813\n")
    assert patrol(str(file), "li", "--remove")[0] == 0
    assert list(read_technicians(str(file))) == ["wang"]
    code, said = patrol(str(file), "li", "--remove")
    assert (code, "it has wang" in said) == (2, True)


def test_what_is_no_name_or_too_short_a_pin_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "technicians"
    assert patrol(str(file), "Li Wei", typed="246813\n246813\n")[0] == 2
    code, said = patrol(str(file), "li", typed="123\n123\n")
    assert (code, "take 6 to 200" in said) == (2, True)
    assert not file.exists()
