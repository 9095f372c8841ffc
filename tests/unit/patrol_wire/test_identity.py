"""Identifiers and the chain behave as RFC 9562 and the wire protocol say."""

import os
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patrol_wire.chain import CHAIN_START, chain_link
from patrol_wire.uuid7 import uuid7
from patrol_wire.version import choose_version


@given(st.integers(0, 2**47 * 1000), st.binary(min_size=8, max_size=8))
def test_an_id_is_a_version_7_uuid_holding_its_millisecond(unix_us: int, randomness: bytes) -> None:
    value = uuid.UUID(uuid7(unix_us, randomness))
    assert value.version == 7
    assert value.variant == uuid.RFC_4122
    assert value.int >> 80 == unix_us // 1000


def test_ids_of_one_source_sort_by_time_below_the_millisecond() -> None:
    moments = range(1_764_000_000_000_000, 1_764_000_000_003_000, 7)
    ids = [uuid7(moment, os.urandom(8)) for moment in moments]
    assert ids == sorted(ids)


def test_too_little_randomness_is_refused() -> None:
    with pytest.raises(ValueError, match="8 random bytes"):
        uuid7(0, b"1234567")


def test_the_chain_differs_after_any_change() -> None:
    honest = chain_link(chain_link(CHAIN_START, b"one"), b"two")
    assert honest != chain_link(chain_link(CHAIN_START, b"onf"), b"two")
    assert honest != chain_link(chain_link(CHAIN_START, b"two"), b"one")
    assert len(honest) == 8


@pytest.mark.parametrize(
    ("lowest", "highest", "chosen"),
    [(1, 1, 1), (1, 9, 1), (2, 9, None), (0, 0, None)],
)
def test_the_highest_version_both_speak_is_chosen(lowest: int, highest: int, chosen: int | None) -> None:
    assert choose_version(lowest, highest) == chosen
