"""``patrol keys``: CURVE keys of nodes and the relay's peer list. A gate sees an edit within half a second."""

import json
import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from patrol_cli import keys_rotate
from patrol_cli.key_files import edit_peer_list, read_peer_list, write_new_pair
from patrol_cli.outcome import fail
from patrol_wire.ids import NodeName, Role
from patrol_wire.keys import KeyFileError, KeyPair, KeyState, Peer

_NODE = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")

keys = typer.Typer(
    no_args_is_help=True, help="Make, list, approve and revoke the keys of rooms, terminals and indexes."
)

PeersOption = Annotated[Path, typer.Option("--peers", help="The relay's peer list.")]
NodeArgument = Annotated[str, typer.Argument(help="Node name: 1 to 64 of a-z 0-9 . _ -")]


class KeyRole(StrEnum):
    """Whose key; the relay's own is in no peer list."""

    ROOM = "room"
    TERMINAL = "terminal"
    INDEX = "index"
    RELAY = "relay"


def register(app: typer.Typer) -> None:
    """Add ``patrol keys``."""
    keys.add_typer(keys_rotate.rotate, name="rotate")
    app.add_typer(keys, name="keys")


@keys.command()
def new(
    node: NodeArgument,
    *,
    role: Annotated[KeyRole, typer.Option(help="What the key may do.")],
    out: Annotated[Path, typer.Option(help="Folder for NODE.key (secret) and NODE.pub.")],
    peers: Annotated[Path | None, typer.Option(help="Peer list to add the node to.")] = None,
    area: Annotated[str, typer.Option(help="Area of a room, e.g. t01-c03.")] = "",
    pending: Annotated[bool, typer.Option("--pending", help="List it, but admit it only after: keys approve.")] = False,
) -> None:
    """Make a key pair and, with --peers, add it to the relay's peer list."""
    import zmq

    if not _NODE.fullmatch(node):
        fail(f"{node!r} is no node name: use 1 to 64 of a-z 0-9 . _ - and begin with a letter or digit")
    if area and not _NODE.fullmatch(area):
        fail(f"--area {area!r} is no area: use 1 to 64 of a-z 0-9 . _ - as in rooms.csv")
    if peers is not None and role is KeyRole.RELAY:
        fail("the relay's own key is not a peer: leave out --peers")
    public, secret = zmq.curve_keypair()
    pair = KeyPair(node=NodeName(node), public_key=public.decode("ascii"), secret_key=secret.decode("ascii"))
    state = KeyState.PENDING if pending else KeyState.KNOWN

    def added(before: tuple[Peer, ...]) -> tuple[Peer, ...]:
        if any(peer.node == node and peer.state is not KeyState.REVOKED for peer in before):
            raise KeyFileError(f"peer list {peers}: {node} has a key already; revoke it first")
        return (*before, Peer(node=pair.node, role=Role(role), public_key=pair.public_key, state=state, area=area))

    try:
        if peers is not None:
            added(read_peer_list(peers) if peers.exists() else ())  # before a key file is written
        secret_file, public_file = write_new_pair(pair, out)
        if peers is not None:
            edit_peer_list(peers, added)
    except KeyFileError as error:
        fail(str(error))
    typer.echo(f"{secret_file} (secret, keep it on {node})")
    typer.echo(f"{public_file}")
    if peers is not None:
        typer.echo(f"{peers}: {node} is {state} as {role}")


@keys.command(name="list")
def list_peers(
    *,
    peers: PeersOption = Path("peers.toml"),
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per peer.")] = False,
) -> None:
    """Show the relay's peer list."""
    try:
        found = read_peer_list(peers)
    except KeyFileError as error:
        fail(str(error))
    if as_json:
        for peer in found:
            typer.echo(
                json.dumps(
                    {
                        "node": peer.node,
                        "role": peer.role,
                        "state": peer.state,
                        "area": peer.area,
                        "public_key": peer.public_key,
                    }
                )
            )
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("node", "role", "state", "area", "public key")
    for peer in found:
        table.add_row(peer.node, peer.role, peer.state, peer.area, peer.public_key.replace("[", r"\["))
    Console().print(table)


@keys.command()
def approve(node: NodeArgument, *, peers: PeersOption = Path("peers.toml")) -> None:
    """Admit a pending node."""
    _change_state(node, peers, KeyState.KNOWN, from_states=frozenset({KeyState.PENDING, KeyState.KNOWN}))


@keys.command()
def revoke(node: NodeArgument, *, peers: PeersOption = Path("peers.toml")) -> None:
    """Refuse a node's keys for good; its live sessions end within a second."""
    _change_state(node, peers, KeyState.REVOKED, from_states=frozenset(KeyState))


def _change_state(node: str, path: Path, state: KeyState, *, from_states: frozenset[KeyState]) -> None:
    def changed(before: tuple[Peer, ...]) -> tuple[Peer, ...]:
        if not any(peer.node == node for peer in before):
            raise KeyFileError(f"peer list {path}: there is no node {node!r}; see: patrol keys list")
        if not any(peer.node == node and peer.state in from_states for peer in before):
            raise KeyFileError(f"peer list {path}: the keys of {node} are revoked for good; make a new one")
        return tuple(
            Peer(node=peer.node, role=peer.role, public_key=peer.public_key, state=state, area=peer.area)
            if peer.node == node and peer.state in from_states
            else peer
            for peer in before
        )

    if not path.exists():
        fail(f"peer list {path}: there is no such file")
    try:
        edit_peer_list(path, changed)
    except KeyFileError as error:
        fail(str(error))
    typer.echo(f"{path}: {node} is {state}")
