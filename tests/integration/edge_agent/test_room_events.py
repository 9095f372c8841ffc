"""Pages follow the room's state: whole, in order, with a ping that tells fresh data from stale."""

from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus

from tests.support.agent_process import running_agent
from tests.support.live_page import LivePage
from tests.support.waiting import wait_until

TOKEN = "a-token-of-some-length"
ROOM = """
[room]
name = "room-a"
[paths]
state_dir = "{state}"
[console]
port = 0
token_file = "{token}"
[[camera]]
name = "gate"
url = "{film}"
loop = true
"""


def test_a_page_hears_of_a_flag_within_a_moment_and_pings_go_on(tmp_path: Path, film: Path) -> None:
    token = tmp_path / "token"
    token.write_text(TOKEN)
    config = tmp_path / "ROOM.toml"
    config.write_text(ROOM.format(state=tmp_path / "state", film=film, token=token))
    with running_agent(config, state_dir=tmp_path / "state", log=tmp_path / "log") as agent:
        port = agent.http.base_url.port
        assert port is not None
        with pytest.raises(InvalidStatus):
            LivePage(port, "/api/v1/events")
        agent.http.headers["authorization"] = f"Bearer {TOKEN}"
        with LivePage(port, "/api/v1/events", token=TOKEN) as page:
            wait_until(lambda: page.of("state"), within_s=3, what="the state at once")
            asked = {"category": "intrusion", "operator": "op-7", "camera": "gate"}
            flag = agent.http.post("/api/v1/flags", json=asked).json()
            wait_until(
                lambda: page.of("state")[-1]["state"]["alerts"][:1], within_s=3, what="the page hears of the flag"
            )
            assert page.of("state")[-1]["state"]["alerts"][0]["alert_id"] == flag["alert_id"]
            wait_until(lambda: len(page.of("ping")) >= 2, within_s=8, what="pings")
            sequences = [note["sequence"] for note in page.notes]
            assert sequences == sorted(sequences)
            assert page.socket.subprotocol == "patrol.v1"
