"""Brings what was refused into the store, every few seconds and once more at the end."""

import asyncio
from concurrent.futures import Future
from typing import Final

import structlog

from relay.core.commands import CommandResult, DeskBusyError, RefusalsCounted, Submit
from relay.ops.refusal_log import RefusalLog

EVERY_S: Final = 2.0
LAST_WITHIN_S: Final = 1.0
_LOG: Final = structlog.get_logger("relay.refusals")


async def keep_refusals(log: RefusalLog, submit: Submit) -> None:
    """Run until cancelled; what could not be stored is counted with what comes next, and said at the end."""
    try:
        while True:
            await asyncio.sleep(EVERY_S)
            store_refusals(log, submit)
    finally:
        stored = store_refusals(log, submit)
        if stored is not None:
            try:
                await asyncio.wait_for(asyncio.wrap_future(stored), LAST_WITHIN_S)
            except (TimeoutError, DeskBusyError):
                _LOG.warning("refusals_not_stored", lines=len(log.take()))


def store_refusals(log: RefusalLog, submit: Submit) -> "Future[CommandResult] | None":
    """Hand over what is not stored yet; None when there is nothing, or the writer takes nothing now."""
    taken = log.take()
    if not taken:
        return None
    try:
        stored = submit(RefusalsCounted(tallies=taken))
    except DeskBusyError:
        log.give_back(taken)
        return None

    def settled(future: "Future[CommandResult]") -> None:
        if future.cancelled() or future.exception() is not None:
            log.give_back(taken)

    stored.add_done_callback(settled)
    return stored
