"""The CAP channel: posts messages that were issued to an aggregator (``application/cap+xml``), unchanged."""

import asyncio
from collections.abc import Callable, Mapping

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from relay.core.attempts import Answered, Verdict
from relay.core.notices import Notice
from relay.notify.http_answers import ask, new_client
from relay.ops.clock import Clock
from relay.store import cap_messages

CAP_TYPE = "application/cap+xml"


class CapSender:
    """Sends to one URL. ``of_test`` makes the message of a technician's test, which was never issued."""

    def __init__(
        self,
        *,
        url: str,
        headers: Mapping[str, str],
        timeout_s: float,
        reader: Engine,
        clock: Clock,
        of_test: Callable[[Notice], str],
    ) -> None:
        self._url = url
        self._headers = headers
        self._reader = reader
        self._clock = clock
        self._of_test = of_test
        self._client = new_client(timeout_s)

    async def send(self, notice: Notice) -> Answered:
        """Post one message; 2xx means that the aggregator has it."""
        try:
            body = self._of_test(notice) if notice.test else await asyncio.to_thread(self._body, notice.target)
        except SQLAlchemyError as error:
            return Answered(verdict=Verdict.REFUSED_FOR_NOW, reason=f"the store does not answer ({error})"[:500])
        if body is None:
            return Answered(verdict=Verdict.REFUSED_FOR_GOOD, reason=f"no CAP message {notice.target} was issued")
        headers = {"Content-Type": CAP_TYPE, "Idempotency-Key": notice.key, **self._headers}
        request = self._client.build_request("POST", self._url, content=body.encode(), headers=headers)
        return await ask(self._client, request, self._clock, taken=Verdict.DELIVERED)

    async def close(self) -> None:
        """Close kept connections."""
        await self._client.aclose()

    def _body(self, number: str) -> str | None:
        with self._reader.connect() as connection:
            row = cap_messages.by_number(connection, int(number))
            return row.body if row is not None else None
