"""The relay's own key is turned over while rooms, terminals and a consumer work: nobody is lost, nothing is lost."""

import json
from pathlib import Path
from typing import Any

import pytest
import zmq

from patrol_cli.key_files import edit_peer_list, fresh_pair, read_key_file
from patrol_wire.ids import Role
from patrol_wire.keys import KeyPair, KeyState, Peer
from tests.support.calm_site import CalmSite, patrol

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]
OUTAGE_S = 10.0
"""Longest time in which nothing of a room arrives: the gates' start and a refused handshake. About a second; each
gate is a Python that starts, so a machine with ten times its load takes longer."""


def status(config: Path) -> dict[str, Any]:
    code, said, text = patrol("keys", "rotate", "status", "--config", str(config), "--json")
    assert code in (0, 1), text
    found: dict[str, Any] = json.loads(said)
    return found


def gets_in(endpoint: str, relay_key: str, pair: KeyPair) -> bool:
    """Tell whether a handshake with these keys succeeds."""
    assert pair.secret_key is not None
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    try:
        peer = context.socket(zmq.DEALER)
        peer.curve_serverkey, peer.curve_publickey = relay_key.encode(), pair.public_key.encode()
        peer.curve_secretkey = pair.secret_key.encode()
        peer.setsockopt(zmq.IMMEDIATE, 1)
        monitor = peer.get_monitor_socket(
            zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL | zmq.EVENT_HANDSHAKE_FAILED_AUTH
        )
        peer.connect(endpoint)
        assert monitor.poll(5_000), "the handshake came to nothing"
        return int.from_bytes(monitor.recv_multipart()[0][:2], "little") == zmq.EVENT_HANDSHAKE_SUCCEEDED
    finally:
        context.destroy(linger=0)


def test_the_key_is_turned_while_everybody_sends(tmp_path: Path) -> None:
    """Begin, wait until everybody keeps the next key, finish: sessions come back on the new one by themselves."""
    calm = CalmSite(tmp_path / "n")
    config = calm.site.relays[0].config
    key_file = calm.site.folder / "keys" / "centre.key"
    old = read_key_file(key_file).public_key
    absent, replaced = fresh_pair("room-absent"), fresh_pair("room-replaced")

    def begin() -> bool:
        def add(before: tuple[Peer, ...]) -> tuple[Peer, ...]:
            away = Peer(node=absent.node, role=Role.ROOM, public_key=absent.public_key)
            revoked = Peer(node=replaced.node, role=Role.ROOM, public_key=replaced.public_key, state=KeyState.REVOKED)
            return (*before, away, revoked)

        edit_peer_list(calm.site.folder / "peers.toml", add)
        code, _, text = patrol("keys", "rotate", "begin", "--config", str(config))
        assert code == 0, text
        code, _, text = patrol("keys", "rotate", "begin", "--config", str(config))
        assert (code, "being turned already" in text) == (2, True)
        return True

    def all_keep_it() -> bool:
        found = status(config)
        assert found["under_way"]
        assert "room:room-absent" in found["behind"], "a peer that never came cannot keep the next key"
        return set(found["keeping"]) == calm.peers

    def finish() -> bool:
        code, _, text = patrol("keys", "rotate", "finish", "--config", str(config))
        assert (code, "room:room-absent" in text) == (2, True), "it must name who would be left behind"
        assert read_key_file(key_file).public_key == old
        code, _, text = patrol("keys", "rotate", "finish", "--config", str(config), "--leave-behind")
        assert code == 0, text
        return True

    def everybody_is_back() -> bool:
        now = calm.site.relays[0].gates
        new = read_key_file(key_file).public_key
        turned = calm.logged("relay", "gate_takes_new_key")
        if {line["gate"] for line in turned} != {"rooms", "terminals", "counts", "media"}:
            return False
        endpoint = f"tcp://127.0.0.1:{now.rooms}"
        assert not gets_in(endpoint, old, absent), "the old key must not be served any more"
        assert not gets_in(endpoint, fresh_pair("nobody").public_key, absent)
        assert not gets_in(endpoint, new, replaced), "a key that was replaced must not come back with the new one"
        assert gets_in(endpoint, new, absent), "whoever is handed the new key gets in"
        return set(status(config)["keeping"]) == calm.peers

    outcome = calm.run(begin, all_keep_it, calm.arrives(), finish, calm.arrives(), everybody_is_back, calm.arrives())
    assert outcome.good, (outcome.findings, outcome.waiting, outcome.falls)
    assert outcome.findings.alerts > 50
    new = read_key_file(key_file).public_key
    assert new != old
    assert read_key_file(key_file.with_suffix(".pub")).public_key == new
    kept = [read_key_file(path).public_key for path in key_file.parent.glob("centre.until-*.key")]
    assert kept == [old]
    assert calm.longest_pause_s() < OUTAGE_S
    for room in calm.site.rooms:
        turned = calm.logged(room.node, "relay_key_turned")
        assert [line["key"] for line in turned] == [new]
