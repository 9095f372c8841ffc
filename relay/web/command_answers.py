"""Handing a command to the writer from a page and turning what it was answered into an HTTP answer."""

import asyncio

from patrol_wire.ids import CommandId
from relay.core.commands import CommandResult, DeskCommand
from relay.core.dispatches import Answer
from relay.web.faults import NotDoneError
from relay.web.parts import DeskParts

ANSWER_WITHIN_S = 10.0
"""The writer answers after its commit, usually within milliseconds; a store that hangs must not hang the page."""


async def answer_of(parts: DeskParts, command: DeskCommand, command_id: CommandId, *, subject: str) -> CommandResult:
    """Submit and wait for the commit; raises NotDoneError for what was not done and for a store that hangs."""
    try:
        async with asyncio.timeout(ANSWER_WITHIN_S):
            # Shielded: a page that goes away does not take back what it asked for.
            result = await asyncio.shield(asyncio.wrap_future(parts.submit(command)))
    except TimeoutError as error:
        raise NotDoneError(
            503,
            "no_answer",
            f"the store has not answered within {ANSWER_WITHIN_S:.0f} s; ask again with {command_id}",
        ) from error
    if result.answer is Answer.UNKNOWN:
        raise NotDoneError(404, "not_found", result.reason or f"there is no {subject}")
    if result.answer is Answer.REFUSED:
        raise NotDoneError(409, "refused", result.reason)
    return result
