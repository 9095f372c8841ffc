"""``patrol city make``: the committed city is what it makes."""

from pathlib import Path

import pytest
import typer

from patrol_cli.city import city_files, make
from patrol_cli.city_plan import plan_city

COMMITTED = Path(__file__).resolve().parents[3] / "config" / "city"


def test_the_committed_city_is_what_the_command_makes_with_seed_7(tmp_path: Path) -> None:
    make(out=tmp_path / "city", seed=7)
    made = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "city").iterdir()}
    committed = {path.name: path.read_text(encoding="utf-8") for path in COMMITTED.iterdir()}
    assert made == committed


def test_another_seed_makes_another_city() -> None:
    assert city_files(plan_city(8), 8)["areas.geojson"] != city_files(plan_city(7), 7)["areas.geojson"]


def test_a_folder_that_cannot_be_written_ends_with_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(typer.Exit) as ended:
        make(out=tmp_path / "file" / "city", seed=7)
    assert ended.value.exit_code == 2
