"""Which packets are worth decoding: everything while something moves, only keyframes while nothing does.

Owns the decision and the packets kept for going back; ``capture.decoder`` carries it out. Decoding a group of pictures
afterwards from its keyframe gives exactly the pictures that decoding it at once would have given, so nothing is lost
by waiting, except what appears and vanishes between two keyframes (the blind time).
"""

from collections import deque
from collections.abc import Sequence
from enum import StrEnum
from typing import Final, NamedTuple, Protocol

from edge_agent.capture.frames import Frame
from edge_agent.capture.ring import RingPacket

CALM_S: Final = 1.5
"""Media seconds since somebody last attended, after which a still keyframe lets the camera rest. Short, because a
mistake costs nothing but the replay of one group; longer than the analysis takes to ask for attention."""
LEARN_GROUPS: Final = 3
"""Complete groups of pictures that are measured before the interval between keyframes is believed."""
TOLERANCE: Final = 1.05
"""Keyframes two seconds apart by the setting are so by a clock that trembles."""
SLACK: Final = 1.25
"""A keyframe may come this much later than the blind time before the stream counts as one with long groups."""


class MotionGate(Protocol):
    """Says whether something moves, from keyframes alone; called in the camera's thread, so it must be quick."""

    def moved(self, frame: Frame) -> bool:
        """Compare with the keyframe before (which may be seconds older) and remember this one."""
        ...


class DecodeMode(StrEnum):
    """What is decoded."""

    FULL = "full"
    KEYFRAMES = "keyframes"
    BEHIND = "behind"
    """Only keyframes, moved or not: the machine is too slow for more."""
    NOTHING = "nothing"
    """The stream is for evidence only."""


class Plan(NamedTuple):
    """What the decoder does next: with ``replay``, it begins anew and decodes those packets, else just ``packet``."""

    packet: RingPacket | None = None
    replay: Sequence[RingPacket] = ()
    alone: bool = False
    """The packet is a keyframe to be decoded by itself."""


NOTHING: Final = Plan()


class DecodePolicy:
    """The decision for one connection of one camera. All times are media seconds."""

    def __init__(self, *, blind_time_s: float, adaptive: bool, decode: bool = True) -> None:
        self._blind_time_s = blind_time_s
        self._adaptive = adaptive and blind_time_s > 0.0
        self._groups: deque[list[RingPacket]] = deque(maxlen=2)
        self._intervals: deque[float] = deque(maxlen=LEARN_GROUPS)
        self._attended_s = float("-inf")
        self._resume = False
        self.mode = DecodeMode.FULL if decode else DecodeMode.NOTHING

    @property
    def gop_s(self) -> float | None:
        """Longest of the last intervals between keyframes; None until one is complete."""
        return max(self._intervals, default=None)

    @property
    def can_begin_anew(self) -> bool:
        """Whether this camera's groups of pictures are such as are decoded from their keyframe on anyway."""
        return self._adaptive and len(self._intervals) == LEARN_GROUPS and self._is_short

    @property
    def _is_short(self) -> bool:
        return max(self._intervals) <= self._blind_time_s * TOLERANCE

    @property
    def has_keyframe(self) -> bool:
        """Whether anything can be decoded yet."""
        return bool(self._groups)

    def take(self, packet: RingPacket) -> Plan:
        """Decide about the next packet, in decoding order; a corrupt stream may lack keyframes for long."""
        if packet.is_keyframe:
            if self._groups:
                self._intervals.append(packet.media_s - self._groups[-1][0].media_s)
            if self.mode is not DecodeMode.KEYFRAMES:
                self._groups.clear()  # decoded as it came, or never: nobody goes back to it
            self._groups.append([packet])
            if self._resume:
                self._resume, self.mode = False, DecodeMode.FULL
                return Plan(replay=(packet,))
        elif self._groups:
            self._groups[-1].append(packet)
        else:
            return NOTHING  # before the first keyframe nothing can be decoded
        if self.mode is DecodeMode.NOTHING:
            return NOTHING
        if self.mode is DecodeMode.FULL:
            return Plan(packet=packet)
        if packet.is_keyframe:
            return Plan(packet=packet, alone=True)
        if self.mode is DecodeMode.BEHIND:
            return NOTHING
        if packet.media_s - self._groups[-1][0].media_s > self._blind_time_s * SLACK:
            self._intervals.append(packet.media_s - self._groups[-1][0].media_s)
            return self._go_full(self._groups[-1])
        return NOTHING

    def motion(self) -> Plan:
        """Tell that the newest keyframe differs from the one before: the group between them is decoded, too."""
        if self.mode is not DecodeMode.KEYFRAMES:
            return NOTHING
        return self._go_full([packet for group in self._groups for packet in group])

    def still(self, at_s: float) -> None:
        """Tell that the keyframe at ``at_s``, which is decoded, shows what the one before showed: from here on the
        camera may rest. Decided after the look at a keyframe, so that no group is ever decoded twice."""
        if self._may_rest(at_s):
            self.mode = DecodeMode.KEYFRAMES

    def behind(self, is_behind: bool) -> None:
        """Tell whether decoding everything takes longer than it lasts (``core.decode_debt``).

        A camera that has caught up is at its keyframes; from the next one on, everything is decoded again.
        """
        if is_behind and self.mode in (DecodeMode.FULL, DecodeMode.KEYFRAMES):
            self.mode = DecodeMode.BEHIND
        elif not is_behind and self.mode is DecodeMode.BEHIND:
            self._resume = True

    def attend(self, at_s: float) -> Plan:
        """Tell that somebody needs every picture now (a track is alive, a person looks)."""
        self._attended_s = at_s
        if self.mode is not DecodeMode.KEYFRAMES:
            return NOTHING
        return self._go_full(self._groups[-1])

    def _may_rest(self, now_s: float) -> bool:
        if not self._adaptive or self.mode is not DecodeMode.FULL or len(self._intervals) < LEARN_GROUPS:
            return False
        return now_s - self._attended_s >= CALM_S and self._is_short

    def _go_full(self, packets: Sequence[RingPacket]) -> Plan:
        self.mode = DecodeMode.FULL
        return Plan(replay=tuple(packets))
