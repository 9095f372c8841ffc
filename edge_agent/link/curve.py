"""The CURVE keys of the room's socket: read once at start, refused with a sentence."""

from dataclasses import dataclass, field
from pathlib import Path

import zmq

from edge_agent.link.errors import LinkKeyError
from patrol_wire.keys import KeyFileError, parse_key_pair


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveKeys:
    """What a CURVE client needs, in Z85. ``repr`` never shows the secret."""

    public: bytes
    secret: bytes = field(repr=False)
    relay: bytes


def load_keys(key_file: Path, *, room: str, relay_public_key: str) -> CurveKeys:
    """Return the keys of this room; raises LinkKeyError for a file that is missing, broken, or another node's."""
    try:
        pair = parse_key_pair(key_file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise LinkKeyError(
            f"{key_file}: there is no such key file (relay.key_file); make one with: patrol keys new"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise LinkKeyError(f"{key_file}: the key file cannot be read ({error}); check its permissions") from error
    except KeyFileError as error:
        raise LinkKeyError(f"{key_file}: {error}; make a new one with: patrol keys new") from error
    if pair.secret_key is None:
        raise LinkKeyError(f"{key_file}: holds no secret_key; relay.key_file must name the room's secret key file")
    if pair.node != room:
        raise LinkKeyError(
            f"{key_file}: is the key of {pair.node}, the settings say room.name = {room!r}; name the right file or room"
        )
    public, secret = pair.public_key.encode(), pair.secret_key.encode()
    try:
        derived = zmq.curve_public(secret)
    except (ValueError, zmq.ZMQError) as error:
        raise LinkKeyError(f"{key_file}: secret_key is no Z85 key; make a new one with: patrol keys new") from error
    if derived != public:
        raise LinkKeyError(
            f"{key_file}: secret_key and public_key do not belong together; make a new pair with: patrol keys new"
        )
    return CurveKeys(public=public, secret=secret, relay=relay_public_key.encode())
