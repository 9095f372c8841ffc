"""Rules between the values of the relay's configuration: a known clock, short socket paths, a guarded web.

Pure functions over the parsed settings; the shape and range of single values are the business of ``model.py``.
"""

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from relay.settings.model import RelaySettings
from relay.settings.toml_lines import KeyPath

LONGEST_RUN_DIR: Final = 80
"""A Unix socket's path holds 107 bytes (unix(7)); the longest name of ours below run_dir has 14."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong at one key, in words that end with what to do."""

    path: KeyPath
    text: str


def problems(settings: RelaySettings) -> Iterator[Problem]:
    """Yield everything that makes the configuration unusable although each single value is fine."""
    zone = settings.relay.time_zone
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield Problem(
            path=("relay", "time_zone"), text=f'"{zone}" is no known time zone; write one like "Asia/Shanghai"'
        )
    length = len(str(settings.paths.run_dir.absolute()).encode())
    if length > LONGEST_RUN_DIR:
        yield Problem(
            path=("paths", "run_dir"),
            text=f"is {length} bytes long; sockets lie there, so give a folder of at most {LONGEST_RUN_DIR}",
        )
    url = settings.database.url
    if url and not url.startswith("sqlite:///"):
        yield Problem(
            path=("database", "url"),
            text='is not supported by this version; write "sqlite:////path/relay.sqlite3" or leave it empty',
        )
    yield from _binds(settings)
    if not is_loopback(settings.web.host) and not settings.web.token_file:
        yield Problem(
            path=("web", "token_file"),
            text=f'is empty, but web.host "{settings.web.host}" can be reached from outside; '
            "name a file with a secret token, or listen on 127.0.0.1",
        )
    if settings.presence.lost_after_s <= settings.presence.late_after_s:
        yield Problem(
            path=("presence", "lost_after_s"),
            text=f"must be longer than late_after_s ({settings.presence.late_after_s:g} s)",
        )


def is_loopback(host: str) -> bool:
    """Tell whether a host name or address means this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _binds(settings: RelaySettings) -> Iterator[Problem]:
    ports = {"web": str(settings.web.port)}
    for name in ("rooms", "terminals", "counts"):
        port = getattr(settings.gates, name).bind.rpartition(":")[2]
        taken = [other for other, used in ports.items() if used == port]
        if port != "*" and taken:
            where = "web.port" if taken[0] == "web" else f"gates.{taken[0]}.bind"
            yield Problem(path=("gates", name, "bind"), text=f"has port {port} like {where}; give each its own")
        ports[name] = port
