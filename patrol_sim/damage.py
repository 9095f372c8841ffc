"""What faults do to the data on its way: lost packets, damaged units, missing parameter sets. Pure.

Randomness comes in as a generator of its own per camera, so that a seed gives the same damage again.
"""

import random
from collections.abc import Sequence
from typing import NamedTuple

from patrol_sim.rtp.nal import Codec, is_parameter_set


class Spoiled(NamedTuple):
    """Units after the fault and how many of them it hit."""

    units: tuple[bytes, ...]
    hit: int


def damage_units(codec: Codec, units: Sequence[bytes], share: float, dice: random.Random) -> Spoiled:
    """Return the units, about ``share`` of them with bytes overwritten behind an intact header."""
    spoiled: list[bytes] = []
    hit = 0
    for unit in units:
        head = codec.nal_header_bytes
        if len(unit) > head and dice.random() < share:
            damaged = bytearray(unit)
            for _ in range(1 + (len(unit) - head) // 64):
                damaged[dice.randrange(head, len(unit))] ^= dice.randrange(1, 256)
            spoiled.append(bytes(damaged))
            hit += 1
        else:
            spoiled.append(unit)
    return Spoiled(tuple(spoiled), hit)


def strip_parameter_sets(codec: Codec, units: Sequence[bytes]) -> tuple[bytes, ...]:
    """Return the units without VPS, SPS and PPS."""
    return tuple(unit for unit in units if not is_parameter_set(codec, unit))


def lose_packets(packets: Sequence[bytes], share: float, dice: random.Random) -> Sequence[bytes]:
    """Return the packets that arrive when about ``share`` of them are lost; their numbers keep the holes."""
    return [packet for packet in packets if dice.random() >= share]
