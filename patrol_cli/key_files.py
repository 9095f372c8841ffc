"""Key files and the peer list on disk: written so that a reader never sees half of one.

The text of both is patrol_wire.keys; this file owns modes, locks and renames.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from patrol_cli.durable_file import write_durably
from patrol_wire.ids import NodeName
from patrol_wire.keys import (
    KeyFileError,
    KeyPair,
    Peer,
    format_key_pair,
    format_peers,
    is_z85_key,
    parse_key_pair,
    parse_peers,
)


def fresh_pair(node: str) -> KeyPair:
    """Return a new CURVE key pair for a node."""
    import zmq

    public, secret = zmq.curve_keypair()
    return KeyPair(node=NodeName(node), public_key=public.decode("ascii"), secret_key=secret.decode("ascii"))


def _unread(error: OSError | UnicodeDecodeError) -> str:
    if isinstance(error, UnicodeDecodeError):
        return f"is not UTF-8 text (byte {error.start}); give another file"
    if isinstance(error, FileNotFoundError):
        return "there is no such file; check the path"
    return f"cannot be read ({error.strerror}); check its permissions"


def read_key_file(path: Path) -> KeyPair:
    """Read a key file; raises KeyFileError naming it."""
    try:
        return parse_key_pair(path.read_text(encoding="utf-8"))
    except KeyFileError as error:
        raise KeyFileError(f"key file {path}: {error}; make a new one with: patrol keys new") from error
    except (OSError, UnicodeDecodeError) as error:
        raise KeyFileError(f"key file {path}: {_unread(error)}") from error


def read_secret_key(path: Path) -> KeyPair:
    """Read a key file that must hold a secret key; raises KeyFileError naming it."""
    pair = read_key_file(path)
    if pair.secret_key is None:
        raise KeyFileError(f"key file {path} has no secret_key; give the .key file, not the .pub file")
    return pair


def relay_key_of(given: str) -> str:
    """Return the relay's public key from what a person gave: the key itself in Z85, or the path of its .pub file."""
    if is_z85_key(given):
        return given
    if not Path(given).exists():
        raise KeyFileError(f"relay key {given!r} is neither a key of 40 characters (Z85) nor a file")
    return read_key_file(Path(given)).public_key


def write_new_pair(pair: KeyPair, folder: Path) -> tuple[Path, Path]:
    """Write NODE.key (secret, mode 0600) and NODE.pub; raises KeyFileError when one exists, never overwrites."""
    secret, public = folder / f"{pair.node}.key", folder / f"{pair.node}.pub"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, text, mode in (
            (secret, format_key_pair(pair), 0o600),
            (public, format_key_pair(KeyPair(node=pair.node, public_key=pair.public_key)), 0o644),
        ):
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
    except FileExistsError as error:
        raise KeyFileError(
            f"{error.filename} exists already; move it away first, keys are never overwritten"
        ) from error
    except OSError as error:
        raise KeyFileError(f"cannot write keys into {folder}: {error.strerror}") from error
    return secret, public


def read_peer_list(path: Path) -> tuple[Peer, ...]:
    """Read a peer list; raises KeyFileError naming it."""
    try:
        return parse_peers(path.read_text(encoding="utf-8"))
    except KeyFileError as error:
        raise KeyFileError(f"peer list {path}: {error}; mend that entry") from error
    except (OSError, UnicodeDecodeError) as error:
        raise KeyFileError(f"peer list {path}: {_unread(error)}") from error


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Keep other editors out; the lock file stays, so that everybody locks the same one."""
    with path.with_name(path.name + ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def edit_peer_list(path: Path, edit: Callable[[tuple[Peer, ...]], tuple[Peer, ...]]) -> None:
    """Replace the peer list by what ``edit`` makes of it, in one rename; a missing file counts as empty.

    Raises KeyFileError; then the file is as it was. Comments people wrote into the file are not kept.
    """
    try:
        with _locked(path):
            before = read_peer_list(path) if path.exists() else ()
            text = format_peers(edit(before))
            parse_peers(text)  # what the gate would refuse is refused here
            write_durably(path, text.encode())
    except OSError as error:
        raise KeyFileError(f"peer list {path}: {error.strerror}") from error
