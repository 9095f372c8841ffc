"""Rules between the values of the relay's configuration: doors that differ, a guarded web, presence in order.

Pure functions over the parsed settings; the shape and range of single values are the business of ``model.py``.
"""

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass

from relay.settings.model import RelaySettings
from relay.settings.toml_lines import KeyPath


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong at one key, in words that end with what to do."""

    path: KeyPath
    text: str


def problems(settings: RelaySettings) -> Iterator[Problem]:
    """Yield everything that makes the configuration unusable although each single value is fine."""
    yield from _doors(settings)
    if not is_loopback(settings.web.host) and not settings.web.token_file:
        yield Problem(
            path=("web", "host"),
            text=f'is "{settings.web.host}", which others can reach; set token_file, or use "127.0.0.1"',
        )
    limits = settings.presence
    if limits.lost_after_s <= limits.late_after_s:
        yield Problem(
            path=("presence", "lost_after_s"),
            text=f"is {limits.lost_after_s}; it must be above late_after_s ({limits.late_after_s})",
        )


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach the address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _doors(settings: RelaySettings) -> Iterator[Problem]:
    """Two gates cannot hold one port."""
    taken: dict[str, str] = {}
    gates = settings.gates
    doors = [("rooms", gates.rooms), ("terminals", gates.terminals), ("counts", gates.counts)]
    if settings.media.enabled:
        doors.append(("media", gates.media))
    for name, gate in doors:
        port = gate.bind.rpartition(":")[2]
        if port in taken:
            yield Problem(path=("gates", name, "bind"), text=f"has the port of gates.{taken[port]}; choose another")
        taken.setdefault(port, name)
