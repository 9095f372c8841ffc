"""``patrol city make``: the committed city is what it makes."""

import gzip
from pathlib import Path

import pytest
import typer

from patrol_cli.city import make
from patrol_cli.city_plan import plan_city


def _texts(folder: Path) -> dict[str, str]:
    """The files' texts; how tightly zlib packs may differ between machines."""
    return {
        path.name: (gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()).decode()
        for path in folder.iterdir()
    }


COMMITTED = Path(__file__).resolve().parents[3] / "config" / "city"


def test_the_committed_city_is_what_the_command_makes_with_seed_7(tmp_path: Path) -> None:
    make(out=tmp_path / "city", seed=7)
    assert _texts(tmp_path / "city") == _texts(COMMITTED)


def test_another_seed_makes_another_city() -> None:
    assert [plot.ring for plot in plan_city(8)] != [plot.ring for plot in plan_city(7)]


def test_a_folder_that_cannot_be_written_ends_with_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(typer.Exit) as ended:
        make(out=tmp_path / "file" / "city", seed=7)
    assert ended.value.exit_code == 2
