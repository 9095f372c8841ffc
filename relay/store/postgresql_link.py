"""A connection to PostgreSQL that does not wait for ever: a server that hangs says nothing, and TCP finds it well.

After ``answer_within_s`` without an answer the connection is given up, as if the server had cut it; what became of a
commit under way is then unknown, and the writer tries the burst again, which has no second effect.
"""

from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen

Value = TypeVar("Value")
_INTERVAL_S = 0.1


class ImpatientConnection(psycopg.Connection[Any]):
    """What SQLAlchemy opens for the writer."""

    answer_within_s: float | None = None
    """None: as long as it takes (migrations)."""

    def wait(self, gen: PQGen[Value], interval: float = _INTERVAL_S, timeout: float | None = None) -> Value:
        """Wait for the server; raises OperationalError, with the connection closed, when it does not answer."""
        limit_s = timeout if timeout is not None else self.answer_within_s
        try:
            return super().wait(gen, interval, limit_s)
        except psycopg.errors._WaitTimeout as error:  # noqa: SLF001  # the only name psycopg has for it
            self.pgconn.finish()
            raise psycopg.OperationalError(f"the server has not answered for {limit_s:g} s: it hangs") from error
