"""Rules between the values of the relay's configuration: doors that differ, a guarded web, presence in order.

Pure functions over the parsed settings; the shape and range of single values are the business of ``model.py``.
"""

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from relay.settings.channels import ChannelsTable, ReceiverTable, WayTable
from relay.settings.model import RelaySettings
from relay.settings.toml_lines import KeyPath

_TAKEN_NAMES: Final = frozenset({"push", "desk", "mailbox", "centre", "cap-feed"})
"""What the relay itself calls recipients."""


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
    yield from _channels(settings)
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


def _channels(settings: RelaySettings) -> Iterator[Problem]:
    """Names are one namespace, ``instead`` leads somewhere and to an end, and one hook reaches units."""
    channels = settings.channels
    kinds: dict[str, Mapping[str, WayTable]] = {
        "webhook": channels.webhook,
        "mail": channels.mail,
        "hook": channels.hook,
        "cap": channels.cap,
    }
    tables: dict[str, tuple[str, WayTable]] = {}
    for kind, named in kinds.items():
        for name, table in named.items():
            if name in tables or name in _TAKEN_NAMES:
                yield Problem(path=("channels", kind, name), text="is a name in use; choose another")
            tables[name] = (kind, table)
    for name, (kind, table) in tables.items():
        path = ("channels", kind, name, "instead")
        if not isinstance(table, ReceiverTable):
            continue
        if table.instead and table.instead not in tables:
            yield Problem(path=path, text=f'is "{table.instead}", which is no receiver; known are {sorted(tables)}')
        elif table.instead and _returns(name, tables):
            yield Problem(path=path, text="leads back to a receiver before it; let the last one have none")
    yield from _hooks(channels)
    if channels.push.key_file and not channels.push.subject:
        text = 'is empty; push services ask for it: write "mailto:duty@city.example"'
        yield Problem(path=("channels", "push", "subject"), text=text)
    if settings.cap.enabled and not settings.cap.sender:
        text = 'is empty; write who publishes, e.g. "patrol@city.example"'
        yield Problem(path=("cap", "sender"), text=text)
    if channels.cap and not settings.cap.enabled:
        text = "is false, and [channels.cap] has receivers; set it to true, or remove them"
        yield Problem(path=("cap", "enabled"), text=text)


def _hooks(channels: ChannelsTable) -> Iterator[Problem]:
    for name, hook in channels.hook.items():
        if bool(hook.url) == bool(hook.program):
            text = "has neither url nor program, or both; give one of them"
            yield Problem(path=("channels", "hook", name), text=text)
    for_units = [name for name, hook in channels.hook.items() if hook.units]
    for name in for_units[1:]:
        text = f'is true, as with "{for_units[0]}"; one hook reaches the units'
        yield Problem(path=("channels", "hook", name, "units"), text=text)


def _returns(name: str, tables: Mapping[str, tuple[str, WayTable]]) -> bool:
    seen = {name}
    while (following := getattr(tables[name][1], "instead", "")) in tables:
        if following in seen:
            return True
        seen.add(following)
        name = following
    return False
