"""``patrol detect``: the agent's pipeline over films; its alerts as lines or a table, or what a change of rules does.

Arguments and output only.
"""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from patrol_cli.outcome import fail, stderr

if TYPE_CHECKING:
    from edge_agent.settings.model import AgentSettings, CameraSettings
    from patrol_cli.detection_run import DetectionRun, FoundAlert
    from patrol_cli.drawn_rules import DrawnCameras
    from patrol_cli.what_if_run import Film


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """What both uses of the command are given."""

    camera: str
    models_dir: Path | None
    evidence: Path | None
    began_at: list[str]
    file_alone: bool


def register(app: typer.Typer) -> None:
    """Add ``patrol detect``."""
    app.command()(detect)


def detect(
    videos: Annotated[
        list[str],
        typer.Argument(metavar="VIDEO...", help="A video file (or any address a camera may have); several to compare."),
    ],
    *,
    config: Annotated[Path, typer.Option(help="The room's TOML file: detector, zones, rules.")],
    camera: Annotated[str, typer.Option(help="Whose zones and rules; needed when the room has several.")] = "",
    jsonl: Annotated[bool, typer.Option("--jsonl", help="One JSON object a line for each alert.")] = False,
    tracks: Annotated[
        Path | None, typer.Option(help="Write MOT lines (frame,id,left,top,width,height,score); implies --every-frame.")
    ] = None,
    models_dir: Annotated[Path | None, typer.Option(help="Folder of model files instead of the room's.")] = None,
    evidence: Annotated[Path | None, typer.Option(help="Folder for a snapshot and a clip of each alert.")] = None,
    every_frame: Annotated[
        bool, typer.Option("--every-frame", help="Analyse every picture instead of analyse_fps a second.")
    ] = False,
    began_at: Annotated[
        list[str] | None,
        typer.Option(help="When the video began, like 2026-11-02T22:00 on the room's clock: schedules need it."),
    ] = None,
    what_if: Annotated[
        Path | None, typer.Option(help="The room's file with changed rules: compare its alerts with those of --config.")
    ] = None,
    changed: Annotated[
        list[str] | None, typer.Option("--set", help="Compare with one key changed: RULE.KEY=VALUE; repeatable.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The comparison as one JSON object.")] = False,
    file_alone: Annotated[
        bool, typer.Option("--file-alone", help="Judge by --config as it is written, whatever was drawn in the room.")
    ] = False,
) -> None:
    """Run the pipeline of the agent over VIDEO as fast as it goes and print its alerts with media times.

    The rules are those in force in the room: what technicians drew on the camera (state_dir/drawings.sqlite) stands
    before the file.

    With --what-if or --set, replay it against changed rules and tell alerts a day before and after, and which alerts
    are gone or new.
    """
    wanted = _Wanted(
        camera=camera, models_dir=models_dir, evidence=evidence, began_at=began_at or [], file_alone=file_alone
    )
    if what_if is not None or changed:
        if jsonl or tracks is not None or every_frame:
            fail("--what-if and --set: go with --json, --evidence and --began-at only; leave the other options out")
        _compare(videos, (config, []), (what_if or config, changed or []), wanted, as_json=as_json)
        return
    if len(videos) != 1:
        fail(f"{len(videos)} videos: without --what-if or --set give one")
    if as_json:
        fail("--json: is for --what-if and --set; the alerts of one run come with --jsonl")
    _detect(videos[0], config, wanted, jsonl=jsonl, tracks=tracks, every_frame=every_frame or tracks is not None)


def _detect(video: str, config: Path, wanted: _Wanted, *, jsonl: bool, tracks: Path | None, every_frame: bool) -> None:
    from zoneinfo import ZoneInfo

    from edge_agent.detect.assembly import analyser_of
    from patrol_cli import detection_inputs as inputs
    from patrol_cli.detection_run import DetectionRun

    drawn = None if wanted.file_alone else inputs.drawings_of(config)
    settings = inputs.room_settings(config, drawn=drawn)
    chosen = inputs.chosen_camera(settings, config, wanted.camera, video)
    _tell_drawn([chosen], drawn, config)
    detector = inputs.opened_detector(settings.detector, wanted.models_dir)
    for folder in (wanted.evidence, tracks.parent if tracks is not None else None):
        inputs.made_folder(folder)
    began = inputs.began_at(wanted.began_at, videos=1, time_zone=settings.room.time_zone)
    _tell_unread_schedules([chosen], known=bool(began))
    reader = inputs.opened_film(video, chosen, every_frame=every_frame, began_us=began[0] if began else 0)
    run = DetectionRun(
        reader,
        analyser_of(chosen, settings.detector, detector),
        chosen,
        evidence_dir=wanted.evidence,
        time_zone=ZoneInfo(settings.room.time_zone) if began else None,
    )
    try:
        found = _follow(run, reader.duration_s, jsonl=jsonl)
        if tracks is not None:
            tracks.write_text(run.tracks.text(), encoding="ascii")
    except OSError as error:
        where = error.filename or wanted.evidence or tracks
        fail(f"{where}: cannot be written ({error.strerror}); check space and permissions")
    if run.analysed == 0:
        reason = reader.failure.sentence if reader.failure is not None else "it holds no picture that can be decoded"
        fail(f"{inputs.named(video, reason)}; give a playable video")
    for sentence in run.refused_clips:
        stderr.print(sentence, style="yellow", markup=False)
    if not jsonl:
        _table(found, run)


