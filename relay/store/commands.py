"""Commands and what they were answered: a replay gets the first answer and has no second effect."""

from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import Connection, select

from patrol_wire.ids import CommandId
from relay.core.commands import CommandResult
from relay.core.dispatches import Answer
from relay.store.bulk import InsertMany, SelectIn
from relay.store.tables import command

# Commands of a burst with their answers.
_INSERT: Final = InsertMany(command)
# Commands that may have come before.
_BY_ID: Final = SelectIn(select(command), command.c.command_id)


def load(connection: Connection, command_ids: Iterable[str]) -> dict[CommandId, tuple[str, CommandResult]]:
    """Return who gave each known command and what it was answered."""
    return {
        CommandId(row[0]): (
            row[1],
            CommandResult(
                command_id=CommandId(row[0]),
                answer=Answer(row[4]),
                reason=row[5],
                dispatch_state=row[6],
                incident_state=row[7],
                revision=row[8],
            ),
        )
        for row in _BY_ID.run(connection, command_ids)
    }


def insert(
    connection: Connection, answered: Sequence[tuple[CommandId, str, str, str, CommandResult]], at_us: int
) -> None:
    """Keep answers: command_id, actor, step, subject (dispatch, incident or unit), result."""
    _INSERT.run(
        connection,
        [
            (
                command_id,
                actor[:64],
                step,
                subject,
                result.answer.value,
                result.reason,
                result.dispatch_state,
                result.incident_state,
                result.revision,
                at_us,
            )
            for command_id, actor, step, subject, result in answered
        ],
    )
