"""The faults a camera can have, their values and their meaning. Pure; ``camera_stream`` acts on them."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, assert_never

from patrol_sim.errors import FaultError

FaultValue = float | str | None
_SIZE: Final = re.compile(r"^(\d{2,4})x(\d{2,4})\Z")
_MAX_JUMP_S: Final = 86_400.0 * 366
_MAX_DRIFT_PPM: Final = 100_000.0


class Fault(StrEnum):
    """Every fault; each line says what a client sees."""

    REFUSE = "refuse"
    """Sessions end; requests are met by ``reset`` (default), ``close``, ``503`` or ``404``."""
    SILENT = "silent"
    """Connections are accepted and stay open, nothing is ever said, running pictures stop."""
    STALL = "stall"
    """Pictures stop; the connection stays and requests are answered."""
    FREEZE = "freeze"
    """The last keyframe again and again with advancing timestamps, until the next keyframe after the end."""
    DROP = "drop"
    """This share (0-1, default 0.05) of RTP packets is lost; sequence numbers show it."""
    CORRUPT = "corrupt"
    """This share (0-1, default 0.05) of NAL units is damaged."""
    RESOLUTION = "resolution"
    """Pictures change to ``WIDTHxHEIGHT`` (default half the size) at a keyframe, new parameter sets in band."""
    RESET = "reset"
    """TCP RST in the middle of a GOP and of a picture; once, or for every session while ``for_s`` runs."""
    WRONG_RATE = "wrong_rate"
    """SDP and timestamps say this many pictures per second (default twice the true rate)."""
    CLOCK_JUMP = "clock_jump"
    """The camera's clock is set by so many seconds (default 3600; negative: back): timestamps and sender reports."""
    NO_PARAMETER_SETS = "no_parameter_sets"
    """Neither SDP nor stream carry parameter sets."""
    START_ON_NON_KEYFRAME = "start_on_non_keyframe"
    """A session begins with a picture that needs others before it."""
    AUTH_CHANGE = "auth_change"
    """The password becomes the value; running sessions are closed and come back with the old one."""
    JITTER = "jitter"
    """Pictures come late by up to so many seconds (default 5), in order: gaps, and bursts after them."""
    DRIFT = "drift"
    """The camera's clock runs fast (negative: slow) by so many millionths (default 200): timestamps and reports."""
    FLAP = "flap"
    """Every session is cut so many seconds (default 0.3) after it began to play."""


class RefuseWay(StrEnum):
    """How ``refuse`` refuses."""

    RESET = "reset"
    CLOSE = "close"
    UNAVAILABLE = "503"
    NOT_FOUND = "404"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveFault:
    """A fault with its checked value; ``ends_s`` is on the event loop's clock, None until it is taken away."""

    fault: Fault
    value: FaultValue
    ends_s: float | None


Faults = Mapping[Fault, ActiveFault]


def check_fault(name: str, value: FaultValue, *, for_s: float | None, now_s: float, fps: float) -> ActiveFault:
    """Return the fault with its default filled in; raises FaultError saying what would be right."""
    try:
        fault = Fault(name)
    except ValueError as error:
        raise FaultError(f"no fault {name[:40]!r}; there are {', '.join(Fault)}") from error
    if for_s is not None and not (math.isfinite(for_s) and 0 < for_s <= 86_400):
        raise FaultError(f"{fault}: for_s is {for_s}; give seconds above 0 and at most 86400")
    checked = _check_value(fault, value, fps)
    return ActiveFault(fault=fault, value=checked, ends_s=None if for_s is None else now_s + for_s)


def _check_value(fault: Fault, value: FaultValue, fps: float) -> FaultValue:
    match fault:
        case Fault.DROP | Fault.CORRUPT:
            return _number(fault, 0.05 if value is None else value, low=0.0, high=1.0)
        case Fault.WRONG_RATE:
            return _number(fault, fps * 2 if value is None else value, low=0.1, high=1_000.0)
        case Fault.CLOCK_JUMP:
            return _number(fault, 3_600.0 if value is None else value, low=-_MAX_JUMP_S, high=_MAX_JUMP_S)
        case Fault.JITTER:
            return _number(fault, 5.0 if value is None else value, low=0.05, high=60.0)
        case Fault.DRIFT:
            return _number(fault, 200.0 if value is None else value, low=-_MAX_DRIFT_PPM, high=_MAX_DRIFT_PPM)
        case Fault.FLAP:
            return _number(fault, 0.3 if value is None else value, low=0.0, high=3_600.0)
        case Fault.REFUSE:
            if value is not None and str(value) not in set(RefuseWay):
                raise FaultError(f"{fault}: {value!r} is no way to refuse; give one of {', '.join(RefuseWay)}")
            return RefuseWay.RESET if value is None else RefuseWay(str(value))
        case Fault.AUTH_CHANGE:
            if not isinstance(value, str) or not 1 <= len(value) <= 128:
                raise FaultError(f"{fault}: give the new password as the value")
            return value
        case Fault.RESOLUTION:
            if value is not None:
                read_size(str(value))
            return value
        case (
            Fault.SILENT
            | Fault.STALL
            | Fault.FREEZE
            | Fault.RESET
            | Fault.NO_PARAMETER_SETS
            | Fault.START_ON_NON_KEYFRAME
        ):
            if value is not None:
                raise FaultError(f"{fault}: takes no value")
            return None
        case _ as never:
            assert_never(never)


def _number(fault: Fault, value: float | str, *, low: float, high: float) -> float:
    if isinstance(value, str) or not math.isfinite(value) or not low <= value <= high:
        raise FaultError(f"{fault}: {value!r} is not a number from {low:g} to {high:g}")
    return float(value)


def read_size(text: str) -> tuple[int, int]:
    """Return width and height of ``WIDTHxHEIGHT``, both even and from 32 to 4096; raises FaultError otherwise."""
    found = _SIZE.match(text)
    if found is not None:
        width, height = int(found[1]), int(found[2])
        if 32 <= width <= 4096 and 32 <= height <= 4096 and width % 2 == 0 and height % 2 == 0:
            return width, height
    raise FaultError(f"resolution: {text[:40]!r} is no size; give WIDTHxHEIGHT, even numbers from 32 to 4096")
