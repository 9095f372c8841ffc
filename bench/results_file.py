"""Where figures stay: ``bench/results/NAME.json`` with the machine's facts, and the chart beside it."""

import json
from pathlib import Path
from typing import Any, Final

from bench.plot import Chart, as_svg

RESULTS: Final = Path(__file__).parent / "results"


def write(name: str, found: dict[str, Any], chart: Chart | None, *, folder: Path = RESULTS) -> list[Path]:
    """Write the figures and their chart; return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = [folder / f"{name}.json"]
    written[0].write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    if chart is not None:
        written.append(folder / f"{name}.svg")
        written[1].write_text(as_svg(chart), encoding="utf-8")
    return written
