"""``patrol detect``: the agent's pipeline over a file, its alerts as lines or as a table. Arguments and output only."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from patrol_cli.outcome import fail, stderr

if TYPE_CHECKING:
    from edge_agent.capture.file_reader import FileReader
    from edge_agent.detect.analyser import Analyser
    from edge_agent.settings.model import AgentSettings, CameraSettings
    from patrol_cli.detection_run import DetectionRun, FoundAlert


def register(app: typer.Typer) -> None:
    """Add ``patrol detect``."""
    app.command()(detect)


def detect(
    video: Annotated[str, typer.Argument(metavar="VIDEO", help="A video file (or any address a camera may have).")],
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
) -> None:
    """Run the pipeline of the agent over VIDEO as fast as it goes and print its alerts with media times."""
    from patrol_cli.detection_run import DetectionRun

    settings, chosen = _settings(config, camera, video)
    analyser = _analyser(settings, chosen, models_dir)
    for folder in (evidence, tracks.parent if tracks is not None else None):
        _make_folder(folder)
    reader = _open(video, chosen, every_frame=every_frame or tracks is not None)
    run = DetectionRun(reader, analyser, chosen, evidence_dir=evidence)
    try:
        found = _follow(run, reader, jsonl=jsonl)
        if tracks is not None:
            tracks.write_text(run.tracks.text(), encoding="ascii")
    except OSError as error:
        fail(
            f"{error.filename or evidence or tracks}: cannot be written ({error.strerror}); check space and permissions"
        )
    if run.analysed == 0:
        reason = reader.failure.sentence if reader.failure is not None else "it holds no picture that can be decoded"
        fail(f"{_named(video, reason)}; give a playable video")
    for sentence in run.refused_clips:
        stderr.print(sentence, style="yellow", markup=False)
    if not jsonl:
        _table(found, run)


def _settings(config: Path, camera: str, video: str) -> "tuple[AgentSettings, CameraSettings]":
    from edge_agent.settings.errors import SettingsError
    from edge_agent.settings.toml_file import load_settings

    try:
        settings = load_settings(config)
    except SettingsError as error:
        fail(str(error))
    if camera:
        chosen = next((entry for entry in settings.cameras if entry.name == camera), None)
        if chosen is None:
            known = ", ".join(entry.name for entry in settings.cameras)
            fail(f'{config}: has no camera "{camera}"; it has {known}')
        return settings, chosen
    if len(settings.cameras) == 1:
        return settings, settings.cameras[0]
    named = [entry for entry in settings.cameras if Path(entry.url).name == Path(video).name]
    if len(named) != 1:
        known = ", ".join(entry.name for entry in settings.cameras)
        fail(f"{config}: has {len(settings.cameras)} cameras; choose whose rules hold with --camera ({known})")
    return settings, named[0]


def _analyser(settings: "AgentSettings", camera: "CameraSettings", models_dir: Path | None) -> "Analyser":
    from edge_agent.detect.assembly import analyser_of, detector_of
    from edge_agent.detect.errors import ModelError

    try:
        return analyser_of(camera, settings.detector, detector_of(settings.detector, models_dir=models_dir))
    except ModelError as error:
        fail(str(error))


def _make_folder(folder: Path | None) -> None:
    try:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        fail(f"{folder}: the folder cannot be made ({error.strerror}); choose another")


def _open(video: str, camera: "CameraSettings", *, every_frame: bool) -> "FileReader":
    from edge_agent.capture.camera_source import CameraSource
    from edge_agent.capture.file_reader import FileReader
    from edge_agent.core.clips import LONGEST_S
    from edge_agent.core.link_failures import Failure
    from edge_agent.ops.clock import SystemClock

    if "://" not in video and not Path(video).is_file():
        fail(f"{video}: there is no such file; give the path of a video")
    source = CameraSource(
        name=camera.name,
        url=video,
        analyse_fps=0.0 if every_frame else camera.analyse_fps,
        ring_s=camera.pre_roll_s + LONGEST_S + camera.post_roll_s + 60.0,
        blind_time_s=0.0,
    )
    opened = FileReader.open(source, clock=SystemClock())
    if isinstance(opened, Failure):
        fail(_named(video, opened.sentence))
    return opened


def _named(video: str, sentence: str) -> str:
    """Name the video where the sentence does not; an address loses its password."""
    from edge_agent.capture.source import public_url

    shown = public_url(video)
    return sentence if shown in sentence else f"{shown}: {sentence}"


def _follow(run: "DetectionRun", reader: "FileReader", *, jsonl: bool) -> "list[FoundAlert]":
    """Run to the end; print lines as alerts are complete, a progress bar on a terminal."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    found: list[FoundAlert] = []
    columns = (
        TextColumn("{task.fields[media]}"),
        BarColumn(),
        TextColumn("{task.fields[alerts]} alerts"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=stderr, disable=not stderr.is_terminal, transient=True) as progress:
        task = progress.add_task("detect", total=reader.duration_s, media="0 s", alerts=0)
        for alert in run.alerts():
            if alert is None:
                progress.update(task, completed=run.media_s, media=f"{run.media_s:.0f} s", alerts=len(found))
                continue
            found.append(alert)
            if jsonl:
                sys.stdout.write(json.dumps(alert.line(), ensure_ascii=False) + "\n")
                sys.stdout.flush()
    return found


def _table(found: "list[FoundAlert]", run: "DetectionRun") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("rule", "label", "zone", "from", "to", "score", title=None)
    for alert in sorted(found, key=lambda entry: entry.raised.start_s):
        end = "" if alert.end_s is None else f"{alert.end_s:.2f} s"
        score = f"{alert.score:.2f}" if alert.score else "motion"
        table.add_row(alert.raised.rule, alert.label, alert.raised.zone, f"{alert.raised.start_s:.2f} s", end, score)
    console = Console()
    if found:
        console.print(table)
    console.print(
        f"{len(found)} alerts in {run.media_s:.1f} s of video, {run.analysed} pictures analysed", highlight=False
    )
    for line in run.picture_spans.lines():
        console.print(f"the camera's picture was {line}", highlight=False)
