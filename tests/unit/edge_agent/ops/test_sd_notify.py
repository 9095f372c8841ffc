"""What the service manager hears, over a real datagram socket."""

import socket
from pathlib import Path

from edge_agent.ops.sd_notify import ServiceManager


def test_readiness_and_the_watchdog_reach_the_socket(tmp_path: Path) -> None:
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(path))
        manager.settimeout(2.0)
        told = ServiceManager({"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": "30000000"})
        assert told.ready("room a")
        assert manager.recv(200) == b"READY=1\nSTATUS=room a"
        assert told.alive("5 wait")
        assert manager.recv(200) == b"WATCHDOG=1\nSTATUS=5 wait"
        assert told.stopping()
        assert manager.recv(200) == b"STOPPING=1"
        assert told.watchdog_every_s == 15.0


def test_an_abstract_address_is_understood() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind("\0patrol-test-notify")
        manager.settimeout(2.0)
        assert ServiceManager({"NOTIFY_SOCKET": "@patrol-test-notify"}).trouble("x")
        assert manager.recv(200) == b"STATUS=x"


def test_without_a_service_manager_nothing_happens() -> None:
    told = ServiceManager({})
    assert told.ready("room a") is False
    assert told.watchdog_every_s is None


def test_a_vanished_service_manager_is_no_error(tmp_path: Path) -> None:
    assert ServiceManager({"NOTIFY_SOCKET": str(tmp_path / "gone")}).alive("x") is False
