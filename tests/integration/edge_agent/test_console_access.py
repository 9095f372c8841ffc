"""The console's plain HTTP in a browser's hands: no page of another site, no name that was rebound to this machine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.agent_process import AgentProcess, running_agent
from tests.support.film_room import write_room

TOKEN = "a-token-of-some-length"
ROOM = """
[room]
name = "room-a"
[paths]
state_dir = "{state}"
[console]
port = 0
FURTHER
[[camera]]
name = "gate"
url = "{film}"
loop = true
"""
FLAG = {"category": "brawl", "operator": "li", "camera": "gate"}
OWN = "http://127.0.0.1:PORT"


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory, film: Path) -> Iterator[AgentProcess]:
    folder = tmp_path_factory.mktemp("room")
    config = write_room(folder, ROOM.replace("FURTHER", ""), film=film)
    with running_agent(config, state_dir=folder / "state", log=folder / "log") as running:
        yield running


def own(agent: AgentProcess, headers: dict[str, str]) -> dict[str, str]:
    return {name: value.replace("PORT", str(agent.http.base_url.port)) for name, value in headers.items()}


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, 201),  # a program that is no browser
        ({"origin": OWN}, 201),
        ({"host": "localhost:PORT", "origin": "http://LOCALHOST:PORT"}, 201),
        ({"origin": "http://elsewhere.example"}, 403),
        ({"origin": "http://127.0.0.1:1"}, 403),  # another program's page on this machine
        ({"origin": "null"}, 403),  # a page in a frame without rights
        ({"origin": "http://["}, 403),  # no address at all
        ({"host": "rebound.example:PORT", "origin": "http://rebound.example:PORT"}, 403),
        ({"host": "rebound.example"}, 403),
    ],
)
def test_a_flag_is_taken_from_the_consoles_own_page_only(
    agent: AgentProcess, headers: dict[str, str], code: int
) -> None:
    before = agent.state()["counters"]["stored"]
    answer = agent.http.post("/api/v1/flags", json=FLAG, headers=own(agent, headers))
    assert answer.status_code == code, answer.text
    assert agent.state()["counters"]["stored"] == before + (code == 201)
    if code == 403:
        assert answer.json()["code"] == "foreign_origin"


@pytest.mark.parametrize("path", ["/", "/api/v1/state", "/api/v1/watch", "/metrics", "/healthz"])
def test_a_rebound_name_reads_nothing(agent: AgentProcess, path: str) -> None:
    assert agent.http.get(path).status_code == 200
    assert agent.http.get(path, headers={"host": "rebound.example"}).status_code == 403


def test_a_body_without_a_length_or_too_long_is_not_even_read(agent: AgentProcess) -> None:
    before = agent.state()["counters"]["stored"]
    without = agent.http.post(
        "/api/v1/flags", content=iter([b'{"category": ', b'"brawl"}']), headers={"content-type": "application/json"}
    )
    too_long = agent.http.post("/api/v1/flags", json=FLAG | {"note": "x" * 70_000})
    for answer in (without, too_long):
        assert (answer.status_code, answer.json()["code"]) == (413, "too_long")
        assert "65536 bytes with its Content-Length" in answer.json()["error"]
    assert agent.state()["counters"]["stored"] == before


def test_with_a_token_any_name_serves_but_no_other_sites_page(tmp_path: Path, film: Path) -> None:
    """Who set a token gave the console a name of their own; the page at that name shows the token itself."""
    token = tmp_path / "token"
    token.write_text(TOKEN)
    config = write_room(tmp_path, ROOM.replace("FURTHER", f'token_file = "{token}"'), film=film)
    with running_agent(config, state_dir=tmp_path / "state", log=tmp_path / "log") as agent:
        shown = {"authorization": f"Bearer {TOKEN}"}
        named = {"host": "room.city:7780", "origin": "http://room.city:7780"}
        codes = [
            agent.http.post("/api/v1/flags", json=FLAG, headers=headers).status_code
            for headers in (named, named | shown, shown | {"origin": "http://elsewhere.example"})
        ]
        assert codes == [401, 201, 403]
