"""``patrol terminal`` and ``patrol counts`` as processes, against a real gate, delivery, feed and store."""

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from patrol_wire.ids import Role, UnitId
from patrol_wire.keys import KeyPair, format_key_pair
from relay.core.commands import CommandResult
from relay.core.dispatches import Answer
from relay.core.field import CommitProgress, GateRole
from relay.notify.delivery import Delivery
from relay.ops.clock import MachineClock
from relay.publish.counts_feed import CountsFeed
from tests.support.field_desk import AT_US, FieldDesk, view
from tests.support.gate_site import GateSite
from tests.support.waiting import wait_until


def progress() -> CommitProgress:
    return CommitProgress(commits=1, last_commit_us=AT_US)


class Program:
    """A ``patrol`` command whose lines are read as they come."""

    def __init__(self, *arguments: str) -> None:
        self.lines: list[dict[str, Any]] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "patrol_cli", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(json.loads(line))

    def said(self, what: str, **fields: object) -> list[dict[str, Any]]:
        wanted = {"what": what, **fields}
        return [line for line in self.lines if all(line.get(name) == value for name, value in wanted.items())]

    def wait(self, what: str, *, within_s: float = 10, count: int = 1, **fields: object) -> list[dict[str, Any]]:
        wait_until(
            lambda: len(self.said(what, **fields)) >= count, within_s=within_s, what=f"{count} × {what} {fields}"
        )
        return self.said(what, **fields)

    def type(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        code = self.process.wait(5)
        self.close_pipes()
        return code

    def close_pipes(self) -> None:
        self._reader.join(2)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()


class Site:
    def __init__(self, folder: Path, role: GateRole) -> None:
        self.folder = folder
        self.gate = GateSite(folder, role)
        self.desk = FieldDesk(folder)
        self.programs: list[Program] = []

    def key_file(self, node: str, role: Role) -> Path:
        pair: KeyPair = self.gate.enrol(node, role)
        path = self.folder / f"{node}.key"
        path.write_text(format_key_pair(pair), encoding="utf-8")
        return path

    def run(self, command: str, key_file: Path, *more: str) -> Program:
        program = Program(
            command,
            f"--relay={self.gate.endpoint}",
            f"--relay-key={self.gate.relay.public_key}",
            f"--key-file={key_file}",
            "--json",
            *more,
        )
        self.programs.append(program)
        return program

    def close(self) -> None:
        for program in self.programs:
            if program.process.poll() is None:
                program.end(signal.SIGKILL)
            program.close_pipes()
        self.desk.close()


@pytest.fixture
def terminals(tmp_path: Path) -> Iterator[tuple[Site, Delivery]]:
    site = Site(tmp_path, GateRole.TERMINALS)
    with site.gate:
        delivery = Delivery(
            port=site.gate.port,
            reader=site.desk.reader,
            submit=site.desk.submit,
            clock=MachineClock(),
            progress=progress,
        )
        delivery.start()
        yield site, delivery
        delivery.stop()
        site.close()


def test_a_simulated_unit_takes_an_offer_through_to_clearing(terminals: tuple[Site, Delivery]) -> None:
    site, delivery = terminals
    program = site.run("terminal", site.key_file("unit-a", Role.TERMINAL), "--auto=fast", "--seed=1")
    offer = view()
    site.desk.tell("unit-a", [offer])
    delivery.hint([UnitId("unit-a")])
    program.wait("offer", dispatch_id=offer.dispatch_id, page=True)
    program.wait("step_confirmed", count=4)
    confirmed = [(line["step"], line["result"]) for line in program.said("step_confirmed")]
    assert confirmed == [("accept", "done"), ("en_route", "done"), ("on_scene", "done"), ("clear", "done")]
    assert [step.reason for step in site.desk.steps] == ["simulated 模拟"] * 4
    assert site.desk.steps[-1].outcome is not None
    assert program.end() == 0


def test_a_person_types_steps_and_a_refusal_is_shown(terminals: tuple[Site, Delivery]) -> None:
    site, delivery = terminals
    program = site.run("terminal", site.key_file("unit-a", Role.TERMINAL))
    offer = view()
    site.desk.tell("unit-a", [offer])
    delivery.hint([UnitId("unit-a")])
    program.wait("offer")
    program.type("nonsense")
    program.type("accept")
    program.wait("step_confirmed", step="accept", result="done", dispatch_id=offer.dispatch_id)
    site.desk.answer_at_once = False
    program.type("clear nothing_found")
    wait_until(lambda: site.desk.held, within_s=5, what="the clear reaches the writer")
    step, future = site.desk.held[0]
    future.set_result(
        CommandResult(answer=Answer.REFUSED, reason="no", command_id=step.command_id, dispatch_state="accepted")
    )
    program.wait("step_confirmed", step="clear", result="refused", reason="no")
    program.type("quit")
    assert program.process.wait(5) == 0


def test_a_command_survives_the_terminals_death_and_is_repeated_with_its_id(terminals: tuple[Site, Delivery]) -> None:
    site, delivery = terminals
    key_file, state = site.key_file("unit-a", Role.TERMINAL), f"--state={site.folder}/unit-a.json"
    site.desk.answer_at_once = False
    offer = view()
    site.desk.tell("unit-a", [offer])
    first = site.run("terminal", key_file, state)
    first.wait("offer")
    first.type("accept")
    first.wait("step_sent")
    wait_until(lambda: site.desk.steps, within_s=5, what="the command reaches the relay")
    first.end(signal.SIGKILL)
    site.desk.tell("unit-a", [view()])
    delivery.hint([UnitId("unit-a")])
    site.desk.answer_at_once = True
    second = site.run("terminal", key_file, state)
    second.wait("step_confirmed", step="accept", dispatch_id=offer.dispatch_id)
    second.wait("offer")
    assert len({step.command_id for step in site.desk.steps}) == 1
    assert [line["dispatch_id"] for line in second.said("offer")] != [offer.dispatch_id], "the first is known already"
    assert second.end() == 0


def test_a_terminal_goes_on_after_its_gate_was_killed(terminals: tuple[Site, Delivery]) -> None:
    site, delivery = terminals
    program = site.run("terminal", site.key_file("unit-a", Role.TERMINAL))
    program.wait("linked")
    site.gate.gate.kill()
    program.wait("unlinked")
    site.desk.tell("unit-a", [view()])
    site.gate.gate.start()
    program.wait("linked", count=2)
    program.wait("offer")
    site.desk.tell("unit-a", [view()])
    delivery.hint([UnitId("unit-a")])
    program.wait("offer", count=2)
    assert program.end() == 0


def test_a_consumer_adds_up_keeps_and_goes_on_after_a_kill(tmp_path: Path) -> None:
    site = Site(tmp_path, GateRole.COUNTS)
    with site.gate:
        feed = CountsFeed(port=site.gate.port, reader=site.desk.reader, clock=MachineClock(), progress=progress)
        feed.start()
        key_file, state = site.key_file("index", Role.INDEX), f"--state={tmp_path}/totals.json"
        site.desk.count(300)
        first = site.run("counts", key_file, state, "--follow")
        first.wait("totals", cursor=300)
        site.desk.count(5, area="t02-c01")
        feed.hint()
        found = first.wait("totals", cursor=305)[0]["totals"]
        assert [(total["area"], total["count"]) for total in found] == [("t01-c03", 300), ("t02-c01", 5)]
        first.end(signal.SIGKILL)
        site.desk.count(5)
        second = site.run("counts", key_file, state)
        assert second.process.wait(20) == 0
        second.wait("totals", cursor=310)
        assert {total["area"]: total["count"] for total in second.lines[-1]["totals"]} == {"t01-c03": 305, "t02-c01": 5}
        feed.stop()
        site.close()


@pytest.mark.parametrize("more", [(), ("--follow",)])
def test_a_consumer_of_a_restored_store_ends_with_the_way_out_and_its_totals_as_they_were(
    tmp_path: Path, more: tuple[str, ...], capfd: pytest.CaptureFixture[str]
) -> None:
    site = Site(tmp_path, GateRole.COUNTS)
    with site.gate:
        feed = CountsFeed(port=site.gate.port, reader=site.desk.reader, clock=MachineClock(), progress=progress)
        feed.start()
        key_file, state = site.key_file("index", Role.INDEX), tmp_path / "totals.json"
        site.desk.count(20)
        assert site.run("counts", key_file, f"--state={state}").process.wait(20) == 0
        lost = "f" * 32  # the line was written after the copy that was restored was made
        state.write_text(state.read_text().replace(json.loads(state.read_text())["entry_id"], lost))
        before = state.read_bytes()
        site.desk.count(20)
        assert site.run("counts", key_file, f"--state={state}", *more).process.wait(20) == 2
        said = " ".join(capfd.readouterr().err.split())
        assert f"line 20 of this ledger is not {lost}" in said
        assert f"move {state} away" in said
        assert state.read_bytes() == before
        feed.stop()
        site.close()


@pytest.mark.parametrize("command", ["terminal", "counts"])
@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"--relay": "nonsense"}, "cannot connect to 'nonsense'"),
        ({"--relay": "tcp://127.0.0.1:99999"}, "write tcp://HOST:PORT"),
        ({"--relay-key": "short"}, "is neither a key of 40 characters (Z85) nor a file"),
        ({"--key-file": "/nowhere/unit.key"}, "key file /nowhere/unit.key"),
        ({"--state": "BROKEN"}, "cannot be read"),
    ],
)
def test_bad_arguments_end_with_one_sentence(tmp_path: Path, command: str, change: dict[str, str], found: str) -> None:
    key_file, broken = tmp_path / "a.key", tmp_path / "broken.json"
    public, secret = "!" * 40, "?" * 40
    key_file.write_text(f'node = "a"\npublic_key = "{public}"\nsecret_key = "{secret}"\n', encoding="utf-8")
    broken.write_text('{"half', encoding="utf-8")
    options = {"--relay": "tcp://127.0.0.1:1", "--relay-key": "!" * 40, "--key-file": str(key_file)} | change
    arguments = [f"{name}={str(broken) if value == 'BROKEN' else value}" for name, value in options.items()]
    ended = subprocess.run(
        [sys.executable, "-m", "patrol_cli", command, *arguments],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert ended.returncode == 2, ended.stderr
    assert found in ended.stderr
    assert "Traceback" not in ended.stderr
