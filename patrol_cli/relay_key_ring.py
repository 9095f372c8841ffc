"""The relay's keys as a terminal or a consumer keeps them: a file beside its state, or memory without one."""

from collections.abc import Callable, Iterator
from itertools import chain, cycle
from pathlib import Path
from typing import Final

from patrol_cli.durable_file import write_durably
from patrol_cli.peer_socket import PeerSocket
from patrol_wire import relay_keys
from patrol_wire.relay_keys import RelayKeys

SUFFIX: Final = ".relay-key"


class RelayKeyRing:
    """One peer's keys of its relay; decides nothing (``patrol_wire.relay_keys`` does). Owned by one thread."""

    def __init__(self, given: str, state: Path | None = None) -> None:
        """``state`` is the peer's own state file; the keys lie beside it. None: in memory only."""
        self._path = state.with_name(state.name + SUFFIX) if state is not None else None
        self.keys = self._load(given)

    def learn(self, announced: str) -> bool:
        """Keep an announced key durably; True when it was new. Raises OSError."""
        return self._change(relay_keys.learn(self.keys, announced))

    def prove(self, used: str) -> None:
        """A session is open with the key ``used``. Raises OSError."""
        self._change(relay_keys.prove(self.keys, used))

    def _change(self, keys: RelayKeys) -> bool:
        if keys == self.keys:
            return False
        if self._path is not None:
            write_durably(self._path, relay_keys.dump(keys))
        self.keys = keys
        return True

    def _load(self, given: str) -> RelayKeys:
        if self._path is not None and self._path.exists():
            return relay_keys.load(self._path.read_bytes(), given=given)
        return relay_keys.begin(given)


class KeyedSocket:
    """A peer's socket together with the key of the relay it asks for; the other key is tried after refusals."""

    def __init__(
        self, ring: RelayKeyRing, connect: Callable[[str, str], PeerSocket], endpoints: tuple[str, ...]
    ) -> None:
        """``connect`` makes a socket from endpoint and relay key; raises ValueError for an endpoint it cannot use."""
        self.ring = ring
        self._connect = connect
        self._configured = endpoints
        self._following: Iterator[str] = cycle(endpoints)
        self._endpoint = next(self._following)
        self._refused = self._turns = 0
        self._used = ring.keys.current
        self.socket = connect(self._endpoint, self._used)

    def next(self, redirected: tuple[str, ...] = ()) -> None:
        """Make the socket anew: to the first of ``redirected`` that can be used, else to the next configured relay."""
        if redirected:
            self._following = chain(redirected, cycle(self._configured))
        self._used, self._refused = self.ring.keys.current, 0
        self.socket.close()
        for endpoint in self._following:
            try:
                self.socket = self._connect(endpoint, self._used)
            except ValueError:
                if endpoint in self._configured:  # it was usable at the start
                    raise
                continue
            self._endpoint = endpoint
            return

    def linked(self) -> None:
        """The handshake succeeded."""
        self._refused = self._turns = 0

    def refused(self) -> None:
        """A handshake failed; the other key is tried, where there is one, later after several in a row."""
        self._refused += 1
        wanted = relay_keys.other(self.ring.keys, self._used)
        if self._refused < relay_keys.refusals_before_other(self._turns) or wanted == self._used:
            return
        self._used, self._refused, self._turns = wanted, 0, self._turns + 1
        self.socket.close()
        self.socket = self._connect(self._endpoint, wanted)

    def told(self, announced: str) -> bool:
        """A session is open, and its answer announced this key (or none); True when the relay is to be told of it."""
        self.ring.prove(self._used)
        return self.ring.learn(announced)
