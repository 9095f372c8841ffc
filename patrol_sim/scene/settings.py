"""What a generated scene is made of. Pure and hashable: equal settings are the same scene."""

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

from patrol_sim.errors import SourceError
from patrol_sim.rtp.nal import Codec
from patrol_sim.scene.acts import LONGEST_S, Act

MOST_PARKED: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectSpan:
    """One effect at one time of the loop; ``name`` is in ``effects.EFFECTS``, ``strength`` is 1 for the usual.

    A span that goes beyond the loop's end lasts until then.
    """

    name: str
    at_s: float
    for_s: float
    strength: float = 1.0
    ramp_s: float = 0.0
    """The strength grows from 0 for so long at the beginning and falls for so long at the end."""

    def ramped(self, into_s: float) -> float:
        """Return the share of the strength that acts so long after the beginning."""
        return 1.0 if self.ramp_s <= 0.0 else min(1.0, into_s / self.ramp_s, (self.for_s - into_s) / self.ramp_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneSettings:
    """A scene. ``movers`` None means as many as ``busy_share`` of the time needs; ``gop`` None means two seconds.

    ``noise`` is the standard deviation of the sensor noise in grey levels. ``acts`` are played beside the movers.
    """

    seed: int = 1
    width: int = 704
    height: int = 576
    fps: int = 10
    gop: int | None = None
    duration_s: float = 48.0
    busy_share: float = 0.4
    movers: int | None = None
    noise: float = 2.0
    codec: Codec = Codec.H264
    parked: int = 0
    """Cars that stand at the kerbs all the time."""
    trees: int = 0
    sun: float = 0.0
    """How dark the shadows of the trees are."""
    effects: tuple[EffectSpan, ...] = ()
    acts: tuple[Act, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what cannot be drawn or encoded."""
        checks = (
            (32 <= self.width <= 4096 and self.width % 2 == 0, f"width {self.width}: give an even number, 32-4096"),
            (32 <= self.height <= 4096 and self.height % 2 == 0, f"height {self.height}: give an even number, 32-4096"),
            (1 <= self.fps <= 120, f"fps {self.fps}: give a whole number from 1 to 120"),
            (self.gop is None or 1 <= self.gop <= 10_000, f"gop {self.gop}: give 1 to 10000 pictures"),
            (2.0 <= self.duration_s <= LONGEST_S, f"duration_s {self.duration_s}: give 2 to {LONGEST_S:g}"),
            (0.0 <= self.busy_share <= 1.0, f"busy_share {self.busy_share}: give a share from 0 to 1"),
            (self.movers is None or 0 <= self.movers <= 200, f"movers {self.movers}: give 0 to 200"),
            (0.0 <= self.noise <= 40.0, f"noise {self.noise}: give 0 to 40 grey levels"),
            (0 <= self.parked <= MOST_PARKED, f"parked {self.parked}: give 0 to {MOST_PARKED} cars"),
            (0 <= self.trees <= 12, f"trees {self.trees}: give 0 to 12"),
            (0.0 <= self.sun <= 1.0, f"sun {self.sun}: give a share from 0 to 1"),
        )
        for good, complaint in checks:
            if not good:
                raise SourceError(f"scene {complaint}")

    @property
    def frames(self) -> int:
        """Number of pictures in the loop."""
        return round(self.duration_s * self.fps)

    @property
    def keyframe_every(self) -> int:
        """Pictures from keyframe to keyframe."""
        return self.gop if self.gop is not None else 2 * self.fps

    @property
    def rate(self) -> Fraction:
        """Pictures per second."""
        return Fraction(self.fps)

    def with_seed(self, seed: int) -> "SceneSettings":
        """Return the same kind of scene with other figures."""
        return replace(self, seed=seed)
