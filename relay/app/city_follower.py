"""Follows what another relay on the same store imported; this relay's own imports are in force already."""

import asyncio
from typing import Final

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from relay.app.city_work import Elsewhere
from relay.app.writer import Writer
from relay.core.commands import DeskBusyError
from relay.store.city_keeper import CityKeeper
from relay.store.errors import StoreError

EVERY_S: Final = 2.0
_LOG: Final = structlog.get_logger("relay")


async def follow_city(keeper: CityKeeper, reader: Engine, writer: Writer) -> None:
    """Look for a newer version for ever; one that cannot be read is told and tried again."""
    while True:
        await asyncio.sleep(EVERY_S)
        try:
            found = await asyncio.to_thread(_newer, keeper, reader, writer.cities.in_force.version)
            if found is not None:
                await asyncio.wrap_future(writer.city_work.submit(found))
        except (SQLAlchemyError, StoreError, DeskBusyError, ValueError) as error:
            _LOG.error("city_not_followed", fault=str(error)[:500])


def _newer(keeper: CityKeeper, reader: Engine, version: int) -> Elsewhere | None:
    with reader.connect() as connection:
        found = keeper.stored(connection, above=version)
    return Elsewhere(city=found[0], version=found[1]) if found is not None else None
