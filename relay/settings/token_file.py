"""The bearer token of the web, from the file that ``web.token_file`` names."""

from pathlib import Path
from typing import Final

from relay.settings.errors import SettingsError
from relay.settings.model import RelaySettings

SHORTEST_TOKEN: Final = 16


def read_token(settings: RelaySettings) -> str | None:
    """Return the token callers must show, None when none is configured; raises SettingsError."""
    if not settings.web.token_file:
        return None
    path = Path(settings.web.token_file)
    try:
        token = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(
            f"web.token_file {path}: cannot be read ({error.strerror}); write {SHORTEST_TOKEN} characters or more in "
            "one line"
        ) from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"web.token_file {path}: is not UTF-8 text; write the token in one line") from error
    # A browser shows it in a header and a subprotocol: one line of printable characters.
    if len(token) < SHORTEST_TOKEN or not token.isprintable():
        raise SettingsError(
            f"web.token_file {path}: the token must be one line of at least {SHORTEST_TOKEN} printable characters"
        )
    return token
