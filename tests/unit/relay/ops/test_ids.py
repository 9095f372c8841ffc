"""Ids of one burst follow one another, so that their rows do in the store's indexes."""

import re
from typing import get_args

from patrol_wire.limits import Uuid
from relay.ops.ids import IdSource

_NOW_US = 1_790_000_000_123_456


def test_ids_of_one_moment_sort_in_the_order_they_were_taken() -> None:
    """Also beyond the pool of random steps."""
    source = IdSource()
    taken = [source.take(_NOW_US) for _ in range(5_000)]
    assert taken == sorted(set(taken))


def test_ids_taken_together_go_on_where_the_one_before_ended() -> None:
    """More than the pool holds, none, and one by one in between."""
    source = IdSource()
    taken = [source.take(_NOW_US), *source.take_many(_NOW_US, 3_000), *source.take_many(_NOW_US, 0)]
    taken += [source.take(_NOW_US), *source.take_many(_NOW_US, 13)]
    assert len(taken) == 3_015
    assert taken == sorted(set(taken))
    assert source.take_many(_NOW_US + 1, 2)[0] > taken[-1]


def test_ids_are_what_the_wire_calls_a_uuid() -> None:
    """Version 7, variant 2."""
    pattern = str(get_args(Uuid)[1].pattern)
    assert all(re.match(pattern, IdSource().take(_NOW_US + step)) for step in range(100))
    assert IdSource().take(_NOW_US)[14] == "7"


def test_a_moment_that_comes_again_and_another_relay_give_other_ids() -> None:
    """The clock may be set back, and two relays share one database."""
    source, other = IdSource(), IdSource()
    first = [source.take(_NOW_US) for _ in range(100)]
    source.take(_NOW_US + 1)
    again = [source.take(_NOW_US) for _ in range(100)]
    assert len({*first, *again, *(other.take(_NOW_US) for _ in range(100))}) == 300
