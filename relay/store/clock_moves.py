"""What the store holds of moments that were set by the clock, moved when that clock is set."""

from typing import Final

from sqlalchemy import Connection, not_, select, text, update

from relay.core.dispatches import WAITING_STATES
from relay.core.incidents import OPEN_STATES
from relay.store.channel_tables import channel_job
from relay.store.tables import dispatch, incident, record_log, room, timer

_NEWEST: Final = select(record_log.c.received_us).order_by(record_log.c.log_id.desc()).limit(1)
_SERVER: Final = text("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")


def newest_us(connection: Connection) -> int | None:
    """Return when the last record was stored, by the clock of the relay that stored it; None: there is none."""
    found = connection.execute(_NEWEST).scalar()
    return None if found is None else int(found)


def server_us(connection: Connection) -> int | None:
    """Return the database server's own time; None where the store is a file and has none."""
    if connection.dialect.name == "sqlite":
        return None
    return int(connection.execute(_SERVER).scalar_one())


def follow(connection: Connection, by_us: int) -> int:
    """Move what is to happen a while from now, or not after a while, with the clock; return how many timers there are.

    Timers, until when offers wait and open incidents may page, what channels are to try, and when rooms were heard of.
    What is a moment of the calendar (shifts, silences, months) or of the past (history, counts) is left alone.
    """
    moved = connection.execute(update(timer).values(due_us=timer.c.due_us + by_us)).rowcount
    until = incident.c.notify_until_us
    connection.execute(update(incident).where(incident.c.state.in_(OPEN_STATES)).values(notify_until_us=until + by_us))
    answer_by = dispatch.c.answer_by_us
    connection.execute(
        update(dispatch).where(dispatch.c.state.in_(WAITING_STATES)).values(answer_by_us=answer_by + by_us)
    )
    connection.execute(
        update(channel_job)
        .where(not_(channel_job.c.done))
        .values(due_us=channel_job.c.due_us + by_us, held_until_us=channel_job.c.held_until_us + by_us)
    )
    heard = room.c.last_seen_us
    connection.execute(update(room).where(heard.is_not(None)).values(last_seen_us=heard + by_us))
    return moved