def _compare(
    videos: list[str],
    before: tuple[Path, list[str]],
    after: tuple[Path, list[str]],
    wanted: _Wanted,
    *,
    as_json: bool,
) -> None:
    from functools import cache

    from rich.console import Console

    from patrol_cli import detection_inputs as inputs
    from patrol_cli import what_if_report
    from patrol_cli.what_if_run import WhatIf

    drawn = None if wanted.file_alone else inputs.drawings_of(before[0])
    # A file of its own with changed rules is taken as it is written; one changed key changes what is in force.
    old = inputs.room_settings(*before, drawn=drawn)
    new = inputs.room_settings(*after, drawn=drawn if after[0] == before[0] else None)
    began = inputs.began_at(wanted.began_at, videos=len(videos), time_zone=old.room.time_zone)
    films = _films(videos, (before[0], old), (after[0], new), camera=wanted.camera, began=began)
    inputs.made_folder(wanted.evidence)
    _tell_drawn([film.before.camera for film in films], drawn, before[0], after[0])
    _tell_unread_schedules([side.camera for film in films for side in (film.before, film.after)], known=bool(began))
    detectors = cache(lambda settings: inputs.opened_detector(settings, wanted.models_dir))
    comparison = WhatIf(films, detectors=detectors, evidence_dir=wanted.evidence)
    with _progress(_seconds(films, comparison.passes())) as tell:
        try:
            told = comparison.play(tell)
        except OSError as error:
            where = error.filename or wanted.evidence
            fail(f"{where}: cannot be written ({error.strerror}); check space and permissions")
    for sentence in told.refused_clips:
        stderr.print(sentence, style="yellow", markup=False)
    if as_json:
        sys.stdout.write(what_if_report.as_json(told) + "\n")
    else:
        what_if_report.print_report(told, Console())


def _films(
    videos: list[str],
    old: "tuple[Path, AgentSettings]",
    new: "tuple[Path, AgentSettings]",
    *,
    camera: str,
    began: list[int],
) -> "list[Film]":
    from patrol_cli.detection_inputs import chosen_camera
    from patrol_cli.what_if_run import Film, Sight

    def sight(side: "tuple[Path, AgentSettings]", video: str, name: str) -> Sight:
        return Sight.of(side[1], chosen_camera(side[1], side[0], name, video))

    films: list[Film] = []
    for number, video in enumerate(videos):
        before = sight(old, video, camera)
        # The same camera on both sides, however the film was matched to it.
        after = sight(new, video, before.camera.name)
        films.append(Film(video=video, before=before, after=after, began_us=began[number] if began else 0))
    return films


def _seconds(films: "list[Film]", passes: list[int]) -> float | None:
    """Return the seconds to be played, None when a film does not tell its length; a film that is none ends here."""
    from patrol_cli.detection_inputs import opened_film

    total = 0.0
    known = True
    for film, often in zip(films, passes, strict=True):
        with opened_film(film.video, film.before.camera, every_frame=False) as reader:
            known &= reader.duration_s is not None
            total += often * (reader.duration_s or 0.0)
    return total if known else None


def _tell_drawn(
    cameras: "list[CameraSettings]", drawn: "DrawnCameras | None", config: Path, changed: Path | None = None
) -> None:
    """Say once for each camera that was drawn on what it is judged by."""
    after = f"; after it by {changed} as it is written" if changed is not None and changed != config else ""
    for name in dict.fromkeys(camera.name for camera in cameras):
        if drawn is not None and name in drawn.versions:
            stderr.print(
                f"{name}: judged by version {drawn.versions[name].version} of what was drawn on it, not by {config} "
                f"(--file-alone does that){after}",
                style="yellow",
                markup=False,
                highlight=False,
            )


def _tell_unread_schedules(cameras: "list[CameraSettings]", *, known: bool) -> None:
    """Say once which rules are judged as if their windows were open."""
    rules = dict.fromkeys(rule.name for camera in cameras for rule in camera.rules if rule.schedule)
    if rules and not known:
        stderr.print(
            f"the schedule of {', '.join(rules)} is not read: nobody said when the video began; give --began-at",
            style="yellow",
            markup=False,
            highlight=False,
        )


@contextmanager
def _progress(total_s: float | None) -> Iterator[Callable[[float], None]]:
    """Show how far a run is while the block runs, on a terminal only; yields who is to be told the seconds."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.fields[media]}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=stderr, disable=not stderr.is_terminal, transient=True) as progress:
        task = progress.add_task("detect", total=total_s, media="0 s")
        yield lambda media_s: progress.update(task, completed=media_s, media=f"{media_s:.0f} s")


def _follow(run: "DetectionRun", duration_s: float | None, *, jsonl: bool) -> "list[FoundAlert]":
    """Run to the end; print lines as alerts are complete."""
    found: list[FoundAlert] = []
    with _progress(duration_s) as tell:
        for alert in run.alerts():
            if alert is None:
                tell(run.media_s)
                continue
            found.append(alert)
            if jsonl:
                sys.stdout.write(json.dumps(alert.line(), ensure_ascii=False) + "\n")
                sys.stdout.flush()
    return found


def _table(found: "list[FoundAlert]", run: "DetectionRun") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("rule", "label", "zone", "from", "to", "score", "severity", title=None)
    for alert in sorted(found, key=lambda entry: entry.raised.start_s):
        end = "" if alert.end_s is None else f"{alert.end_s:.2f} s"
        score = f"{alert.score:.2f}" if alert.score else "motion"
        raised = alert.raised
        table.add_row(
            raised.rule, alert.label, raised.zone, f"{raised.start_s:.2f} s", end, score, str(raised.severity)
        )
    console = Console()
    if found:
        console.print(table)
    console.print(
        f"{len(found)} alerts in {run.media_s:.1f} s of video, {run.analysed} pictures analysed", highlight=False
    )
    for line in run.picture_spans.lines():
        console.print(f"the camera's picture was {line}", highlight=False)
