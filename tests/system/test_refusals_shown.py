"""What a gate or the writer refuses in a running relay is what its page and its metrics show, under the peer's name."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import zmq

from patrol_cli.demo.processes import Programs, says
from patrol_cli.demo.site import free_gates
from patrol_cli.relay import lay_out_site
from patrol_wire.ids import Role
from patrol_wire.keys import parse_key_pair
from tests.support.gate_site import FieldClient, PeerList, new_pair
from tests.support.guarded_relay import error_of
from tests.support.room_sender import RoomSender
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.system, pytest.mark.timeout(90)]


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[Programs]:
    with Programs(tmp_path / "logs") as running:
        yield running


def test_refusals_of_gate_and_writer_are_shown_with_peer_reason_and_count(programs: Programs, tmp_path: Path) -> None:
    config = lay_out_site(tmp_path / "site", ports=free_gates().ports, web=0)
    pair = new_pair("room-odd")
    PeerList(config.parent / "peers.toml").add(pair, Role.ROOM)
    relay = programs.start("relay", "relay", ["--config", str(config)])
    line = programs.await_ready(relay, says("relay_ready"), within_s=30)
    relay_key = parse_key_pair((config.parent / "keys" / "centre.pub").read_text(encoding="utf-8")).public_key
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    client = FieldClient(context, endpoint=line["rooms"], relay_key=relay_key, pair=pair)
    try:
        for _ in range(3):
            client.send_raw(b"no frame of ours")
            assert error_of(client.receive()) == "bad_magic"
        client.send_raw(RoomSender("room-odd").hello(lowest=9, highest=9).frame)
        assert error_of(client.receive()) == "unknown_version"

        def shown() -> dict[str, Any]:
            answer = httpx.get(f"{line['web']}api/v1/refusals", timeout=5).json()
            found = {each["code"]: each for each in answer["refusals"] if each["peer"] == "room:room-odd"}
            return found if len(found) == 2 else {}

        found = wait_until(shown, within_s=5, what="both refusals")
        assert (found["bad_magic"]["count"], found["bad_magic"]["goes_on"]) == (3, True)
        assert "you speak 9 to 9" in found["unknown_version"]["found"]
        metrics = httpx.get(f"{line['web']}metrics", timeout=5).text
        assert 'relay_refused_total{code="bad_magic",gate="rooms"} 3.0' in metrics

        def stored() -> bool:
            answer = httpx.get(f"{line['web']}api/v1/refusals", timeout=5).json()
            return {each["code"]: each["count"] for each in answer["by_hour"]} == {"bad_magic": 3, "unknown_version": 1}

        wait_until(stored, within_s=8, what="both are in the store")
        assert 'relay_gate_figure{figure="zap_known",gate="rooms"} 1.0' in metrics
    finally:
        context.destroy(linger=0)
