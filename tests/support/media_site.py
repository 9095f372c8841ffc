"""A relay as a process and rooms with the real outbox, evidence store and both links: media tests run on it.

A room lives in the test's process (``EvidenceRoom``), or in one of its own to be killed (``RoomProcess``).
"""

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import psutil
from msgspec.structs import replace

from edge_agent.evidence.store import MediaStore, StoredMedia
from edge_agent.link.curve import load_keys
from edge_agent.link.media_link import MediaLink
from edge_agent.link.relay_link import RelayLink
from edge_agent.ops.clock import SystemClock
from edge_agent.outbox.store import Outbox
from patrol_cli.demo.processes import Program, Programs, says
from patrol_cli.key_files import edit_peer_list, fresh_pair, read_key_file, write_new_pair
from patrol_cli.relay import lay_out_site
from patrol_wire.ids import Role, Severity
from patrol_wire.keys import Peer
from patrol_wire.media import CLIP_TYPE, SNAPSHOT_TYPE
from patrol_wire.records import Alert, MediaManifest
from patrol_wire.uuid7 import uuid7
from tests.support.gate_site import free_port
from tests.support.records import some_alert
from tests.support.waiting import wait_until

NODE = "room-t01-c01"
ROOT = Path(__file__).resolve().parents[2]
MIB = 1024 * 1024


class MediaSite:
    """Use as a context manager: a relay that runs, with one room enrolled."""

    def __init__(self, folder: Path, *, settings: str = "", nodes: tuple[str, ...] = (NODE,)) -> None:
        """``settings`` is added to relay.toml."""
        self.folder = folder
        self.ports = (free_port(), free_port(), free_port(), free_port())
        self.config = lay_out_site(folder / "site", ports=self.ports, web=0)
        with self.config.open("a", encoding="utf-8") as config:
            config.write(settings)
        self.relay_key = read_key_file(folder / "site" / "keys" / "centre.pub").public_key
        peers = []
        for node in nodes:
            pair = fresh_pair(node)
            write_new_pair(pair, folder / "site" / "keys")
            peers.append(Peer(node=pair.node, role=Role.ROOM, public_key=pair.public_key))
        edit_peer_list(folder / "site" / "peers.toml", lambda before: (*before, *peers))
        self.programs = Programs(folder / "logs")

    def __enter__(self) -> "MediaSite":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.programs.stop()

    def start(self) -> None:
        """Start the relay; also again after it was killed."""
        self.relay: Program = self.programs.start("relay", "relay", ["--config", str(self.config)])
        offset = len(self.relay.lines())  # the log goes on from an earlier life

        def is_fresh(line: dict[str, Any]) -> bool:
            return says("relay_ready")(line) and self.relay.lines().index(line) >= offset

        self.web: str = self.programs.await_ready(self.relay, is_fresh, within_s=30)["web"]

    def kill_relay(self) -> None:
        os.kill(self.relay.process.pid, signal.SIGKILL)
        self.relay.process.wait(5)

    def gate(self, role: str) -> psutil.Process:
        """Return a gate's process, waiting for it when it was just killed."""

        def found() -> psutil.Process | None:
            for child in psutil.Process(self.relay.process.pid).children():
                with contextlib.suppress(psutil.Error):
                    words = child.cmdline()
                    if "relay.gate" in words and words[words.index("--role") + 1] == role:
                        return child
            return None

        gate = wait_until(found, within_s=5.0, what=f"gate {role} runs")
        assert gate is not None
        return gate

    @property
    def media_dir(self) -> Path:
        return self.config.parent / "state" / "media"

    def key_file(self, node: str) -> Path:
        return self.folder / "site" / "keys" / f"{node}.key"

    def figure(self, name: str) -> float:
        """Return one figure of /metrics, 0 while it is not there."""
        text = httpx.get(f"{self.web}metrics", timeout=5).text
        found = re.search(rf"^relay_{name}(?:_total)? ([0-9.e+]+)$", text, re.MULTILINE)
        return float(found[1]) if found is not None else 0.0

    def content(self, sha256: str, **headers: str) -> httpx.Response:
        return httpx.get(f"{self.web}api/v1/media/{sha256}", timeout=30, headers=headers)

    def media_states(self) -> dict[str, str]:
        """Return the state of all media of all incidents, by hash."""
        states = "&".join(f"state={state}" for state in ("new", "acknowledged", "dispatched", "on_scene", "closed"))
        incidents = httpx.get(f"{self.web}api/v1/incidents?{states}&limit=1000", timeout=5).json()["incidents"]
        found: dict[str, str] = {}
        for incident in incidents:
            detail = httpx.get(f"{self.web}api/v1/incidents/{incident['incident_id']}", timeout=5).json()
            found |= {one["sha256"]: one["state"] for alert in detail["alerts"] for one in alert["media"]}
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """An alert with one content."""

    alert: Alert
    media: StoredMedia


