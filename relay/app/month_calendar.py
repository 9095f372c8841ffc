"""The task that looks at the calendar each minute, so that a month is published when its days of grace are over."""

import asyncio
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from relay.core.commands import DeskBusyError
from relay.ops.clock import Clock
from relay.publish.month_end import MonthEnd

LOOK_EVERY_S: Final = 60.0
_LOG: Final = structlog.get_logger("relay")


async def publish_months(calendar: MonthEnd, clock: Clock) -> None:
    """Run until cancelled; a month is published by the writer like any command, and a failed look is repeated."""
    while True:
        try:
            for asked in await asyncio.to_thread(calendar.look, clock.now_us()):
                result = await asyncio.wrap_future(asked)
                _LOG.info("month_published", answer=result.answer, text=result.reason)
        except (SQLAlchemyError, DeskBusyError) as error:
            _LOG.error("months_not_published", fault=str(error)[:500])
        await asyncio.sleep(LOOK_EVERY_S)
