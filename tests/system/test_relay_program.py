"""The relay as a process: it starts or says why not, keeps its gates alive, and ends without a trace."""

import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from patrol_cli.demo.processes import Program, Programs, says
from patrol_cli.relay import lay_out_site
from relay.core.forces import Force
from tests.support.gate_site import free_port
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.system, pytest.mark.timeout(90)]
START_S = 30.0


@dataclass(slots=True)
class Site:
    """A folder as ``patrol relay init`` lays it out, and what runs in it."""

    config: Path
    programs: Programs

    def start(self) -> tuple[Program, dict[str, Any]]:
        program = self.programs.start("relay", "relay", ["--config", str(self.config)])
        return program, self.programs.await_ready(program, says("relay_ready"), within_s=START_S)

    def refused(self) -> str:
        """Run the relay, which must refuse to start, and return its sentence."""
        ended = subprocess.run(
            [sys.executable, "-m", "relay", "--config", str(self.config)],
            capture_output=True,
            text=True,
            timeout=START_S,
            check=False,
        )
        assert ended.returncode == 2, ended.stderr
        sentences = [line for line in ended.stderr.splitlines() if not line.startswith("{")]
        assert len(sentences) == 1, ended.stderr
        return sentences[0]

    def edit(self, old: str, new: str) -> None:
        text = self.config.read_text(encoding="utf-8")
        assert old in text
        self.config.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    config = lay_out_site(tmp_path / "site", ports=(free_port(), free_port(), free_port(), free_port()), web=0)
    with Programs(tmp_path / "logs") as programs:
        yield Site(config, programs)


def gates_of(relay: Program) -> dict[str, psutil.Process]:
    """Return the gate processes by role."""
    found = {}
    for child in psutil.Process(relay.process.pid).children():
        try:
            words = child.cmdline()
        except (psutil.ZombieProcess, psutil.NoSuchProcess):
            continue  # it fell a moment ago
        if "relay.gate" in words:
            found[words[words.index("--role") + 1]] = child
    return found


def ready(url: str) -> dict[str, bool]:
    checks: dict[str, bool] = httpx.get(f"{url}readyz", timeout=5).json()["checks"]
    return checks


def test_it_says_where_it_listens_and_serves(site: Site) -> None:
    _, line = site.start()
    assert json.loads((site.config.parent / "run" / "ports.json").read_text(encoding="utf-8"))["web"] == line["web"]
    wait_until(lambda: all(ready(line["web"]).values()), within_s=5.0, what="every part is ready")
    for gate in ("rooms", "terminals", "counts"):
        host, port = line[gate].removeprefix("tcp://").split(":")
        socket.create_connection((host, int(port)), timeout=5).close()
    assert httpx.get(f"{line['web']}api/v1/rooms", timeout=5).json()["rooms"]
    assert "<html" in httpx.get(line["web"], timeout=5).text


def test_flags_that_no_unit_is_sent_to_are_said_at_start(site: Site) -> None:
    """In the folder that is served: its files are valid, so nothing else would tell."""
    kept_out = "".join(f"[{force.value}]\nunclassified = false\n" for force in Force)
    (site.config.parent / "city" / "forces.toml").write_text(kept_out, encoding="utf-8")
    relay = site.programs.start("relay", "relay", ["--config", str(site.config)])
    told = site.programs.await_ready(relay, says("nobody_is_sent"), within_s=START_S)
    assert (told["level"], told["file"]) == ("warning", "forces.toml")
    assert "no unit is sent to a flag of unclassified (high)" in told["what"]
    site.programs.await_ready(relay, says("relay_ready"), within_s=START_S)


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_everything_within_two_seconds_even_while_a_page_watches(
    site: Site, sent: signal.Signals
) -> None:
    from websockets.sync.client import connect

    relay, line = site.start()
    wait_until(lambda: len(gates_of(relay)) == 4, within_s=5.0, what="four gates run")
    gates = gates_of(relay)
    with connect(line["web"].replace("http", "ws") + "api/v1/live") as page:
        assert json.loads(page.recv(timeout=5))["kind"] == "snapshot"
        began = time.monotonic()
        relay.process.send_signal(sent)
        assert relay.process.wait(5) == 0
        assert time.monotonic() - began < 2.0
    assert not [gate for gate in gates.values() if gate.is_running() and gate.status() != psutil.STATUS_ZOMBIE]
    assert not list((site.config.parent / "state").glob("*.sqlite3-journal"))
    site.start()  # nothing left behind keeps it from starting again


