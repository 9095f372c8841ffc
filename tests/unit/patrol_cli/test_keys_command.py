"""``patrol keys``: what is written, who may read it, what is refused."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from typer.testing import CliRunner

from patrol_cli.__main__ import app
from patrol_cli.key_files import edit_peer_list, read_peer_list, read_secret_key, relay_key_of
from patrol_wire.ids import NodeName, Role
from patrol_wire.keys import KeyFileError, KeyState, Peer

RUN = CliRunner()


def keys(*arguments: object, expect: int = 0) -> str:
    ended = RUN.invoke(app, ["keys", *map(str, arguments)])
    assert ended.exit_code == expect, ended.output
    return ended.output


@pytest.fixture
def peers(tmp_path: Path) -> Path:
    return tmp_path / "peers.toml"


def states(peers: Path) -> dict[str, str]:
    return {peer.node: peer.state.value for peer in read_peer_list(peers)}


def test_a_new_key_is_secret_listed_and_usable(tmp_path: Path, peers: Path) -> None:
    keys("new", "room-a", "--role", "room", "--out", tmp_path, "--peers", peers, "--area", "t01-c03")
    secret = tmp_path / "room-a.key"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    pair = read_secret_key(secret)
    assert pair.secret_key is not None
    assert pair.secret_key not in peers.read_text(encoding="utf-8")
    assert read_peer_list(peers) == (
        Peer(node=NodeName("room-a"), role=Role.ROOM, public_key=pair.public_key, area="t01-c03"),
    )
    assert relay_key_of(str(tmp_path / "room-a.pub")) == pair.public_key == relay_key_of(pair.public_key)


def test_a_key_is_never_overwritten_and_a_refused_one_writes_nothing(tmp_path: Path, peers: Path) -> None:
    keys("new", "room-a", "--role", "room", "--out", tmp_path, "--peers", peers)
    before = (tmp_path / "room-a.key").read_bytes(), peers.read_bytes()
    keys("new", "room-a", "--role", "room", "--out", tmp_path, expect=2)
    keys("new", "room-a", "--role", "room", "--out", tmp_path / "other", "--peers", peers, expect=2)
    assert ((tmp_path / "room-a.key").read_bytes(), peers.read_bytes()) == before
    assert not (tmp_path / "other").exists()


def test_pending_approve_revoke_and_no_way_back(tmp_path: Path, peers: Path) -> None:
    keys("new", "unit-a", "--role", "terminal", "--out", tmp_path, "--peers", peers, "--pending")
    assert states(peers) == {"unit-a": KeyState.PENDING}
    keys("approve", "unit-a", "--peers", peers)
    assert states(peers) == {"unit-a": KeyState.KNOWN}
    keys("revoke", "unit-a", "--peers", peers)
    assert states(peers) == {"unit-a": KeyState.REVOKED}
    keys("approve", "unit-a", "--peers", peers, expect=2)
    keys("new", "unit-a", "--role", "terminal", "--out", tmp_path / "new", "--peers", peers)
    assert [peer.state for peer in read_peer_list(peers)] == [KeyState.REVOKED, KeyState.KNOWN]


def test_the_list_is_readable_by_machines(tmp_path: Path, peers: Path) -> None:
    keys("new", "index", "--role", "index", "--out", tmp_path, "--peers", peers)
    (line,) = keys("list", "--peers", peers, "--json").splitlines()
    listed = json.loads(line)
    assert (listed["node"], listed["role"], listed["state"]) == ("index", "index", "known")
    assert "index" in keys("list", "--peers", peers)


@pytest.mark.parametrize(
    "arguments",
    [
        ("new", "Bad Name", "--role", "room", "--out", "OUT"),
        ("new", "a" * 65, "--role", "room", "--out", "OUT"),
        ("new", "room-a", "--role", "king", "--out", "OUT"),
        ("new", "relay", "--role", "relay", "--out", "OUT", "--peers", "PEERS"),
        ("new", "room-a", "--role", "room", "--area", "AREA 1", "--out", "OUT", "--peers", "PEERS"),
        ("list", "--peers", "PEERS"),
        ("revoke", "room-a", "--peers", "PEERS"),
        ("approve", "room-a", "--peers", "PEERS"),
    ],
)
def test_bad_arguments_end_with_exit_code_two(tmp_path: Path, peers: Path, arguments: tuple[str, ...]) -> None:
    names = {"OUT": tmp_path / "out", "PEERS": peers}
    keys(*(names.get(argument, argument) for argument in arguments), expect=2)
    assert not (tmp_path / "out").exists()


def test_a_damaged_list_is_left_as_it_is(tmp_path: Path, peers: Path) -> None:
    peers.write_text("[[peer", encoding="utf-8")
    keys("new", "room-a", "--role", "room", "--out", tmp_path, "--peers", peers, expect=2)
    keys("revoke", "room-a", "--peers", peers, expect=2)
    assert peers.read_text(encoding="utf-8") == "[[peer"
    assert not (tmp_path / "room-a.key").exists()


def test_editors_at_the_same_time_lose_nothing(peers: Path) -> None:
    def add(number: int) -> None:
        key = f"{number:040d}"
        edit_peer_list(
            peers, lambda before: (*before, Peer(node=NodeName(f"n{number}"), role=Role.ROOM, public_key=key))
        )

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(40)))
    assert len(read_peer_list(peers)) == 40


def test_an_edit_the_gate_would_refuse_is_refused(peers: Path) -> None:
    twice = tuple(Peer(node=NodeName(name), role=Role.ROOM, public_key="a" * 40) for name in ("a", "b"))
    with pytest.raises(KeyFileError, match="same public_key"):
        edit_peer_list(peers, lambda _: twice)
    assert not peers.exists()
