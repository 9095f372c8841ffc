"""What the edge sees: people in single pictures, tracks, alerts, on footage whose truth is known.

Takes every film of ``--footage`` that has ground truth beside it (see ``bench/footage.py``), so that other footage can
judge too. The other trackers are installed by pip into an environment of their own below the temporary folder.
"""

import argparse
from pathlib import Path
from typing import Any, Final

from bench.accuracy_boxes import LARGE, detections
from bench.accuracy_rules import ROOMS, rule_alerts
from bench.accuracy_tracks import tracking, tracking_crowds
from bench.footage import films_with_boxes, true_events
from bench.plot import Bar, Chart

ABOUT: Final = "what the edge sees: boxes, small people, tracks against other trackers, alerts of rules"
_BESIDE: Final = Path(__file__).parent.parent.parent / "shared"
PARTS: Final = ("boxes", "small", "tracks", "rules")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare this bench's options."""
    parser.add_argument("--footage", type=Path, default=_BESIDE / "footage", help="folder of films with their truth")
    parser.add_argument("--models-dir", type=Path, default=_BESIDE / "models", help="folder of ONNX weights")
    parser.add_argument("--model", default="yolox-nano")
    parser.add_argument("--parts", default=",".join(PARTS), help=f"which of {', '.join(PARTS)}, with commas")


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Measure the wanted parts on every film that has their truth."""
    model = {"models_dir": options.models_dir, "model": options.model}
    wanted = set(options.parts.split(","))
    if not wanted <= set(PARTS):
        raise SystemExit(f"--parts: there is no {', '.join(sorted(wanted - set(PARTS)))}; there are {', '.join(PARTS)}")
    found: dict[str, Any] = {part: {} for part in PARTS if part in wanted}
    for film in films_with_boxes(options.footage):
        if "boxes" in wanted:
            found["boxes"][film.name] = detections(film, **model)
        if "small" in wanted:
            found["small"][film.name] = detections(film, **model, large=LARGE)
        if "tracks" in wanted:
            found["tracks"] |= tracking(film, **model)
    if "tracks" in wanted:
        found["tracks"] |= tracking_crowds()
    if "rules" in wanted:
        for truth in sorted(options.footage.glob("*.events.json")):
            film = truth.with_name(truth.name.replace(".events.json", ".mp4"))
            if "zones" in true_events(film) or (ROOMS / f"{film.stem}.toml").is_file():
                found["rules"][film.name] = rule_alerts(film, **model)
    if not any(found.values()):
        raise SystemExit(f"{options.footage}: holds no film with ground truth beside it; give --footage")
    return {"model": options.model, "large_picture": list(LARGE), **found}


def chart(found: dict[str, Any]) -> Chart:
    """Return the shares that say most, ours beside the others'."""
    bars: list[Bar] = []
    for film, ways in found.get("boxes", {}).items():
        for name, ours in (("ours", True), ("whole_picture", False)):
            bars.extend(
                Bar(label=f"{film} {figure}, {_said(name)}", value=ways[name][figure], ours=ours)
                for figure in ("precision", "recall")
            )
    for film, ways in found.get("small", {}).items():
        for name, ours in (("ours", True), ("whole_picture", False)):
            bars.append(Bar(label=f"{film} in 1080p AP50, {_said(name)}", value=ways[name]["ap50"], ours=ours))
    for film, trackers in found.get("tracks", {}).items():
        for figure in ("mota", "idf1"):
            for name, row in trackers.items():
                label = f"{film} {figure.upper()}, {name}"
                bars.append(Bar(label=label, value=max(0.0, row[figure]), ours=name.startswith("ours")))
    return Chart(title=f"What the edge sees with {found['model']}", unit="shares of 1, more is better", bars=bars)


def _said(name: str) -> str:
    return name.replace("_", " ")
