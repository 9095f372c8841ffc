"""Where the background itself moves: what a swaying place shows of itself, and what is another thing in it."""

import tracemalloc

import numpy as np
import numpy.typing as npt

from edge_agent.detect.swaying import MAY_SWAY, Swaying

Plane = npt.NDArray[np.uint8]
SHAPE = (144, 176)
CROWN = (slice(20, 60), slice(60, 110))
MOVING = np.zeros(SHAPE, np.uint8)
MOVING[CROWN] = 255
LEAVES = np.random.default_rng(5).integers(40, 130, (40, 50), dtype=np.uint8)
STILL = np.zeros(SHAPE, np.uint8)


def street(shift: int = 0) -> Plane:
    """Return a grey street and the crown of a tree, its leaves so many columns to the right."""
    plane = np.full(SHAPE, 150, np.uint8)
    plane[CROWN] = np.roll(LEAVES, shift, axis=1)
    return plane


def windy(swaying: Swaying, *, for_s: float, from_s: float = 0.0) -> Plane | None:
    """Let the wind blow, five pictures a second; return what was said of the last one."""
    found = None
    for number in range(int(for_s * 5)):
        found = swaying.look(street(1 + number % 5), street(), MOVING, from_s + number / 5)
    return found


def share(found: Plane, place: tuple[slice, slice]) -> float:
    return float(np.count_nonzero(found[place]) / found[place].size)


def test_a_place_is_restless_after_seconds_of_wind_and_not_before() -> None:
    swaying = Swaying(SHAPE)
    assert windy(swaying, for_s=1.0) is None
    rising = windy(swaying, for_s=1.0, from_s=1.0)
    assert rising is not None
    assert set(np.unique(rising)) == {0, MAY_SWAY}, "wind may be rising, which is not known yet"
    found = windy(Swaying(SHAPE), for_s=8.0)
    assert found is not None
    assert share(found, CROWN) > 0.9
    assert share(found, (slice(90, 140), slice(0, 176))) == 0.0, "the road does not sway"


def test_what_shows_something_else_than_the_leaves_is_a_thing_in_a_restless_place() -> None:
    swaying = Swaying(SHAPE)
    windy(swaying, for_s=8.0)
    picture, somebody = street(3), (slice(30, 55), slice(80, 88))
    picture[somebody] = 235
    found = swaying.look(picture, street(), MOVING, 8.2)
    assert found is not None
    assert share(found, somebody) < 0.1


def test_who_passes_once_makes_no_place_restless() -> None:
    swaying = Swaying(SHAPE)
    for number in range(50):
        picture, changed = street(), STILL.copy()
        place = (slice(90, 120), slice(3 * number, 3 * number + 8))
        picture[place] = 145
        changed[place] = 255
        assert swaying.look(picture, street(), changed, number / 5) is None


def test_a_busy_road_is_no_rising_wind_for_longer_than_seconds() -> None:
    """As much changes as in a crown in the wind, but no pixel for long, and it goes on."""
    swaying = Swaying(SHAPE)
    said = []
    for number in range(300):
        changed = STILL.copy()
        changed[20:60, [column % 176 for column in range(5 * number, 5 * number + 20)]] = 255
        said.append(swaying.look(street(), street(), changed, number / 5) is not None)
    assert not any(said[100:])


def test_a_lull_of_minutes_is_waited_for_and_a_longer_one_is_not() -> None:
    """Wind comes and goes; what has not moved for so long is no more restless than the rest."""
    swaying = Swaying(SHAPE)
    windy(swaying, for_s=8.0)
    lull = [swaying.look(street(), street(), STILL, 8.0 + second) for second in (1.0, 60.0, 180.0, 400.0)]
    assert [found is not None for found in lull] == [True, True, True, False]


def test_a_calm_street_keeps_nothing_of_the_wind() -> None:
    """Most cameras are calm, and what is known of wind is 0.15 MB a camera; it goes when the wind has long gone."""

    def kept(*, wind_s: float, calm_s: float) -> int:
        tracemalloc.start()
        try:
            swaying = Swaying(SHAPE)
            windy(swaying, for_s=wind_s)
            for number in range(int(calm_s)):
                swaying.look(street(), street(), STILL, wind_s + number)
            return tracemalloc.get_traced_memory()[0]
        finally:
            tracemalloc.stop()

    kept(wind_s=8.0, calm_s=10.0)  # what is made once is there before
    calm = kept(wind_s=0.0, calm_s=310.0)
    plane = SHAPE[0] * SHAPE[1]
    assert kept(wind_s=8.0, calm_s=1.0) - calm > 5 * plane
    assert kept(wind_s=8.0, calm_s=310.0) - calm < plane // 2
