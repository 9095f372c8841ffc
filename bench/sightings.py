"""What a model says of each picture and what is true there: the same for every tracker that is judged.

Owns Sightings and the ways to look at the same footage differently: less often, and from its end to its beginning.
"""

from dataclasses import dataclass
from pathlib import Path

from bench.accuracy_boxes import whole_picture_people
from bench.footage import TrueThing, pictures, true_boxes
from edge_agent.core.detections import Detection


@dataclass(frozen=True, slots=True, kw_only=True)
class Sightings:
    """One film to a tracker; the three lists have an entry per picture."""

    detections: list[list[Detection]]
    times: list[float]
    """Media time in seconds, ascending."""
    truth: list[list[TrueThing]]
    size: tuple[int, int]
    """Width and height in pixels, for trackers that reckon in them."""

    @property
    def a_second(self) -> float:
        """Pictures a second."""
        return round((len(self.times) - 1) / (self.times[-1] - self.times[0]), 3)

    def every(self, step: int) -> "Sightings":
        """Return each so-manieth picture, from the first on."""
        return Sightings(
            detections=self.detections[::step], times=self.times[::step], truth=self.truth[::step], size=self.size
        )

    def backwards(self) -> "Sightings":
        """Return the film from its end to its beginning: other occlusions with the same people."""
        return Sightings(
            detections=self.detections[::-1],
            times=[self.times[-1] - at_s for at_s in reversed(self.times)],
            truth=self.truth[::-1],
            size=self.size,
        )


def sightings_of(film: Path, *, models_dir: Path, model: str) -> Sightings:
    """Return what the model sees of people in the whole pictures of a film, and its truth."""
    detections, times = whole_picture_people(film, models_dir=models_dir, model=model)
    first = next(pictures(film)).picture
    size = (first.width, first.height)
    truth = true_boxes(film, size=size)
    return Sightings(
        detections=detections,
        times=times,
        truth=[truth.get(number, []) for number in range(1, len(times) + 1)],
        size=size,
    )
