"""The watch over the room's API: shifts, hand-over, rounds; durable in the room and told to the relay."""

from pathlib import Path
from typing import Any

from patrol_wire.ids import Stream
from patrol_wire.records import ShiftEntry
from tests.support.agent_process import AgentProcess, running_agent
from tests.support.film_room import write_room
from tests.support.relay_peer import RelayPeer
from tests.support.waiting import wait_until

ROOM = """
[room]
name = "room-a"
[paths]
state_dir = "{state}"
[console]
port = 0
{relay}[watch]
rest_after_min = 30
[[camera]]
name = "gate"
url = "{film}"
loop = true
[[camera]]
name = "broken"
url = "{film}.absent"
[[camera_set]]
name = "gates"
cameras = ["gate", "broken"]
round_every_min = 60
"""

LOG = [
    ("li", "sign_on", ""),
    ("li", "round", "gates"),
    ("li", "rested", ""),
    ("wang", "sign_on", ""),
    ("li", "hand_over_offered", ""),
    ("li", "handed_over", "wang"),
    ("wang", "sign_off", ""),
]


def post(agent: AgentProcess, path: str, code: int = 200, **asked: object) -> Any:
    answer = agent.http.post(f"/api/v1/watch{path}", json=asked)
    assert answer.status_code == code, answer.text
    return answer.json()


def watch(agent: AgentProcess) -> Any:
    return agent.http.get("/api/v1/watch").json()


def make_a_round(agent: AgentProcess) -> None:
    """What gives no live picture cannot be attested."""
    assert post(agent, "/rounds", 404, operator="li", camera_set="roofs")["code"] == "not_found"
    round_id = post(agent, "/rounds", 201, operator="li", camera_set="gates")["round_id"]
    seen = post(agent, f"/rounds/{round_id}/seen", operator="li", cameras=["gate", "broken"])
    assert (seen["round"]["seen"], seen["round"]["coverage"]) == (["gate"], 0.5)
    assert [one["camera"] for one in seen["refused"]] == ["broken"]
    post(agent, f"/rounds/{round_id}/seen", 409, operator="wang", cameras=["gate"])
    done = post(agent, f"/rounds/{round_id}/finish", operator="li", nothing_to_report=True)
    assert (done["figures"]["cameras"], done["figures"]["seen"]) == (2, 1)
    post(agent, f"/rounds/{round_id}/finish", 404, operator="li", nothing_to_report=True)
    (gates,) = watch(agent)["sets"]
    assert gates["last_coverage"] == 0.5
    assert gates["round_due_at"] > gates["last_round_at"]


def hand_over(agent: AgentProcess) -> None:
    """Offered, seen with what is open, taken by somebody who is on watch."""
    post(agent, "/hand-over/take", 409, operator="wang", leaving="li")
    post(agent, "/sign-on", 201, operator="wang")
    assert "offers no hand-over" in post(agent, "/hand-over/take", 409, operator="wang", leaving="li")["error"]
    post(agent, "/hand-over", operator="li", note="东门灯坏了")
    shown = watch(agent)
    assert (shown["on_watch"][0]["state"], shown["on_watch"][0]["note"]) == ("handing_over", "东门灯坏了")
    assert [one["kind"] for one in shown["open_matters"] if one["kind"] == "flag"] == ["flag"]
    ended = post(agent, "/hand-over/take", operator="wang", leaving="li")
    assert ended["figures"]["flags"] == 1
    assert ended["figures"]["open_matters"] >= 1
    assert [one["operator"] for one in watch(agent)["on_watch"]] == ["wang"]
    post(agent, "/sign-off", operator="wang")
    assert watch(agent)["on_watch"] == []


def test_a_watch_from_sign_on_to_the_hand_over(tmp_path: Path, film: Path, peer: RelayPeer) -> None:
    config = write_room(tmp_path, ROOM, film=film, peer=peer)
    with running_agent(config, state_dir=tmp_path / "state", log=tmp_path / "log") as agent:
        wait_until(lambda: agent.state()["cameras"][0]["state"] == "streaming", within_s=20, what="the gate streams")
        assert "sign on first" in post(agent, "/rounds", 409, operator="li", camera_set="gates")["error"]
        shift_id = post(agent, "/sign-on", 201, operator="li")["shift_id"]
        assert "already" in post(agent, "/sign-on", 409, operator="li")["error"]
        flag = {"category": "brawl", "operator": "li", "camera": "gate", "look_back_s": 20}
        assert agent.http.post("/api/v1/flags", json=flag).status_code == 201
        make_a_round(agent)
        agent.kill()

    # A power cut in the middle of the shift changes nothing.
    with running_agent(config, state_dir=tmp_path / "state", log=tmp_path / "log2") as agent:
        (li,) = watch(agent)["on_watch"]
        assert (li["operator"], li["shift_id"], li["state"]) == ("li", shift_id, "on_watch")
        assert (li["figures"]["flags"], li["figures"]["look_back_ms_median"]) == (1, 20_000)
        assert (li["figures"]["rounds"], li["figures"]["round_seen"]) == (1, 1)
        post(agent, "/rested", operator="li")
        assert watch(agent)["on_watch"][0]["rest_due_at"] > li["rest_due_at"]
        hand_over(agent)

        def lines() -> list[ShiftEntry]:
            return [one for one in peer.records[Stream.REPORTS] if isinstance(one, ShiftEntry)]

        wait_until(lambda: len(lines()) == 7, within_s=10, what="the relay has the whole log")
        assert [(one.operator, one.entry, one.subject) for one in lines()] == LOG
        assert lines()[1].note == "missed: broken"
        assert lines()[5].note == "东门灯坏了"
        assert [one["entry"] for one in watch(agent)["log"]] == [one.entry for one in reversed(lines())]
