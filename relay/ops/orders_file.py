"""The administrator's orders as files: the next key beside the relay's key, and ``drain.json`` in the run folder.

``patrol keys rotate`` and ``patrol relay drain`` write them; the running relay looks four times a second. What cannot
be read changes nothing and is logged once. A drain does not outlive the relay: it ends with the next start.
"""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec
import structlog

from patrol_wire.keys import KeyFileError, parse_key_pair
from relay.core.field import GateRole
from relay.core.orders import NO_ORDERS, Orders

DRAIN_FILE: Final = "drain.json"
DRAINED_FILE: Final = "drained.json"
LOOK_EVERY_S: Final = 0.25
_LOG: Final = structlog.get_logger("relay.orders")
_Mark = tuple[tuple[int, int, int] | None, ...]


class DrainOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The content of ``drain.json``."""

    elsewhere: dict[GateRole, tuple[str, ...]]
    reason: str


def next_key_file(key_file: Path) -> Path:
    """Return where the relay's next key lies while the key is being turned: ``relay.key`` → ``relay.next.key``."""
    return key_file.with_name(f"{key_file.stem}.next{key_file.suffix}")


class OrdersFiles:
    """The orders in force; call it from any thread."""

    def __init__(self, *, key_file: Path, run_dir: Path) -> None:
        self._next_key = next_key_file(key_file)
        self._drain = run_dir / DRAIN_FILE
        self._mark: _Mark | None = None
        self._looked_s = float("-inf")
        self._orders = NO_ORDERS

    def begin(self) -> None:
        """Forget the drain of an earlier run."""
        self._drain.unlink(missing_ok=True)
        self._drain.with_name(DRAINED_FILE).unlink(missing_ok=True)

    def __call__(self) -> Orders:
        """Return the orders as they are now; costs two stats at most each LOOK_EVERY_S."""
        now_s = time.monotonic()
        if now_s - self._looked_s >= LOOK_EVERY_S:
            self._looked_s = now_s
            mark = (_mark_of(self._next_key), _mark_of(self._drain))
            if mark != self._mark:
                self._mark = mark
                self._orders = self._read()
        return self._orders

    def note_left(self, sessions: Mapping[str, int]) -> None:
        """While the relay is drained, tell the one who waits how many sessions are left."""
        if self().elsewhere:
            path = self._drain.with_name(DRAINED_FILE)
            fresh = path.with_suffix(".new")
            fresh.write_bytes(msgspec.json.encode(dict(sessions)))
            fresh.replace(path)

    def _read(self) -> Orders:
        announced, elsewhere, reason = self._orders.next_relay_key, dict(self._orders.elsewhere), self._orders.reason
        try:
            announced = parse_key_pair(self._next_key.read_text(encoding="utf-8")).public_key
        except FileNotFoundError:
            announced = ""
        except (KeyFileError, OSError, UnicodeDecodeError) as error:
            _LOG.error("next_key_refused", path=str(self._next_key), fault=str(error))
        try:
            drain = msgspec.json.decode(self._drain.read_bytes(), type=DrainOrder)
            elsewhere, reason = drain.elsewhere, drain.reason
        except FileNotFoundError:
            elsewhere, reason = {}, ""
        except (msgspec.MsgspecError, OSError, UnicodeDecodeError) as error:
            _LOG.error("drain_refused", path=str(self._drain), fault=str(error))
        orders = Orders(next_relay_key=announced, elsewhere=elsewhere, reason=reason)
        if orders != self._orders:
            _LOG.warning(
                "orders_changed",
                next_key=announced,
                drained_to={gate.value: list(to) for gate, to in elsewhere.items()},
                reason=reason,
            )
        return orders


def _mark_of(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size
