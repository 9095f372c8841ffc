"""Serves the console: uvicorn in a thread of its own over a socket that is bound before anything starts."""

import socket
import threading
from typing import Final

import uvicorn
from fastapi import FastAPI

from edge_agent.settings.errors import SettingsError
from edge_agent.settings.model import ConsoleSettings

_BACKLOG: Final = 128
_LARGEST_SAID_BYTES: Final = 4_096
"""Pages only listen on their sockets; whoever says more is cut off."""


def bind_console(settings: ConsoleSettings) -> socket.socket:
    """Return the listening socket; raises SettingsError when the address cannot be had."""
    try:
        family = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0][0]
        # The protocol is named because asyncio sends small answers at once (TCP_NODELAY) only where it reads it there:
        # else the second half of each waits up to 40 ms for the other side's delayed acknowledgement.
        listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    except OSError as error:
        raise SettingsError(
            f"console.host {settings.host}: is no address of this machine ({error}); mend it"
        ) from error
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
    except OSError as error:
        listening.close()
        raise SettingsError(
            f"console.port {settings.port} on {settings.host}: cannot be had ({error.strerror}); "
            f"stop the other program or name another port (0 lets the system choose)"
        ) from error
    listening.listen(_BACKLOG)
    listening.set_inheritable(False)
    return listening


_KEEP_ALIVE_S: Final = 600
"""A flag every few minutes finds its connection open: a new one costs a round trip, and more in a busy room."""


class ConsoleServer:
    """The console's thread."""

    def __init__(self, app: FastAPI, listening: socket.socket) -> None:
        self._listening = listening
        self.port: int = listening.getsockname()[1]
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                lifespan="off",
                server_header=False,
                timeout_graceful_shutdown=1,
                timeout_keep_alive=_KEEP_ALIVE_S,
                ws_per_message_deflate=False,  # video does not shrink, and trying costs more than all else
                ws_max_size=_LARGEST_SAID_BYTES,
            )
        )
        self._thread = threading.Thread(target=self._serve, name="console", daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    @property
    def is_answering(self) -> bool:
        """Whether requests are taken."""
        return self._server.started and self._thread.is_alive()

    def stop(self) -> None:
        """Finish open requests, for at most a second."""
        self._server.should_exit = True
        if self._thread.ident is not None:
            self._thread.join(timeout=1.5)
        self._listening.close()

    def _serve(self) -> None:
        self._server.run(sockets=[self._listening])
