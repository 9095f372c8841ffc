"""A run's last line for machines, and its sentences for people."""

from pathlib import Path
from typing import Any, Final

from patrol_cli.nemesis.check import Findings
from patrol_cli.nemesis.run import DRAIN_WITHIN_S, MEDIA_WITHIN_S, Outcome

_SHOWN: Final = 10


def found_in(findings: Findings) -> list[str]:
    """Return every finding as a sentence that begins with what it is."""
    kinds = {
        "lost": findings.lost,
        "doubled": findings.doubled,
        "phantom": findings.phantom,
        "reordered": findings.reordered,
        "media": findings.media_lost,
        "disagreement": findings.disagreements,
    }
    return [f"{kind}: {sentence}" for kind, found in kinds.items() for sentence in found]


def summary(findings: Findings) -> dict[str, Any]:
    """Return the figures of a check; the keys are a promise to whoever reads them by machine."""
    return {
        "alerts": findings.alerts,
        "records": findings.records,
        "lost": len(findings.lost),
        "doubled": len(findings.doubled),
        "phantom": len(findings.phantom),
        "reordered": len(findings.reordered),
        "media": findings.media,
        "media_lost": len(findings.media_lost),
        "disagreements": len(findings.disagreements),
    }


def report(outcome: Outcome) -> dict[str, Any]:
    """Return a run as plain values, the promised keys first."""
    figures = summary(outcome.findings)
    return {
        "alerts": figures.pop("alerts"),
        "faults": outcome.faults,
        **{key: figures.pop(key) for key in ("lost", "doubled", "phantom")},
        "drained_s": round(outcome.drained_s, 2) if outcome.drained_s is not None else None,
        "media_drained_s": round(outcome.media_drained_s, 2) if outcome.media_drained_s is not None else None,
        "restarted_s": round(outcome.restarted_s, 2),
        **figures,
        "by_kind": outcome.by_kind,
        "chunks_corrupted": outcome.bits_flipped,
        "fell": len(outcome.falls),
        "found": [*found_in(outcome.findings), *complaints(outcome)][:100],
    }


def verdict(outcome: Outcome, home: Path) -> str:
    """Return what a run came to, in one line for people."""
    drained = "did not drain"
    if outcome.drained_s is not None:
        drained = f"drained in {outcome.drained_s:.1f} s ({outcome.restarted_s:.1f} s to start again)"
    kept = "every promise was kept" if outcome.good else f"BROKEN; everything is kept in {home}"
    return (
        f"{outcome.findings.alerts} alerts, {outcome.findings.media} media, {outcome.faults} faults, {drained}, {kept}"
    )


def complaints(outcome: Outcome) -> list[str]:
    """Return what went wrong besides the findings of the check."""
    within_s = DRAIN_WITHIN_S if outcome.drained_s is None else MEDIA_WITHIN_S
    late = [f"not drained within {within_s:.0f} s: {left}" for left in outcome.waiting]
    return [*late, *(f"fell: {sentence}" for sentence in outcome.falls)]


def shown(sentences: list[str]) -> list[str]:
    """Return as many sentences as a person reads, and how many more there are."""
    more = len(sentences) - _SHOWN
    return sentences if more <= 0 else [*sentences[:_SHOWN], f"… and {more} more"]
