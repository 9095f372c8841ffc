"""The settings of a room with one small film for a camera, and where its relay is, for tests of a whole agent."""

from pathlib import Path

import zmq

from patrol_wire.ids import NodeName
from patrol_wire.keys import KeyPair, format_key_pair
from tests.support.relay_peer import RelayPeer


def write_room(folder: Path, text: str, *, film: Path, peer: RelayPeer | None = None, relay_further: str = "") -> Path:
    """Write a room's file: ``{state}``, ``{film}`` and ``{relay}`` (a whole table, or nothing) of ``text`` are filled.

    The room is "room-a"; its state lies in ``folder / "state"``.
    """
    relay = "" if peer is None else relay_table(folder, peer, further=relay_further)
    config = folder / "ROOM.toml"
    config.write_text(text.format(state=folder / "state", film=film, relay=relay), encoding="utf-8")
    return config


def relay_table(folder: Path, peer: RelayPeer, *, further: str = "") -> str:
    """Make the room's key in ``folder`` and return its ``[relay]``."""
    public, secret = (key.decode() for key in zmq.curve_keypair())
    key_file = folder / "room.key"
    key_file.write_text(format_key_pair(KeyPair(node=NodeName("room-a"), public_key=public, secret_key=secret)))
    return (
        f'[relay]\nendpoints = ["{peer.endpoint}"]\npublic_key = "{peer.public_key.decode()}"\n'
        f'key_file = "{key_file}"\n{further}'
    )
