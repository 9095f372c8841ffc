"""Publishes each month when its days of grace are over, by the same command that the duty officer may give earlier.

Idempotent: a month is published once, so several relays on one store, or a restart in the middle, ask in vain.
"""

from concurrent.futures import Future
from datetime import tzinfo

from sqlalchemy import Connection, Engine

from patrol_wire.ids import CommandId
from relay.core.commands import CommandResult, PublishMonth, Submit
from relay.core.releases import AUTOMATIC, due_months
from relay.ops.ids import IdSource
from relay.store import releases


class MonthEnd:
    """Looks at the calendar when asked to; every call blocks on the store, so not on the event loop."""

    def __init__(self, *, reader: Engine, submit: Submit, zone: tzinfo, after_days: int) -> None:
        self._reader = reader
        self._submit = submit
        self._zone = zone
        self._after_days = after_days
        self._ids = IdSource()

    def look(self, now_us: int) -> list[Future[CommandResult]]:
        """Ask for every month that is due; the futures tell when it is published. Raises DeskBusyError: look again."""
        with self._reader.connect() as connection:
            due = self._due(connection, now_us)
        return [
            self._submit(
                PublishMonth(
                    command_id=CommandId(self._ids.take(now_us)),
                    actor=AUTOMATIC,
                    month=month,
                    reason=f"{self._after_days} days after its end",
                )
            )
            for month in due
        ]

    def _due(self, connection: Connection, now_us: int) -> tuple[str, ...]:
        return due_months(
            releases.counted_months(connection),
            now_us=now_us,
            zone=self._zone,
            after_days=self._after_days,
            published=releases.published_months(connection),
        )
