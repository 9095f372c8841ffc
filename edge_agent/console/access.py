"""Who may use the console: anybody on this machine, elsewhere only with the token."""

import ipaddress
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from edge_agent.settings.errors import SettingsError
from edge_agent.settings.model import ConsoleSettings

_SHORTEST_TOKEN: Final = 16
OPEN_PATHS: Final = frozenset({"/healthz", "/readyz"})
"""What a watchdog on another machine may ask without a token; it tells nothing about people or places."""


def load_token(console: ConsoleSettings) -> str | None:
    """Return the token callers must show, None for a console that only this machine reaches.

    Raises SettingsError: no console is ever open to a network without a token.
    """
    if not console.token_file:
        if is_loopback(console.host):
            return None
        raise SettingsError(
            f"console.host is {console.host}, which other machines reach, but console.token_file is empty; "
            f"name a file with a token or set console.host to 127.0.0.1"
        )
    path = Path(console.token_file)
    try:
        token = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"console.token_file {path}: cannot be read ({error}); write one line of text") from error
    if len(token) < _SHORTEST_TOKEN or not token.isprintable() or not token.isascii():
        raise SettingsError(
            f"console.token_file {path}: the token must be one line of at least {_SHORTEST_TOKEN} ASCII characters"
        )
    return token


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can connect to the address; a name other than localhost counts as reachable."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def foreign(token: str | None, headers: Mapping[str, str]) -> str:
    """Return why a request or socket comes from a page of another site, as one sentence; empty when it does not.

    ``headers`` are asked in lower case. A program that is no browser sends no Origin and passes; whether it shows the
    token is another question.
    """
    host = headers.get("host", "").lower()
    origin = headers.get("origin")
    if origin is not None and _netloc_of(origin.lower()) != host:
        return "a page of another site may not use this console; open the console's own page"
    if token is None and not is_loopback(_name_of(host)):
        # Else a name that an attacker's DNS points at 127.0.0.1 could press flags from a browser on this machine.
        return "this console answers on localhost only; name console.host and console.token_file for other names"
    return ""


def _netloc_of(origin: str) -> str | None:
    """Return host and port of an Origin; None when it is no address (``null``, a bracket that is not closed)."""
    try:
        return urlsplit(origin).netloc or None
    except ValueError:
        return None


def _name_of(host: str) -> str:
    """Return the name of a Host header without its port; empty when it is none."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def admits(token: str | None, authorization: str) -> bool:
    """Tell whether an Authorization header shows the token; compared in constant time."""
    if token is None:
        return True
    scheme, _, shown = authorization.partition(" ")
    return scheme.lower() == "bearer" and secrets.compare_digest(shown.strip().encode(), token.encode())
