"""A child hears its parent, outlives a Ctrl-C that reaches the whole group, and never outlives its parent."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from edge_agent.ops.channel import MOST_BYTES, Channel, ChannelClosedError
from edge_agent.ops.child_process import ChildProcess
from tests.support.waiting import wait_until

ECHO = "tests.support.echo_child"
ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture
def pair() -> Iterator[tuple[Channel, Channel]]:
    both = Channel.pair()
    yield both
    for end in both:
        end.close()


@pytest.fixture(autouse=True)
def in_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    """``python -m`` finds the test's own module from here."""
    monkeypatch.chdir(ROOT)


def test_messages_keep_their_borders_and_their_order(pair: tuple[Channel, Channel]) -> None:
    ours, theirs = pair
    for number in range(20):
        ours.send(bytes([number]) * (number + 1))
    assert [theirs.receive(within_s=1.0) for _ in range(20)] == [bytes([n]) * (n + 1) for n in range(20)]
    assert theirs.receive(within_s=0.0) is None
    assert theirs.receive(within_s=0.01) is None


def test_the_end_of_the_other_side_is_told_after_what_it_said(pair: tuple[Channel, Channel]) -> None:
    ours, theirs = pair
    theirs.send(b"last words")
    theirs.close()
    assert ours.receive(within_s=1.0) == b"last words"
    with pytest.raises(ChannelClosedError):
        ours.receive(within_s=1.0)
    with pytest.raises(ChannelClosedError):
        ours.send(b"anybody?")


def test_a_message_that_does_not_fit_is_refused_before_it_is_sent(pair: tuple[Channel, Channel]) -> None:
    ours, _theirs = pair
    ours.send(bytes(MOST_BYTES))
    with pytest.raises(ValueError, match="send it in parts"):
        ours.send(bytes(MOST_BYTES + 1))


def test_a_child_gets_its_setup_and_answers_and_ends_with_its_channel() -> None:
    child = ChildProcess(ECHO, setup=b"hello", nice=3)
    assert child.channel.receive(within_s=20.0) == b"hello"
    child.channel.send(b"again")
    assert child.channel.receive(within_s=5.0) == b"again"
    assert psutil.Process(child.pid).nice() == os.nice(0) + 3
    assert child.exit_code is None
    assert child.end() == 0


def test_signals_for_the_whole_group_are_left_to_the_parent() -> None:
    child = ChildProcess(ECHO, setup=b"hello")
    assert child.channel.receive(within_s=20.0) == b"hello"
    os.kill(child.pid, signal.SIGINT)
    os.kill(child.pid, signal.SIGTERM)
    child.channel.send(b"still there?")
    assert child.channel.receive(within_s=5.0) == b"still there?"
    child.end()


def test_a_killed_child_is_noticed() -> None:
    child = ChildProcess(ECHO, setup=b"hello")
    assert child.channel.receive(within_s=20.0) == b"hello"
    os.kill(child.pid, signal.SIGKILL)
    with pytest.raises(ChannelClosedError):
        child.channel.receive(within_s=5.0)
    assert child.end() == -signal.SIGKILL


def test_a_child_dies_with_a_killed_parent_even_while_it_is_busy() -> None:
    """A room that was killed must not leave a detector behind that eats a core."""
    text = (
        "from edge_agent.ops.child_process import ChildProcess\n"
        f"child = ChildProcess({ECHO!r}, setup=b'busy')\n"
        "child.channel.receive(within_s=20.0)\n"
        "print(child.pid, flush=True)\n"
        "child.channel.receive(within_s=60.0)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", text], stdout=subprocess.PIPE, cwd=ROOT)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert psutil.pid_exists(pid)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    wait_until(lambda: not psutil.pid_exists(pid), within_s=5, what="the child is gone, too")
