"""Words and a voice note after a flag: durable, told to the relay, refused with a reason, never in the flag's way."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge_agent.evidence.voice import MOST_BYTES
from patrol_wire.ids import Stream
from patrol_wire.records import FlagChange, MediaManifest, Place
from tests.support.agent_process import AgentProcess, running_agent
from tests.support.film_room import write_room
from tests.support.relay_peer import RelayPeer
from tests.support.voice import silent_film, voice_note
from tests.support.waiting import wait_until

ROOM = """
[room]
name = "room-a"
[paths]
state_dir = "{state}"
[console]
port = 0
{relay}
[[camera]]
name = "gate"
url = "{film}"
loop = true
"""
WEBM = {"content-type": "audio/webm;codecs=opus"}
FLAG = {"category": "brawl", "operator": "li", "camera": "gate"}
WORDS = ("红衣", "红衣男子，往地铁口跑了")


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory, film: Path) -> Iterator[AgentProcess]:
    folder = tmp_path_factory.mktemp("room")
    config = write_room(folder, ROOM, film=film)
    with running_agent(config, state_dir=folder / "state", log=folder / "log") as running:
        yield running


def flag(agent: AgentProcess) -> str:
    return str(agent.http.post("/api/v1/flags", json=FLAG).json()["alert_id"])


def say(agent: AgentProcess, alert_id: str, content: bytes, headers: dict[str, str] | None = None) -> Any:
    return agent.http.post(f"/api/v1/flags/{alert_id}/voice", content=content, headers=headers or WEBM)


def shown(agent: AgentProcess, alert_id: str) -> Any:
    return next(one for one in agent.state()["alerts"] if one["alert_id"] == alert_id)


def voice_manifests(peer: RelayPeer) -> list[MediaManifest]:
    found = [one for one in peer.records[Stream.MEDIA] if isinstance(one, MediaManifest)]
    return [one for one in found if one.media_type == "audio/webm"]


def test_words_and_voice_outlast_a_power_cut_and_reach_the_relay(tmp_path: Path, film: Path, peer: RelayPeer) -> None:
    config = write_room(tmp_path, ROOM, film=film, peer=peer)
    content = voice_note(2.0)
    with running_agent(config, state_dir=tmp_path / "state", log=tmp_path / "log") as agent:
        alert_id = flag(agent)
        assert (shown(agent, alert_id)["note"], shown(agent, alert_id)["voice_ms"]) == ("", 0)
        for note in WORDS:
            answer = agent.http.post(f"/api/v1/flags/{alert_id}/note", json={"operator": "li", "note": note})
            assert (answer.status_code, answer.json()["standing"]) == (200, "classified")
        kept = say(agent, alert_id, content)
        assert kept.status_code == 201, kept.text
        assert kept.json()["sha256"] == hashlib.sha256(content).hexdigest()
        assert 1_900 <= kept.json()["duration_ms"] <= 2_100
        agent.kill()

    with running_agent(config, state_dir=tmp_path / "state", log=tmp_path / "log2") as agent:
        found = shown(agent, alert_id)
        assert (found["note"], found["category"], found["standing"]) == (WORDS[-1], "brawl", "classified")
        assert found["voice_ms"] == kept.json()["duration_ms"]
        heard = agent.http.get(f"/api/v1/alerts/{alert_id}/voice")
        assert (heard.content, heard.headers["content-type"]) == (content, "audio/webm")
        wait_until(lambda: voice_manifests(peer), within_s=20, what="the relay knows of the voice note")
        (told,) = voice_manifests(peer)
        assert (told.alert_id, told.sha256, told.size_bytes) == (alert_id, kept.json()["sha256"], len(content))
        told_words = [one.note for one in peer.records[Stream.ALERTS] if isinstance(one, FlagChange)]
        assert tuple(told_words) == WORDS


def test_a_place_pointed_afterwards_outlasts_a_power_cut_and_reaches_the_relay(
    tmp_path: Path, film: Path, peer: RelayPeer
) -> None:
    config = write_room(tmp_path, ROOM, film=film, peer=peer)
    wrong, right = {"lon": 121.47, "lat": 31.23}, {"lon": 121.48, "lat": 31.24}
    with running_agent(config, state_dir=tmp_path / "state", log=tmp_path / "log") as agent:
        alert_id = flag(agent)
        assert shown(agent, alert_id)["place"] is None
        for place in (wrong, right):
            answer = agent.http.post(f"/api/v1/flags/{alert_id}/place", json={"operator": "li", "place": place})
            assert (answer.status_code, answer.json()["standing"]) == (200, "classified")
        agent.kill()

    with running_agent(config, state_dir=tmp_path / "state", log=tmp_path / "log2") as agent:
        found = shown(agent, alert_id)
        assert (found["place"], found["standing"], found["category"]) == ([121.48, 31.24], "classified", "brawl")

        def told() -> list[Place | None]:
            return [one.place for one in peer.records[Stream.ALERTS] if isinstance(one, FlagChange)]

        wait_until(lambda: len(told()) == 2, within_s=20, what="the relay knows both places, in order")
        assert told() == [Place(**wrong), Place(**right)]
        taken_back = agent.http.post(f"/api/v1/flags/{alert_id}/withdraw", json={"operator": "li"})
        assert taken_back.status_code == 200
        refused = agent.http.post(f"/api/v1/flags/{alert_id}/place", json={"operator": "li", "place": wrong})
        assert refused.status_code == 409
        assert shown(agent, alert_id)["place"] == [121.48, 31.24]


@pytest.mark.parametrize(
    ("content", "headers", "code", "sentence"),
    [
        (b"", WEBM, 422, "is empty"),
        (b"RIFF....WAVE", WEBM, 422, "is no WebM"),
        (b"\x1a\x45\xdf\xa3" + b"\xff" * 400, WEBM, 422, "is damaged"),
        (voice_note(65.0), WEBM, 422, "at most 60 s"),
        (silent_film(), WEBM, 422, "one Opus stream"),
        (voice_note(0.2) + b"\0" * MOST_BYTES, WEBM, 413, f"{MOST_BYTES} bytes"),
        (voice_note(0.2), {"content-type": "text/plain"}, 415, "audio/webm"),
    ],
    ids=["empty", "wave", "damaged", "long", "film", "large", "text"],
)
def test_what_is_no_voice_note_is_refused_with_the_way_out_and_the_flag_stays(
    room: AgentProcess, content: bytes, headers: dict[str, str], code: int, sentence: str
) -> None:
    alert_id = flag(room)
    answer = say(room, alert_id, content, headers)
    assert answer.status_code == code, answer.text
    assert sentence in answer.json()["error"]
    assert shown(room, alert_id)["voice_ms"] == 0
    assert room.http.get(f"/api/v1/alerts/{alert_id}/voice").status_code == 404


def test_nothing_is_added_to_what_is_withdrawn_or_unknown(room: AgentProcess) -> None:
    alert_id = flag(room)
    room.http.post(f"/api/v1/flags/{alert_id}/withdraw", json={"operator": "li"})
    words = {"operator": "li", "note": "too late"}
    assert room.http.post(f"/api/v1/flags/{alert_id}/note", json=words).status_code == 409
    assert say(room, alert_id, voice_note(0.2)).status_code == 409
    nobody = "01900000-0000-7000-8000-000000000000"
    assert room.http.post(f"/api/v1/flags/{nobody}/note", json=words).status_code == 404
    assert say(room, nobody, voice_note(0.2)).status_code == 404
    assert room.http.post(f"/api/v1/flags/{alert_id}/note", json=words | {"note": "  "}).status_code == 422
