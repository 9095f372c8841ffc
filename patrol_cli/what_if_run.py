"""Plays films under two sets of rules: the costly part once, when both see the same; its result is a ``WhatIf``.

Both sets stand in one alert book over the same tracks, their rules named apart. Where the change touches what is seen
(the detector, the rate, labels no model is asked for otherwise), each side gets a pass of its own.
"""

import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from edge_agent.core.rules import AnyRule
from edge_agent.core.what_if import Exposure, RuleComparison, ToldAlert, compared, still_told
from edge_agent.detect.assembly import analyser_of
from edge_agent.detect.detector import Detector
from edge_agent.detect.room_rules import rules_of
from edge_agent.settings.model import AgentSettings, CameraSettings, DetectorSettings
from patrol_cli.detection_inputs import named, opened_film, shown_name
from patrol_cli.detection_run import DetectionRun, FoundAlert
from patrol_cli.outcome import fail

_BEFORE: Final = "before/"
_AFTER: Final = "after/"
_WORK: Final = ".playing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """One side: what a film is seen and judged with."""

    settings: AgentSettings
    camera: CameraSettings
    rules: tuple[AnyRule, ...]

    @classmethod
    def of(cls, settings: AgentSettings, camera: CameraSettings) -> "Sight":
        """Return the side of a camera."""
        return cls(settings=settings, camera=camera, rules=rules_of(camera))

    def labels(self, detector: Detector) -> frozenset[str]:
        """Return what the detector is asked for."""
        return detector.usual_labels.union(*(rule.wanted_labels for rule in self.rules))


@dataclass(frozen=True, slots=True, kw_only=True)
class Film:
    """One film with both sides."""

    video: str
    before: Sight
    after: Sight
    began_us: int = 0
    """0: nobody knows when."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is to be said."""

    rules: tuple[RuleComparison, ...]
    videos: tuple[tuple[str, float], ...]
    """Name and seconds of each film."""
    pictures: int
    same_tracks: bool
    refused_clips: tuple[str, ...]

    @property
    def media_s(self) -> float:
        """Seconds of all films."""
        return sum(seconds for _, seconds in self.videos)


