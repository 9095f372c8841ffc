"""A loop: one piece of compressed video, prepared once and repeated for ever by every camera that serves it. Pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from patrol_sim.rtp.nal import Codec, has_sequence_parameters, is_key_unit, is_parameter_set, is_picture
from patrol_sim.rtp.packetise import packetise
from patrol_sim.rtp.wire_unit import WireUnit, build_wire_unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One picture in decoding order, times in 90 kHz ticks from the first picture's presentation."""

    pts_90k: int
    dts_90k: int
    units: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessUnit:
    """A sample ready to send; a key unit carries the parameter sets in front."""

    pts_90k: int
    dts_90k: int
    keyframe: bool
    units: tuple[bytes, ...]
    wire: WireUnit


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaLoop:
    """Access units in decoding order; the first is a keyframe, and unit 0 follows the last after ``duration_90k``."""

    title: str
    codec: Codec
    width: int
    height: int
    fps: float
    duration_90k: int
    parameter_sets: tuple[bytes, ...]
    access_units: tuple[AccessUnit, ...]
    key_indexes: tuple[int, ...]

    def key_at_or_before(self, index: int) -> int:
        """Return the index of the last keyframe not after ``index``."""
        return self.key_indexes[bisect_right(self.key_indexes, index) - 1]

    def key_at_or_after(self, index: int) -> int | None:
        """Return the index of the next keyframe of this lap, None when the next one opens the next lap."""
        found = bisect_left(self.key_indexes, index)
        return self.key_indexes[found] if found < len(self.key_indexes) else None


def build_loop(
    *,
    title: str,
    codec: Codec,
    size: tuple[int, int],
    fps: float,
    parameter_sets: Sequence[bytes],
    samples: Sequence[Sample],
    duration_90k: int,
) -> MediaLoop:
    """Return the loop of ``samples``, cut so that it begins with a keyframe.

    Raises ValueError when there is no keyframe with pictures.
    """
    first_key = next((i for i, s in enumerate(samples) if any(is_key_unit(codec, u) for u in s.units)), None)
    if first_key is None:
        raise ValueError("no keyframe")
    kept = samples[first_key:]
    start = kept[0].pts_90k
    # Pictures shown before the first keyframe refer to what was cut away.
    kept = [s for s in kept if s.pts_90k >= start and any(is_picture(codec, u) for u in s.units)]
    own = tuple(u for u in kept[0].units if is_parameter_set(codec, u))
    access_units = tuple(_prepare(codec, sample, own or tuple(parameter_sets), start) for sample in kept)
    return MediaLoop(
        title=title,
        codec=codec,
        width=size[0],
        height=size[1],
        fps=fps,
        duration_90k=duration_90k - start,
        parameter_sets=own or tuple(parameter_sets),
        access_units=access_units,
        key_indexes=tuple(index for index, unit in enumerate(access_units) if unit.keyframe),
    )


def _prepare(codec: Codec, sample: Sample, parameter_sets: tuple[bytes, ...], start_90k: int) -> AccessUnit:
    keyframe = any(is_key_unit(codec, unit) for unit in sample.units)
    units = sample.units
    if keyframe and not has_sequence_parameters(codec, units):
        units = parameter_sets + units
    return AccessUnit(
        pts_90k=sample.pts_90k - start_90k,
        dts_90k=sample.dts_90k - start_90k,
        keyframe=keyframe,
        units=units,
        wire=build_wire_unit(packetise(codec, units)),
    )
