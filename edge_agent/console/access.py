"""Who may use the console: anybody on this machine, elsewhere only with the token."""

import ipaddress
import secrets
from pathlib import Path
from typing import Final

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


def admits(token: str | None, authorization: str) -> bool:
    """Tell whether an Authorization header shows the token; compared in constant time."""
    if token is None:
        return True
    scheme, _, shown = authorization.partition(" ")
    return scheme.lower() == "bearer" and secrets.compare_digest(shown.strip().encode(), token.encode())
