"""The core's end of a gate that answers everybody, for tests and benches of many peers."""

from threading import Event, Thread

from patrol_wire import codec
from patrol_wire.messages import Pong
from relay.core.field import FieldMessage, SessionGone
from tests.support.gate_site import GateSite

PONG = codec.encode(Pong(ping_sent_at=1, commits=1, last_commit_at=1, clock=1), hop=1)


class AnsweringCore:
    """The core's end in a thread: answers each message and remembers the sessions."""

    def __init__(self, site: GateSite) -> None:
        self._site = site
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="core", daemon=True)
        self.sessions: dict[str, bytes] = {}
        self.gone: list[SessionGone] = []
        self.told: list[tuple[bytes, bytes]] = []
        """Frames for the thread to send: the port has one owner."""

    def __enter__(self) -> "AnsweringCore":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join(5)

    def _run(self) -> None:
        while not self._stopping.is_set():
            for item in self._site.port.receive(within_s=0.02, limit=1_000):
                if isinstance(item, FieldMessage):
                    self.sessions[item.node] = item.session
                    self._site.port.send(item.session, PONG)
                elif isinstance(item, SessionGone):
                    self.gone.append(item)
            while self.told:
                self._site.port.send(*self.told.pop())
