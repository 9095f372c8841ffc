"""``python -m relay.gate``: one gate process. Started by the relay's supervisor, ended by SIGTERM or its death.

Exit codes: 0 ended on purpose, 2 a wrong argument or file (one sentence on stderr), 3 the relay's key was turned and
the gate is to be started with the new one, anything else is a crash and the supervisor starts it again.
"""

import argparse
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Final

import zmq

from patrol_wire.keys import KeyFileError
from relay.core.field import GateRole
from relay.gate.gate import Gate
from relay.gate.gate_settings import GateSettings
from relay.gate.memory import MemoryCap
from relay.gate.relay_key import read_keys
from relay.ops.logging import configure

BAD_INPUT: Final = 2
KEY_TURNED: Final = 3
YIELDS_BY: Final = 10
"""Niceness of the media gate: where the cores or the disk are short, alerts and the writer go first."""
END_WITHIN_S: Final = 0.9
"""After SIGTERM; libzmq ends the process then if closing takes longer."""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m relay.gate", description=__doc__)
    parser.add_argument("--role", type=GateRole, choices=list(GateRole), required=True)
    parser.add_argument("--bind", required=True, help="tcp://HOST:PORT the field connects to")
    parser.add_argument("--inside", required=True, help="ipc://PATH of the relay's core")
    parser.add_argument("--key-file", type=Path, required=True, help="the relay's CURVE key with its secret")
    parser.add_argument("--peers-file", type=Path, required=True, help="peers.toml; watched")
    parser.add_argument("--memory-mb", type=int, default=512, help="memory beyond the start; 0 means no cap")
    parser.add_argument("--handshake-ms", type=int, default=5_000, help="also how soon a pending key tries again")
    parser.add_argument("--media-dir", type=Path, default=None, help="the folder the media gate writes into")
    parser.add_argument("--media-bytes-per-s", type=int, default=0, help="of all rooms together; 0 means no bound")
    parser.add_argument("--unpaced", action="store_true", help="hold no peer to its allowance (benches)")
    parser.add_argument("--parent-pid", type=int, default=None, help="end when this process is no longer the parent")
    return parser.parse_args()


def raise_open_files() -> None:
    """Allow as many connections as the machine grants; running out makes libzmq spin or abort."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def main() -> int:
    """Run one gate until SIGTERM or the end of its parent."""
    arguments = _arguments()
    configure(form="auto", level="info")
    settings = GateSettings(
        role=arguments.role,
        bind=arguments.bind,
        inside=arguments.inside,
        key_file=arguments.key_file,
        peers_file=arguments.peers_file,
        handshake_ms=arguments.handshake_ms,
        memory_mb=arguments.memory_mb,
        media_dir=arguments.media_dir,
        media_bytes_per_s=arguments.media_bytes_per_s,
        paced=not arguments.unpaced,
    )
    raise_open_files()
    try:
        gate = Gate(settings, keys=read_keys(settings.key_file), parent_pid=arguments.parent_pid)
    except KeyFileError as error:
        sys.stderr.write(f"gate {settings.role}: {error}\n")
        return BAD_INPUT
    except zmq.ZMQError as error:
        sys.stderr.write(f"gate {settings.role}: cannot bind {settings.bind}: {error}\n")
        return BAD_INPUT
    except OSError as error:
        sys.stderr.write(f"gate {settings.role}: cannot use {settings.media_dir}: {error.strerror}\n")
        return BAD_INPUT
    gate.memory = MemoryCap(settings.memory_mb)
    if settings.role is GateRole.MEDIA:
        os.nice(YIELDS_BY)

    def on_end(_signal: int, _frame: object) -> None:
        signal.setitimer(signal.ITIMER_REAL, END_WITHIN_S)  # SIGALRM's default ends the process whatever hangs
        gate.stop()

    signal.signal(signal.SIGTERM, on_end)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group; the parent says when to end
    gate.run()
    gate.close()
    return KEY_TURNED if gate.key_turned else 0


if __name__ == "__main__":
    sys.exit(main())