@dataclass(slots=True)
class _Sides:
    """What is gathered film by film."""

    before: list[ToldAlert] = field(default_factory=list)
    after: list[ToldAlert] = field(default_factory=list)
    armed_before: dict[str, tuple[float, float]] = field(default_factory=dict)
    armed_after: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Rule → seconds of film in which it was armed, armed share of a week."""


class WhatIf:
    """One comparison over some films."""

    def __init__(
        self,
        films: Sequence[Film],
        *,
        detectors: Callable[[DetectorSettings], Detector],
        evidence_dir: Path | None,
    ) -> None:
        self._films = films
        self._detectors = detectors
        self._evidence_dir = evidence_dir
        self._several_cameras = len({film.before.camera.name for film in films}) > 1
        self._sides = _Sides()
        self._done_s = 0.0
        self._pictures = 0
        self._refused: list[str] = []

    def play(self, tell: Callable[[float], None]) -> Told:
        """Play every film to its end; a film without a picture ends the command.

        ``tell`` hears how many seconds of film are done, all passes together.
        """
        try:
            return self._play(tell)
        finally:
            if self._evidence_dir is not None:
                shutil.rmtree(self._evidence_dir / _WORK, ignore_errors=True)

    def _play(self, tell: Callable[[float], None]) -> Told:
        videos: list[tuple[str, float]] = []
        same_everywhere = True
        for number, film in enumerate(self._films):
            same = self._sees_the_same(film)
            same_everywhere &= same
            media_s = 0.0
            for rules, sight in self._passes(film, same=same):
                media_s = max(media_s, self._pass(film, sight, rules, self._folder(number, rules), tell))
            videos.append((shown_name(film.video), media_s))
        sides = self._sides
        if same_everywhere:
            sides.before = [replace(alert, told_by=still_told(alert, sides.after)) for alert in sides.before]
        comparisons = compared(
            sides.before,
            sides.after,
            exposures_before=_exposures(sides.armed_before),
            exposures_after=_exposures(sides.armed_after),
            same_tracks=same_everywhere,
        )
        return Told(
            rules=tuple(self._kept_evidence(comparisons)),
            videos=tuple(videos),
            pictures=self._pictures,
            same_tracks=same_everywhere,
            refused_clips=tuple(self._refused),
        )

    def passes(self) -> list[int]:
        """Return how often each film is played."""
        return [1 if self._sees_the_same(film) else 2 for film in self._films]

    def _sees_the_same(self, film: Film) -> bool:
        before, after = film.before, film.after
        if before.settings.detector != after.settings.detector:
            return False
        detector = self._detectors(before.settings.detector)
        return before.camera.analyse_fps == after.camera.analyse_fps and before.labels(detector) == after.labels(
            detector
        )

    def _passes(self, film: Film, *, same: bool) -> Iterator[tuple[list[AnyRule], Sight]]:
        before = [replace(rule, name=f"{_BEFORE}{rule.name}") for rule in film.before.rules]
        after = [replace(rule, name=f"{_AFTER}{rule.name}") for rule in film.after.rules]
        if same:
            yield before + after, film.before
        else:
            yield before, film.before
            yield after, film.after

    def _pass(
        self,
        film: Film,
        sight: Sight,
        rules: list[AnyRule],
        folder: Path | None,
        tell: Callable[[float], None],
    ) -> float:
        detector_settings = sight.settings.detector
        analyser = analyser_of(sight.camera, detector_settings, self._detectors(detector_settings), rules=rules)
        reader = opened_film(film.video, sight.camera, every_frame=False, began_us=film.began_us)
        zone = ZoneInfo(sight.settings.room.time_zone) if film.began_us else None
        run = DetectionRun(reader, analyser, sight.camera, evidence_dir=folder, time_zone=zone)
        for found in run.alerts():
            if found is None:
                tell(self._done_s + run.media_s)
            else:
                self._take(film, found)
        if run.analysed == 0:
            reason = reader.failure.sentence if reader.failure is not None else "it holds no picture"
            fail(f"{named(film.video, reason)}; give a playable video")
        self._done_s += run.media_s
        self._pictures += run.analysed
        self._refused.extend(run.refused_clips)
        for rule in rules:
            self._expose(film, rule, run)
        return run.media_s

    def _folder(self, number: int, rules: Sequence[AnyRule]) -> Path | None:
        if self._evidence_dir is None:
            return None
        side = rules[0].name.partition("/")[0] if rules else "none"
        folder = self._evidence_dir / _WORK / f"{number}-{side}"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _name(self, film: Film, rule: str) -> tuple[bool, str]:
        """Return whether a rule of the book is of the side before, and its name for people."""
        side, _, name = rule.partition("/")
        return f"{side}/" == _BEFORE, f"{film.before.camera.name}/{name}" if self._several_cameras else name

    def _take(self, film: Film, found: FoundAlert) -> None:
        is_before, name = self._name(film, found.raised.rule)
        told = ToldAlert(
            video=shown_name(film.video),
            rule=name,
            label=found.label,
            zone=found.raised.zone,
            severity=found.raised.severity,
            stage=found.raised.stage,
            start_s=found.raised.start_s,
            end_s=found.raised.start_s if found.end_s is None else found.end_s,
            thing=found.raised.track_id,
            snapshot=found.snapshot,
            clip=found.clip,
        )
        (self._sides.before if is_before else self._sides.after).append(told)

    def _expose(self, film: Film, rule: AnyRule, run: DetectionRun) -> None:
        is_before, name = self._name(film, rule.name)
        armed_s, share = run.media_s, 1.0
        if rule.schedule is not None:
            share = rule.schedule.share
            pictures = run.minutes.total()
            if pictures:
                armed = sum(count for minute, count in run.minutes.items() if rule.schedule.armed(minute))
                armed_s *= armed / pictures
        sides = self._sides.armed_before if is_before else self._sides.armed_after
        sides[name] = (sides.get(name, (0.0, 0.0))[0] + armed_s, share)

    def _kept_evidence(self, comparisons: Sequence[RuleComparison]) -> Iterator[RuleComparison]:
        """Keep the pictures and clips of what is gone or new, under names that say so; drop the others."""
        for comparison in comparisons:
            yield replace(
                comparison,
                gone=tuple(self._moved(alert, "gone") for alert in comparison.gone),
                new=tuple(self._moved(alert, "new") for alert in comparison.new),
            )

    def _moved(self, alert: ToldAlert, word: str) -> ToldAlert:
        return replace(
            alert, snapshot=self._move(alert.snapshot, alert, word), clip=self._move(alert.clip, alert, word)
        )

    def _move(self, path: Path | None, alert: ToldAlert, word: str) -> Path | None:
        if path is None or self._evidence_dir is None:
            return None
        rule = alert.rule.replace("/", "-")
        name = f"{word}-{Path(alert.video).stem}-{rule}-{alert.start_s:07.1f}s-{path.stem.rpartition('-')[2]}"
        return path.replace(self._evidence_dir / f"{name}{path.suffix}")


def _exposures(armed: dict[str, tuple[float, float]]) -> dict[str, Exposure]:
    return {rule: Exposure(armed_s=armed_s, share=share) for rule, (armed_s, share) in armed.items()}
