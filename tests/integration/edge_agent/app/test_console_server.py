"""The console's socket: small answers leave at once."""

import asyncio
import socket

from edge_agent.app.console_server import bind_console
from edge_agent.settings.model import ConsoleSettings


def test_an_answer_in_two_pieces_does_not_wait_for_an_acknowledgement() -> None:
    """Without TCP_NODELAY the second piece of every answer waits up to 40 ms: a flag was stored in 2 and told in 48."""
    listening = bind_console(ConsoleSettings(port=0))

    async def serve() -> int:
        told: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            accepted = writer.get_extra_info("socket")
            told.set_result(accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        server = await asyncio.start_server(answer, sock=listening)
        async with server:
            _, writer = await asyncio.open_connection(*listening.getsockname()[:2])
            set_on = await asyncio.wait_for(told, timeout=10)
            writer.close()
        return set_on

    assert asyncio.run(serve()) != 0
