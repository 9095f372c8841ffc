"""A room of one camera for browser tests that need settings of their own: a film that plays for ever."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.agent_process import AgentProcess, running_agent
from tests.support.film_room import write_room
from tests.support.relay_peer import RelayPeer
from tests.support.small_video import make_film
from tests.support.waiting import wait_until

_ROOM = """
[room]
name = "room-a"
[paths]
state_dir = "{state}"
[console]
port = 0
{relay}
FURTHER
[[camera]]
name = "gate"
title = "东门"
url = "{film}"
loop = true
[[camera_set]]
name = "gates"
title = "出入口"
cameras = ["gate"]
round_every_min = 0.05
"""


_QUIET = "test_alert_every_s = 0.0\n"


@contextmanager
def small_wall(folder: Path, *, peer: RelayPeer | None = None, further: str = "") -> Iterator[AgentProcess]:
    """Run it; ``further`` are more tables of its file. What lies in ``folder / "state"`` before is taken up."""
    film = make_film(folder / "walk.mp4")
    config = write_room(folder, _ROOM.replace("FURTHER", further), film=film, peer=peer, relay_further=_QUIET)
    with running_agent(config, state_dir=folder / "state", log=folder / "log") as agent:
        wait_until(lambda: _gate_state(agent) == "streaming", within_s=120, what="the gate streams")
        yield agent


def _gate_state(agent: AgentProcess) -> str:
    return str(next(camera["state"] for camera in agent.state()["cameras"] if camera["name"] == "gate"))
