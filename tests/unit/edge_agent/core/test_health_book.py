"""The machines of one camera together: one outage is one alert, and what cannot be seen is left as it is."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.core.camera_health import CAMERA_CONDITIONS, HealthCondition, HealthPatience, Sign
from edge_agent.core.health_book import (
    NO_PICTURES,
    HealthBook,
    HealthChange,
    HealthCleared,
    HealthRaised,
    Sighting,
    Sightings,
)

LOST, STALLED, FROZEN = NO_PICTURES
BLACK, COVERED, MOVED = HealthCondition.BLACK, HealthCondition.COVERED, HealthCondition.MOVED
TEN = HealthPatience(after_s=10.0, clear_after_s=20.0)


def seen(*bad: HealthCondition, unknown: tuple[HealthCondition, ...] = ()) -> Sightings:
    """Return a look at a camera that has these conditions, of which these cannot be told, and is else well."""
    return {
        condition: Sighting(sign=Sign.BAD, reason=f"it is {condition.value}")
        if condition in bad
        else Sighting(sign=Sign.UNKNOWN if condition in unknown else Sign.GOOD)
        for condition in CAMERA_CONDITIONS
    }


NO_LINK = (STALLED, FROZEN)
WELL = seen()


class Watched:
    """A book that is looked into every second."""

    def __init__(self, *without: HealthCondition) -> None:
        self.book = HealthBook(dict.fromkeys(sorted(CAMERA_CONDITIONS - set(without)), TEN))
        self.told: list[HealthChange] = []
        self._at_s = 0.0

    def look(self, sightings: Sightings, seconds: int) -> list[HealthChange]:
        """Look for so many seconds; return what was told."""
        new: list[HealthChange] = []
        for _ in range(seconds):
            self._at_s += 1.0
            new.extend(self.book.look(sightings, self._at_s))
        self.told += new
        return new


def words(changes: list[HealthChange]) -> list[tuple[str, HealthCondition]]:
    return [("raised" if isinstance(change, HealthRaised) else "cleared", change.condition) for change in changes]


def test_a_raise_and_a_clear_carry_their_reason() -> None:
    camera = Watched()
    assert camera.look(seen(BLACK), 11) == [HealthRaised(condition=BLACK, reason="it is black")]
    assert camera.look(WELL, 21) == [HealthCleared(condition=BLACK, reason="no sign of it for 20 s")]


def test_one_outage_is_one_alert_however_the_camera_fails_meanwhile() -> None:
    """Refused, then reached but silent, then the same picture again and again: it is over when new pictures come."""
    camera = Watched()
    camera.look(seen(LOST, unknown=NO_LINK), 15)
    for _ in range(5):
        camera.look(seen(STALLED, unknown=(LOST, FROZEN)), 15)
        camera.look(seen(FROZEN, unknown=(LOST, STALLED)), 15)
        camera.look(WELL, 10)
        camera.look(seen(LOST, unknown=NO_LINK), 15)
    camera.look(WELL, 30)
    assert words(camera.told) == [("raised", LOST), ("cleared", LOST)]


def test_a_loss_that_says_more_replaces_what_said_less() -> None:
    camera = Watched()
    camera.look(seen(FROZEN), 15)
    assert camera.look(seen(LOST, unknown=NO_LINK), 15) == [
        HealthRaised(condition=LOST, reason="it is lost"),
        HealthCleared(condition=FROZEN, reason="the camera is lost now"),
    ]
    assert words(camera.look(WELL, 30)) == [("cleared", LOST)]


def test_a_camera_that_alternates_between_two_failures_is_told_all_the_same() -> None:
    """Neither lasts for its hold-off at a stretch, and no picture comes for a minute."""
    camera = Watched()
    for _ in range(6):
        camera.look(seen(STALLED, unknown=(LOST, FROZEN)), 5)
        camera.look(seen(LOST, unknown=NO_LINK), 5)
    assert words(camera.told)[0] in {("raised", STALLED), ("raised", LOST)}
    assert len(camera.book.told) == 1


def test_what_the_picture_shows_stays_as_it_is_while_there_is_no_picture() -> None:
    camera = Watched()
    camera.look(seen(COVERED), 15)
    assert words(camera.look(seen(LOST, unknown=NO_LINK), 100)) == [("raised", LOST)]
    assert camera.book.told == {LOST, COVERED}
    assert words(camera.look(WELL, 30)) == [("cleared", LOST), ("cleared", COVERED)]


def test_nobody_can_tell_whether_a_black_picture_is_covered_or_moved() -> None:
    camera = Watched()
    assert words(camera.look(seen(BLACK, COVERED, MOVED), 60)) == [("raised", BLACK)]


def test_a_condition_that_is_not_watched_is_never_told_and_still_hides_others() -> None:
    camera = Watched(LOST, FROZEN)
    assert camera.look(seen(LOST, COVERED, unknown=NO_LINK), 100) == []
    assert words(camera.look(seen(STALLED, unknown=(LOST, FROZEN)), 100)) == [("raised", STALLED)]


@pytest.mark.parametrize(
    ("after", "told"),
    [
        (seen(COVERED), []),  # still so: told before the restart, not again
        (WELL, [("cleared", COVERED)]),
        (seen(unknown=tuple(CAMERA_CONDITIONS)), []),  # nothing is known of it yet
    ],
)
def test_an_alert_from_before_a_restart_is_taken_up_and_not_raised_again(
    after: Sightings, told: list[tuple[str, HealthCondition]]
) -> None:
    camera = Watched()
    assert camera.book.restore(COVERED)
    assert camera.book.told == {COVERED}
    assert words(camera.look(after, 60)) == told


def test_an_alert_whose_condition_is_not_watched_any_more_cannot_be_taken_up() -> None:
    assert not Watched(COVERED).book.restore(COVERED)


LOOKS = st.lists(
    st.tuples(
        st.sets(st.sampled_from(sorted(CAMERA_CONDITIONS)), max_size=4),
        st.sets(st.sampled_from(sorted(CAMERA_CONDITIONS)), max_size=4),
        st.integers(1, 40),
    ),
    max_size=12,
)


@given(looks=LOOKS)
@settings(max_examples=40)
def test_every_condition_is_raised_and_cleared_in_turns_and_one_outage_is_open_at_a_time(
    looks: list[tuple[set[HealthCondition], set[HealthCondition], int]],
) -> None:
    camera = Watched()
    for bad, unknown, seconds in looks:
        camera.look(seen(*bad, unknown=tuple(unknown)), seconds)
        assert len(camera.book.told & set(NO_PICTURES)) <= 1
    for condition in CAMERA_CONDITIONS:
        mine = [word for word, told in words(camera.told) if told is condition]
        assert mine == (["raised", "cleared"] * len(mine))[: len(mine)]
    assert all(change.reason for change in camera.told)


@given(looks=LOOKS)
@settings(max_examples=40)
def test_a_camera_that_is_well_for_long_enough_has_nothing_open(
    looks: list[tuple[set[HealthCondition], set[HealthCondition], int]],
) -> None:
    """Liveness: whatever happened, no alert stays for ever once all is well."""
    camera = Watched()
    for bad, unknown, seconds in looks:
        camera.look(seen(*bad, unknown=tuple(unknown)), seconds)
    camera.look(WELL, 22)
    assert camera.book.told == frozenset()
