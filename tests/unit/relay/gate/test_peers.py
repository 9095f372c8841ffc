"""The peer list on disk: seen when it changes, kept when it is bad."""

from pathlib import Path

import pytest

from patrol_wire.ids import NodeName, Role
from patrol_wire.keys import KeyFileError, Peer, format_peers
from relay.gate.peers import PeersFile, read_peers
from relay.gate.sessions import SessionTable


def one(node: str) -> str:
    return format_peers((Peer(node=NodeName(node), role=Role.ROOM, public_key="a" * 40),))


def test_an_edit_is_seen_and_an_unchanged_file_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "peers.toml"
    path.write_text(one("room-a"), encoding="utf-8")
    peers = PeersFile(path)
    assert not peers.refresh()
    path.write_text(one("room-bb"), encoding="utf-8")
    assert peers.refresh()
    assert peers.table["a" * 40].user_id == "room:room-bb"


@pytest.mark.parametrize("bad", ["[[peer]", '[[peer]]\nnode = "A B"', "peers = 3"])
def test_a_bad_edit_keeps_the_table_and_is_counted_once(tmp_path: Path, bad: str) -> None:
    path = tmp_path / "peers.toml"
    path.write_text(one("room-a"), encoding="utf-8")
    peers = PeersFile(path)
    path.write_text(bad, encoding="utf-8")
    assert not peers.refresh()
    assert not peers.refresh()
    assert (peers.bad_edits, len(peers.table)) == (1, 1)
    path.unlink()
    assert not peers.refresh()
    assert (peers.bad_edits, len(peers.table)) == (2, 1)


def test_a_missing_list_is_named_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match=r"peers\.toml: there is no such file"):
        read_peers(tmp_path / "peers.toml")


def test_a_full_session_table_forgets_the_one_heard_longest_ago() -> None:
    table = SessionTable(limit=2)
    table.hear(b"1", "k")
    table.hear(b"2", "k")
    table.hear(b"1", "k")
    _, forgotten = table.hear(b"3", "k")
    assert forgotten is not None
    assert forgotten.routing_id == b"2"
    assert {session.routing_id for session in table} == {b"1", b"3"}


def test_a_routing_id_with_another_key_is_another_session() -> None:
    table = SessionTable()
    first, _ = table.hear(b"1", "k")
    first.cut = True
    second, _ = table.hear(b"1", "other")
    assert not second.cut
