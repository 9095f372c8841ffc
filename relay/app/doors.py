"""Whether the relay's ports can be had, asked before anything starts: a taken one is refused in a sentence.

The gates bind for themselves, each in its own process; a relay that says "ready" with a door that stays shut helps
nobody. The gates of a relay that was killed end within a second of it, so a taken port is given that time.
"""

import socket
from collections.abc import Mapping
from time import monotonic, sleep
from typing import Final

from relay.errors import RefusedError

GIVEN_UP_WITHIN_S: Final = 3.0
_LOOK_EVERY_S: Final = 0.05


def refuse_taken(binds: Mapping[str, str], *, within_s: float = GIVEN_UP_WITHIN_S) -> None:
    """Return when every address can be bound; raises RefusedError naming the first that cannot after ``within_s``.

    ``binds`` maps the key of the configuration to ``tcp://HOST:PORT``.
    """
    deadline_s = monotonic() + within_s
    for key, bind in binds.items():
        while (fault := _fault(bind)) is not None:
            if monotonic() >= deadline_s:
                raise RefusedError(f"{key} {bind}: cannot be had ({fault}); end what holds it, or name another")
            sleep(_LOOK_EVERY_S)


def listen(host: str, port: int) -> socket.socket:
    """Return the web's listening socket; raises RefusedError when the address is taken or not ours."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.create_server((host, port), family=family, backlog=256)
        # Connections inherit it. asyncio sets it only where a socket names TCP as its protocol; this one does not, and
        # the second half of every answer would wait up to 40 ms for a delayed acknowledgement.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listening
    except OSError as error:
        raise RefusedError(
            f"[web] cannot listen on {host}:{port} ({(error.strerror or str(error)).partition(' (while')[0]}); "
            "choose another port or end what holds it"
        ) from error


def _fault(bind: str) -> str | None:
    """Return why the address cannot be bound now, None when it can."""
    host, _, port = bind.removeprefix("tcp://").rpartition(":")
    if host in {name for _, name in socket.if_nameindex()}:
        return None  # libzmq takes the name of a network interface; the gate tells whether that works
    host = "0.0.0.0" if host == "*" else host.strip("[]")  # what the configuration asks for
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        socket.create_server((host, int(port)), family=family).close()
    except OSError as error:
        return (error.strerror or str(error)).partition(" (while")[0]
    return None
