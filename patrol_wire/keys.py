"""The text of CURVE key files and of the relay's peer list; reading and writing them is the shell's work.

A key file is TOML with ``node``, ``public_key`` and, in the secret one, ``secret_key``; keys are Z85 (ZeroMQ RFC 32).
"""

import re
import tomllib
from enum import StrEnum
from typing import Final

import msgspec

from patrol_wire.ids import NodeName, Role

_Z85: Final = re.compile(r"^[0-9a-zA-Z.\-:+=^!/*?&<>()\[\]{}@%$#]{40}\Z")
_NAME: Final = re.compile(r"^[a-z0-9][a-z0-9._-]{0,63}\Z")


class KeyFileError(ValueError):
    """A key file or peer list that cannot be used; the text says which entry and why."""


class KeyState(StrEnum):
    """What ZAP answers for a key (ZeroMQ RFC 27)."""

    KNOWN = "known"
    """Status 200: admitted."""
    PENDING = "pending"
    """Status 300: asked to try again, as is any key that is not listed."""
    REVOKED = "revoked"
    """Status 400: refused for good; live sessions are cut within a second."""


class KeyPair(msgspec.Struct, frozen=True, kw_only=True):
    """A node's CURVE keys; the secret is absent in the file that is given away."""

    node: NodeName
    public_key: str
    secret_key: str | None = None


class Peer(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the peer list: whose key this is and what it may do."""

    node: NodeName
    role: Role
    public_key: str
    state: KeyState = KeyState.KNOWN
    area: str = ""


def is_z85_key(text: str) -> bool:
    """Tell whether the text is a 32-byte key in Z85."""
    return _Z85.match(text) is not None


def format_key_pair(pair: KeyPair) -> str:
    """Return the text of a key file."""
    lines = [f'node = "{pair.node}"', f'public_key = "{pair.public_key}"']
    if pair.secret_key is not None:
        lines.append(f'secret_key = "{pair.secret_key}"')
    return "\n".join(lines) + "\n"


def parse_key_pair(text: str) -> KeyPair:
    """Read a key file's text; raises KeyFileError saying what is wrong with it."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise KeyFileError(f"not TOML: {error}") from error
    unknown = set(table) - {"node", "public_key", "secret_key"}
    if unknown:
        raise KeyFileError(f"unknown key {sorted(unknown)[0]!r}; a key file has node, public_key, secret_key")
    node, public_key, secret_key = table.get("node"), table.get("public_key"), table.get("secret_key")
    if not isinstance(node, str) or not _NAME.match(node):
        raise KeyFileError("node is missing or not a name of 1 to 64 of a-z 0-9 . _ -")
    for name, value in (("public_key", public_key), ("secret_key", secret_key)):
        if name == "secret_key" and value is None:
            continue
        if not isinstance(value, str) or not is_z85_key(value):
            raise KeyFileError(f"{name} is missing or not 40 characters of Z85")
    return KeyPair(node=NodeName(node), public_key=str(public_key), secret_key=secret_key)


def format_peers(peers: tuple[Peer, ...]) -> str:
    """Return the text of a peer list."""
    blocks = [
        "\n".join(
            [
                "[[peer]]",
                f'node = "{peer.node}"',
                f'role = "{peer.role}"',
                f'public_key = "{peer.public_key}"',
                f'state = "{peer.state}"',
                f'area = "{peer.area}"',
            ]
        )
        for peer in peers
    ]
    return "\n\n".join(blocks) + "\n" if blocks else ""


def parse_peers(text: str) -> tuple[Peer, ...]:
    """Read a peer list; raises KeyFileError naming the entry. Two entries with one key are refused."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise KeyFileError(f"not TOML: {error}") from error
    if set(table) - {"peer"}:
        raise KeyFileError(f"unknown key {sorted(set(table) - {'peer'})[0]!r}; a peer list has [[peer]] entries")
    peers: list[Peer] = []
    seen: dict[str, NodeName] = {}
    for position, entry in enumerate(table.get("peer", []), start=1):
        try:
            peer = msgspec.convert(entry, Peer)
        except msgspec.ValidationError as error:
            raise KeyFileError(f"[[peer]] number {position}: {error}") from error
        if not _NAME.match(peer.node) or (peer.area and not _NAME.match(peer.area)):
            raise KeyFileError(f"[[peer]] number {position}: node or area is not a name of a-z 0-9 . _ -")
        if not is_z85_key(peer.public_key):
            raise KeyFileError(f"[[peer]] {peer.node}: public_key is not 40 characters of Z85")
        if peer.public_key in seen:
            raise KeyFileError(f"[[peer]] {peer.node}: has the same public_key as {seen[peer.public_key]}")
        seen[peer.public_key] = peer.node
        peers.append(peer)
    return tuple(peers)