def test_a_gate_that_falls_is_back_within_a_second_on_the_same_port(site: Site) -> None:
    relay, line = site.start()
    wait_until(lambda: len(gates_of(relay)) == 4, within_s=5.0, what="four gates run")
    rooms = gates_of(relay)["rooms"]
    others = {role: gate.pid for role, gate in gates_of(relay).items() if role != "rooms"}
    wait_until(lambda: all(ready(line["web"]).values()), within_s=5.0, what="every part is ready")
    rooms.send_signal(signal.SIGKILL)
    began = time.monotonic()
    wait_until(
        lambda: (found := gates_of(relay).get("rooms")) is not None and found.pid != rooms.pid,
        within_s=3.0,
        what="a new gate runs",
    )
    assert time.monotonic() - began < 1.0
    host, port = line["rooms"].removeprefix("tcp://").split(":")

    def listening() -> bool:
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
        except OSError:
            return False
        return True

    wait_until(listening, within_s=3.0, what="the new gate listens")
    assert {role: gate.pid for role, gate in gates_of(relay).items() if role != "rooms"} == others
    assert httpx.get(f"{line['web']}api/v1/figures", timeout=5).json()["gates"]["rooms"]["restarts"] == 1
    assert sum(line.get("event") == "gate_fell" for line in relay.lines()) == 1


def test_a_relay_that_is_killed_leaves_no_gate_behind(site: Site) -> None:
    relay, _ = site.start()
    wait_until(lambda: len(gates_of(relay)) == 4, within_s=5.0, what="four gates run")
    gates = gates_of(relay)
    os.kill(relay.process.pid, signal.SIGKILL)
    relay.process.wait(5)
    wait_until(
        lambda: not [gate for gate in gates.values() if gate.is_running()], within_s=3.0, what="the gates have ended"
    )
    site.start()


def test_the_secret_key_is_for_its_owner_alone(site: Site) -> None:
    mode = (site.config.parent / "keys" / "centre.key").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_what_a_person_can_mend_is_said_in_one_sentence_with_exit_code_2(site: Site) -> None:
    folder = site.config.parent
    assert "there is no such file" in Site(folder / "none.toml", site.programs).refused()

    site.edit("[web]", "[wep]")
    assert 'wep is an unknown key; did you mean "web"?' in site.refused()
    site.edit("[wep]", "[web]")

    (folder / "keys").rename(folder / "keys-elsewhere")
    assert "centre.key" in site.refused()
    (folder / "keys-elsewhere").rename(folder / "keys")

    (folder / "peers.toml").rename(folder / "peers-elsewhere")
    assert "peers.toml: there is no such file" in site.refused()
    (folder / "peers.toml").write_text("[[peer]]\nnode = 'room-1'\n")
    assert "[[peer]] number 1" in site.refused()
    (folder / "peers-elsewhere").rename(folder / "peers.toml")

    areas = folder / "city" / "areas.geojson"
    whole = areas.read_text(encoding="utf-8")
    areas.write_text(whole[:5_000], encoding="utf-8")
    assert "areas.geojson" in site.refused()
    areas.write_text(whole, encoding="utf-8")

    store = folder / "state" / "relay.sqlite3"
    store.write_bytes(b"this is not a database at all, but it is long enough to look like one" * 20)
    assert "relay.sqlite3" in site.refused()
    assert store.read_bytes().startswith(b"this is not"), "a store that cannot be used is never touched"
    store.unlink()

    with socket.create_server(("127.0.0.1", 0)) as other:
        site.edit("port = 0", f"port = {other.getsockname()[1]}")
        assert "cannot listen on" in site.refused()


def test_a_gate_whose_port_is_taken_keeps_the_relay_from_saying_ready(site: Site) -> None:
    """A door that stays shut behind a relay that says "ready" is found by nobody at three in the morning."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        text = site.config.read_text(encoding="utf-8")
        site.config.write_text(
            re.sub(r"(gates\.terminals\]\nbind = .*:)[0-9]+", rf"\g<1>{port}", text), encoding="utf-8"
        )
        assert f"gates.terminals.bind tcp://127.0.0.1:{port}: cannot be had (Address already in use)" in site.refused()


def test_a_folder_that_cannot_be_made_is_said_in_one_sentence() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "patrol_cli", "relay", "init", "/proc/site"],
        capture_output=True,
        text=True,
        timeout=START_S,
        check=False,
    )
    assert (ended.returncode, ended.stderr.count("\n")) == (2, 1), ended.stderr
    assert "/proc/site: cannot be written" in ended.stderr
