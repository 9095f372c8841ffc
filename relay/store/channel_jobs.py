"""The queue of the channels: planned sends, claims that die with their holder, and every attempt.

On SQLite the one writer claims; on PostgreSQL rows are locked with SKIP LOCKED, so that relays never wait for one
another's claims.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from sqlalchemy import Connection, bindparam, func, select, update

from patrol_wire.ids import DispatchId, IncidentId
from relay.core.channels import Job, Occasion
from relay.core.notifications import Channel, NotificationState
from relay.store.bulk import AnyRow, InsertMany, RunMany, SelectIn, UpdateMany
from relay.store.channel_tables import channel_attempt, channel_job
from relay.store.tables import notification

_FIELDS: Final = tuple(column for column in channel_job.columns if column.name != "done")
# What a burst plans.
_INSERT: Final = InsertMany(channel_job)
# Claims, retries and ends.
_UPDATE: Final = UpdateMany(
    channel_job, changed=("due_us", "tries", "held_by", "held_until_us", "done", "came_to"), key=("notification_id",)
)
# Attempts that begin.
_BEGIN: Final = InsertMany(channel_attempt)
# Attempts that ended, each once.
_END: Final = RunMany(
    update(channel_attempt)
    .values({name: bindparam(f"new_{name}") for name in ("ended_us", "verdict", "reason", "receipt")})
    .where(channel_attempt.c.notification_id == bindparam("key_id"))
    .where(channel_attempt.c.number == bindparam("key_number"))
    .where(channel_attempt.c.ended_us.is_(None)),
    ["new_ended_us", "new_verdict", "new_reason", "new_receipt", "key_id", "key_number"],
)
# The jobs that commands of a burst name; another relay's claim in progress is left out.
_OPEN: Final = SelectIn(
    select(*_FIELDS).where(channel_job.c.done.is_(False)).with_for_update(skip_locked=True),
    channel_job.c.notification_id,
)
# The rungs of their ladders.
_LADDER: Final = SelectIn(
    select(
        channel_job.c.ladder, notification.c.notification_id, channel_job.c.receiver, channel_job.c.rung,
        notification.c.state, channel_job.c.came_to, notification.c.planned_us,
    ).join(notification, notification.c.notification_id == channel_job.c.notification_id),
    channel_job.c.ladder,
)  # fmt: skip
# The mailbox notifications at the foot of offers' ladders.
_FOOT: Final = SelectIn(
    select(notification.c.notification_id, notification.c.state, notification.c.planned_us),
    notification.c.notification_id,
)
# The newest news of incidents, by receiver.
_NEWEST: Final = SelectIn(
    select(channel_job.c.incident_id, channel_job.c.receiver, channel_job.c.notification_id).where(
        channel_job.c.occasion == bindparam("occasion")
    ),
    channel_job.c.incident_id,
    first=("occasion",),
)
# Lanes with something due; served by ix_channel_job_waiting.
_DUE_LANES: Final = (
    select(channel_job.c.lane, func.min(channel_job.c.due_us))
    .where(channel_job.c.done.is_(False))
    .group_by(channel_job.c.lane)
)
# What a lane may send now, the longest due first.
_DUE: Final = (
    select(*_FIELDS)
    .where(channel_job.c.done.is_(False), channel_job.c.lane == bindparam("lane"))
    .where(channel_job.c.due_us <= bindparam("now_us"), channel_job.c.held_until_us <= bindparam("now_us"))
    .order_by(channel_job.c.due_us, channel_job.c.notification_id)
    .limit(bindparam("limit_"))
)


class RungRow(NamedTuple):
    """One rung of a ladder and how its notification stands."""

    notification_id: int
    receiver: str
    rung: int
    state: NotificationState
    came_to: str
    planned_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRow:
    """One attempt, for the incident's page."""

    notification_id: int
    number: int
    relay: str
    began_us: int
    ended_us: int | None
    verdict: str
    """Empty while it runs, and for ever when the relay was killed during it."""
    reason: str
    receipt: str


def job_of(row: AnyRow) -> Job:
    """Return the value of a row."""
    return Job(
        notification_id=row[0],
        channel=Channel(row[1]),
        receiver=row[2],
        lane=row[3],
        target=row[4],
        incident_id=IncidentId(row[5]),
        dispatch_id=DispatchId(row[6]) if row[6] is not None else None,
        occasion=Occasion(row[7]),
        ladder=row[8],
        rung=row[9],
        planned_us=row[10],
        due_us=row[11],
        tries=row[12],
        held_by=row[13],
        held_until_us=row[14],
        came_to=row[15],
    )


def due_lanes(connection: Connection) -> dict[str, int]:
    """Return the lanes that have something to send, and when the first of it is due."""
    return {row[0]: row[1] for row in connection.execute(_DUE_LANES)}


def due(connection: Connection, lane: str, now_us: int, *, limit: int) -> list[Job]:
    """Return what a lane may send now; whoever wants to send it claims it first."""
    found = connection.execute(_DUE, {"lane": lane, "now_us": now_us, "limit_": limit})
    return [job_of(row) for row in found]


