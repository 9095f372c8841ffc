"""A page's side of the room's sockets: connects, keeps what it is sent, and decodes the video it got."""

import base64
import io
import json
from contextlib import ExitStack
from threading import Thread
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

Picture = npt.NDArray[np.uint8]


class LivePage:
    """One open socket; a thread of its own reads it."""

    def __init__(self, port: int, path: str, *, token: str | None = None, origin: str | None = None) -> None:
        protocols = [Subprotocol("patrol.v1")]
        if token is not None:
            packed = base64.urlsafe_b64encode(token.encode()).decode().rstrip("=")
            protocols.append(Subprotocol(f"bearer.{packed}"))
        self._stack = ExitStack()
        opening = connect(
            f"ws://127.0.0.1:{port}{path}",
            subprotocols=protocols,
            origin=None if origin is None else Origin(origin),
            max_size=None,
            compression=None,
        )
        self.socket: ClientConnection = self._stack.enter_context(opening)
        self.notes: list[dict[str, Any]] = []
        self.binaries: list[bytes] = []
        """Everything binary, in order: an init segment after each start, then fragments."""
        self.close_code: int | None = None
        self._thread = Thread(target=self._read, daemon=True)
        self._thread.start()

    def of(self, kind: str) -> list[dict[str, Any]]:
        """Return the notes of one type."""
        return [note for note in list(self.notes) if note["type"] == kind]

    @property
    def last_state(self) -> str:
        """The state said last, empty before the first."""
        said = self.of("state")
        return str(said[-1]["state"]) if said else ""

    def pictures(self) -> list[Picture]:
        """Decode what came since the newest start, as RGB pictures."""
        binaries = list(self.binaries)
        first = max(number for number, one in enumerate(binaries) if one[4:8] == b"ftyp")
        return decoded(b"".join(binaries[first:]))

    def close(self) -> None:
        """End it."""
        self._stack.close()
        self._thread.join(timeout=5)

    def __enter__(self) -> "LivePage":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read(self) -> None:
        try:
            for message in self.socket:
                if isinstance(message, bytes):
                    self.binaries.append(message)
                else:
                    self.notes.append(json.loads(message))
        except ConnectionClosed:
            pass
        self.close_code = self.socket.close_code


def decoded(film: bytes) -> list[Picture]:
    """Return all pictures of an MP4."""
    with av.open(io.BytesIO(film), mode="r") as container:
        return [frame.to_ndarray(format="rgb24").astype(np.uint8) for frame in container.decode(video=0)]
