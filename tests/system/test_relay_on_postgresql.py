"""``patrol relay --database postgresql://…`` as an operator runs it, with a server that comes and goes."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from patrol_cli.demo.processes import Program, Programs, says
from patrol_cli.demo.site import free_gates
from patrol_cli.relay import lay_out_site
from tests.support.postgres_server import PostgresServer
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.system, pytest.mark.timeout(90)]
START_S = 30.0


def _site(folder: Path) -> Path:
    return lay_out_site(folder / "site", ports=free_gates().ports, web=0)


def _start(programs: Programs, config: Path, url: str) -> Program:
    return programs.start("relay", "patrol_cli", ["relay", "--config", str(config), "--database", url])


def _line(relay: Program, event: str) -> dict[str, Any] | None:
    return next((line for line in relay.lines() if line.get("event") == event), None)


def test_it_waits_for_a_server_that_is_not_there_yet_and_survives_one_that_goes(
    tmp_path: Path, own_postgres: PostgresServer
) -> None:
    """A power cut starts both machines at once; a restart of the server must not end the relay."""
    config, url = _site(tmp_path), own_postgres.database()
    own_postgres.stop()
    with Programs(tmp_path / "logs") as programs:
        relay = _start(programs, config, url)
        wait_until(lambda: _line(relay, "store_awaited"), within_s=START_S, what="it says that it waits")
        own_postgres.start()
        web = programs.await_ready(relay, says("relay_ready"), within_s=START_S)["web"]
        assert _line(relay, "store_answers") is not None
        assert httpx.get(f"{web}api/v1/rooms", timeout=5).json()["rooms"]
        assert not list((config.parent / "state").glob("*.sqlite3*")), "the store is in the database"

        own_postgres.kill()
        wait_until(
            lambda: httpx.get(f"{web}api/v1/rooms", timeout=5).status_code == 503,
            within_s=10,
            what="the page says that the store is away",
        )
        own_postgres.start()
        wait_until(
            lambda: httpx.get(f"{web}api/v1/rooms", timeout=5).status_code == 200,
            within_s=10,
            what="the page is back",
        )
        wait_until(
            lambda: all(httpx.get(f"{web}readyz", timeout=5).json()["checks"].values()),
            within_s=10,
            what="every part is ready",
        )
        assert relay.alive


def test_what_only_a_person_can_mend_ends_it_with_one_sentence(tmp_path: Path, postgres: PostgresServer) -> None:
    words = ["relay", "--config", str(_site(tmp_path)), "--database", postgres.url("nothing")]
    ended = subprocess.run(
        [sys.executable, "-m", "patrol_cli", *words], capture_output=True, text=True, timeout=START_S, check=False
    )
    assert ended.returncode == 2, ended.stderr
    (sentence,) = (line for line in ended.stderr.splitlines() if not line.startswith("{"))
    assert "create the database and the role" in sentence