class EvidenceRoom:
    """A room's outbox, evidence and both links; ``stop`` ends it as SIGTERM would."""

    def __init__(self, site: MediaSite, folder: Path, *, node: str = NODE, relay_port: int | None = None) -> None:
        self.clock = SystemClock()
        self.outbox = Outbox(folder / "outbox.sqlite3", node=node, clock=self.clock)
        self.media = MediaStore(folder / "media", limit_bytes=2_000 * MIB, reserve_bytes=0)
        self.media.restore_pins(self.outbox.media_holders())
        keys = load_keys(site.key_file(node), room=node, relay_public_key=site.relay_key)
        port = relay_port if relay_port is not None else site.ports[0]
        self.link = RelayLink(
            self.outbox, keys=keys, endpoints=(f"tcp://127.0.0.1:{port}",), clock=self.clock, agent_version="test"
        )
        self.media_link = MediaLink(
            self.outbox, self.media, keys=keys, link_state=lambda: self.link.state, clock=self.clock
        )
        self.link.start()
        self.media_link.start()

    def stop(self) -> None:
        self.media_link.stop()
        self.link.stop()
        self.outbox.close()

    def alert(self, number: int = 0, *, severity: Severity = Severity.HIGH) -> Alert:
        """Store an alert of now."""
        now_us = self.clock.now_us()
        alert = replace(
            some_alert(number, severity=severity),
            alert_id=uuid7(now_us, os.urandom(8)),
            started_at=now_us,
            raised_at=now_us,
        )
        self.outbox.put(alert)
        return alert

    def raise_with(self, content: bytes, *, clip: bool = False, severity: Severity = Severity.HIGH) -> Evidence:
        """Store an alert and one content of it, as the alert path and the clip path do."""
        alert = self.alert(severity=severity)
        media_type = CLIP_TYPE if clip else SNAPSHOT_TYPE
        kept = self.media.put(content, media_type=media_type, holder=alert.alert_id)
        assert isinstance(kept, StoredMedia), kept
        manifest = MediaManifest(
            alert_id=alert.alert_id,
            sha256=kept.sha256,
            media_type=media_type,
            size_bytes=kept.size_bytes,
            started_at=alert.started_at,
            duration_ms=10_000 if clip else 0,
            masked=True,
        )
        self.outbox.put(manifest)
        return Evidence(alert=alert, media=kept)

    def settled(self, state: str) -> int:
        return self.outbox.depth().tally.get(f"media_{state}", 0)

    @property
    def waiting(self) -> int:
        depth = self.outbox.media_depth()
        return depth.snapshots + depth.clips


@contextlib.contextmanager
def evidence_room(site: MediaSite, folder: Path, **more: Any) -> Iterator[EvidenceRoom]:
    """Run a room in this process."""
    room = EvidenceRoom(site, folder, **more)
    try:
        yield room
    finally:
        room.stop()


class RoomProcess:
    """A room in a process of its own, which has stored its evidence and sends it until it is killed."""

    def __init__(self, site: MediaSite, folder: Path, *, node: str = NODE) -> None:
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.support.media_site", str(folder)),
                *(str(site.key_file(node)), site.relay_key, str(site.ports[0])),
            ],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(5)


def _serve(folder: Path, key_file: Path, relay_key: str, port: int) -> None:
    clock = SystemClock()
    node = key_file.stem
    outbox = Outbox(folder / "outbox.sqlite3", node=node, clock=clock)
    media = MediaStore(folder / "media", limit_bytes=2_000 * MIB, reserve_bytes=0)
    media.restore_pins(outbox.media_holders())
    keys = load_keys(key_file, room=node, relay_public_key=relay_key)
    link = RelayLink(outbox, keys=keys, endpoints=(f"tcp://127.0.0.1:{port}",), clock=clock, agent_version="test")
    media_link = MediaLink(outbox, media, keys=keys, link_state=lambda: link.state, clock=clock)
    link.start()
    media_link.start()
    Event().wait()


if __name__ == "__main__":
    _serve(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