def waiting(connection: Connection) -> dict[str, int]:
    """Return how many sends are planned, by receiver."""
    query = (
        select(channel_job.c.receiver, func.count())
        .where(channel_job.c.done.is_(False))
        .group_by(channel_job.c.receiver)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def sends_of_incident(connection: Connection, incident_id: str) -> dict[int, tuple[Job, list[AttemptRow]]]:
    """Return every send of an incident with its attempts, by notification."""
    jobs = select(*_FIELDS).where(channel_job.c.incident_id == incident_id).order_by(channel_job.c.notification_id)
    attempts = _attempts_of_incident(connection, incident_id)
    return {
        job.notification_id: (job, attempts.get(job.notification_id, []))
        for job in (job_of(row) for row in connection.execute(jobs))
    }


def _attempts_of_incident(connection: Connection, incident_id: str) -> dict[int, list[AttemptRow]]:
    query = (
        select(channel_attempt)
        .join(channel_job, channel_job.c.notification_id == channel_attempt.c.notification_id)
        .where(channel_job.c.incident_id == incident_id)
        .order_by(channel_attempt.c.notification_id, channel_attempt.c.number)
    )
    found: dict[int, list[AttemptRow]] = {}
    for row in connection.execute(query).mappings():
        attempt = AttemptRow(**row)
        found.setdefault(attempt.notification_id, []).append(attempt)
    return found


# --- for the writer -----------------------------------------------------------------------------------------


def load_open(connection: Connection, notification_ids: Iterable[int]) -> dict[int, Job]:
    """Return the jobs that are not done, locked until the commit."""
    return {(job := job_of(row)).notification_id: job for row in _OPEN.run(connection, notification_ids)}


def ladders(connection: Connection, numbers: Iterable[int]) -> dict[int, list[RungRow]]:
    """Return the rungs of ladders, in order; the foot of an offer's ladder is rung 0 with no receiver."""
    numbers = tuple(numbers)
    found: dict[int, dict[int, RungRow]] = {}
    for row in _FOOT.run(connection, numbers):
        foot = RungRow(row[0], "", 0, NotificationState(row[1]), "", row[2])
        found.setdefault(row[0], {})[row[0]] = foot
    for row in _LADDER.run(connection, numbers):
        rung = RungRow(row[1], row[2], row[3], NotificationState(row[4]), row[5], row[6])
        found.setdefault(row[0], {})[row[1]] = rung
    return {ladder: [rungs[number] for number in sorted(rungs)] for ladder, rungs in found.items()}


def newest_news(connection: Connection, incident_ids: Iterable[str]) -> dict[tuple[str, str], int]:
    """Return the number of the newest news by incident and receiver."""
    found: dict[tuple[str, str], int] = {}
    for incident_id, receiver, number in _NEWEST.run(connection, incident_ids, first=(Occasion.NEWS.value,)):
        found[incident_id, receiver] = max(number, found.get((incident_id, receiver), 0))
    return found


def insert(connection: Connection, jobs: Sequence[Job]) -> None:
    """Plan sends; their notifications are there already."""
    _INSERT.run(
        connection,
        [
            (
                job.notification_id,
                job.channel.value,
                job.receiver,
                job.lane,
                job.target,
                job.incident_id,
                job.dispatch_id,
                job.occasion.value,
                job.ladder,
                job.rung,
                job.planned_us,
                job.due_us,
                job.tries,
                job.held_by,
                job.held_until_us,
                False,
                job.came_to,
            )
            for job in jobs
        ],
    )


def store(connection: Connection, jobs: Sequence[tuple[Job, bool]]) -> None:
    """Write jobs back, each with whether it is done."""
    _UPDATE.run(
        connection,
        [
            (job.due_us, job.tries, job.held_by, job.held_until_us, done, job.came_to, job.notification_id)
            for job, done in jobs
        ],
    )


def bring_forward(connection: Connection, ladder: int, *, rung: int, now_us: int) -> None:
    """Let the rung after ``rung`` be tried now: the one before it has failed for good."""
    connection.execute(
        update(channel_job)
        .where(channel_job.c.ladder == ladder, channel_job.c.rung == rung + 1, channel_job.c.done.is_(False))
        .where(channel_job.c.due_us > now_us)
        .values(due_us=now_us)
    )


def begin_attempts(connection: Connection, attempts: Sequence[tuple[int, int, str, int]]) -> None:
    """Note attempts before they begin: notification, number, relay, time."""
    _BEGIN.run(
        connection, [(number, tries, relay, at_us, None, "", "", "") for number, tries, relay, at_us in attempts]
    )


def end_attempts(connection: Connection, ended: Sequence[tuple[int, str, str, str, int, int]]) -> None:
    """Note what attempts came to: time, verdict, reason, receipt, notification, number; one noted already stays."""
    _END.run(connection, ended)


def let_go(connection: Connection) -> None:
    """Free what a relay that was killed had in hand; only where no other relay can be at work."""
    connection.execute(
        update(channel_job)
        .where(channel_job.c.done.is_(False), channel_job.c.held_until_us > 0)
        .values(held_by="", held_until_us=0)
    )
