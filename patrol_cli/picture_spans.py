"""When a film's pictures showed a condition of the camera: covered, black and so on, as ``patrol detect`` tells it."""

from dataclasses import dataclass, field
from typing import Final

from edge_agent.core.camera_health import HealthCondition

_SAME_SPAN_S: Final = 10.0
"""A shorter gap does not end a span: a bus that passes behind a hand."""


@dataclass(slots=True)
class PictureSpans:
    """The spans of each condition so far, in seconds of the film."""

    _spans: dict[HealthCondition, list[tuple[float, float]]] = field(default_factory=dict)

    def note(self, conditions: frozenset[HealthCondition] | None, media_s: float) -> None:
        """Take what the pictures show at a moment; None is nothing that could be told."""
        for condition in conditions or ():
            spans = self._spans.setdefault(condition, [])
            if spans and media_s - spans[-1][1] <= _SAME_SPAN_S:
                spans[-1] = (spans[-1][0], media_s)
            else:
                spans.append((media_s, media_s))

    def lines(self) -> list[str]:
        """Return one line per condition that was seen, in the order of the conditions."""
        return [
            f"{condition.value}: " + ", ".join(f"{begin_s:.1f} to {end_s:.1f} s" for begin_s, end_s in spans)
            for condition, spans in sorted(self._spans.items())
        ]
