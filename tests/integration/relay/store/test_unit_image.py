"""The image of the force is what the store holds at each transaction, with several relays and after a rollback."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from msgspec.structs import replace
from sqlalchemy import Connection, Engine

from patrol_wire.ids import UnitId
from relay.core.candidates import UnitNow
from relay.store import schema, sequences, units
from relay.store.engine import writer_engine
from relay.store.sequences import Numbers
from relay.store.tables import UNIT_CHANGE
from relay.store.unit_image import UnitImage
from tests.support.small_city import small_city

UNIT = UnitId("unit-0-near")


@pytest.fixture
def engine(store_url: str) -> Iterator[Engine]:
    made = writer_engine(store_url)
    schema.prepare(made)
    with made.begin() as connection:
        sequences.begin(connection)
        units.enrol(connection, small_city().units)
    yield made
    made.dispose()


def _seen(engine: Engine, image: UnitImage) -> dict[UnitId, UnitNow]:
    with engine.begin() as connection:
        return dict(image.follow(connection, Numbers(connection)))


def _stored(engine: Engine) -> dict[UnitId, UnitNow]:
    with engine.begin() as connection:
        return units.everybody(connection)


@contextmanager
def _moving(engine: Engine, image: UnitImage, lon: float) -> Iterator[Connection]:
    """A burst of a relay with this image: it follows, changes a unit, stores."""
    with engine.begin() as connection:
        numbers = Numbers(connection)
        now = image.follow(connection, numbers)
        moved = [replace(now[UNIT], lon=lon, lat=0.05, fix_us=int(lon * 1_000))]
        units.update(connection, numbers.take(UNIT_CHANGE, len(moved)), moved)
        numbers.store(connection)
        yield connection


def test_two_images_on_one_store_both_see_what_either_changed(engine: Engine) -> None:
    one, other = UnitImage(), UnitImage()
    assert _seen(engine, one) == _seen(engine, other) == _stored(engine)
    for turn, image in enumerate((one, other, other, one), 1):
        with _moving(engine, image, 0.01 * turn):
            pass
        assert _seen(engine, one)[UNIT].lon == _seen(engine, other)[UNIT].lon == pytest.approx(0.01 * turn)
    assert _seen(engine, one) == _seen(engine, other) == _stored(engine)


def test_what_was_rolled_back_never_was(engine: Engine) -> None:
    """Also when the number it would have had is given out again to another change."""
    one, other = UnitImage(), UnitImage()
    before = _seen(engine, one)
    with pytest.raises(RuntimeError, match="cut"), _moving(engine, one, 0.02):
        raise RuntimeError("cut")
    assert _seen(engine, one) == before
    with _moving(engine, other, 0.03):
        pass
    assert _seen(engine, one)[UNIT].lon == _stored(engine)[UNIT].lon == pytest.approx(0.03)


def test_a_unit_that_an_import_adds_is_in_the_image(engine: Engine) -> None:
    image = UnitImage()
    assert "unit-5-near" not in _seen(engine, image)
    with engine.begin() as connection:
        units.enrol(connection, small_city(areas=6).units)
    assert "unit-5-near" in _seen(engine, image)
    assert _seen(engine, image) == _stored(engine)


def test_a_store_that_was_put_back_to_an_earlier_day_is_read_anew(engine: Engine) -> None:
    image = UnitImage()
    with _moving(engine, image, 0.04):
        pass
    assert _seen(engine, image)[UNIT].lon == pytest.approx(0.04)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE unit SET lon = NULL, lat = NULL, fix_us = NULL, change_no = 0")
        connection.exec_driver_sql("UPDATE sequence_head SET head = 0 WHERE name = 'unit_change'")
    assert _seen(engine, image)[UNIT].lon is None
