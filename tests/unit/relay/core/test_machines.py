"""Every table of the relay: each state can be reached and left, finished ones stay, nothing else is let through."""

from collections.abc import Mapping
from enum import StrEnum

import pytest

from relay.core import dispatches, incidents, intake, notifications, presence
from relay.core.dispatches import DispatchEvent, DispatchState
from relay.core.incidents import IncidentEvent, IncidentState
from relay.core.notifications import NotificationEvent, NotificationState
from relay.core.presence import Presence, PresenceLimits
from relay.core.transitions import Illegal, Moved

Table = Mapping[tuple[StrEnum, StrEnum], StrEnum]
MACHINES = [
    (incidents.TABLE, incidents.step, IncidentState, IncidentEvent, IncidentState.NEW),
    (dispatches.TABLE, dispatches.step, DispatchState, DispatchEvent, DispatchState.OFFERED),
    (
        notifications.TABLE,
        notifications.step,
        NotificationState,
        NotificationEvent,
        NotificationState.PLANNED,
    ),
    (presence.TABLE, presence.step, Presence, presence.PresenceEvent, Presence.LOST),
    (intake.TABLE, intake.step, intake.StreamState, intake.StreamEvent, intake.StreamState.LIVE),
]


@pytest.mark.parametrize(("table", "step", "states", "events", "first"), MACHINES)
def test_every_state_can_be_reached(table, step, states, events, first) -> None:  # type: ignore[no-untyped-def]  # five machines of five types
    reached = {first}
    while more := {target for (state, _), target in table.items() if state in reached} - reached:
        reached |= more
    assert reached == set(states)


@pytest.mark.parametrize(("table", "step", "states", "events", "first"), MACHINES)
def test_what_is_not_in_the_table_is_refused_with_a_reason(table, step, states, events, first) -> None:  # type: ignore[no-untyped-def]  # five machines of five types
    for state in states:
        for happening in events:
            answer = step(state, happening)
            if (state, happening) in table:
                assert answer == Moved(state=table[state, happening])
            else:
                assert isinstance(answer, Illegal)
                assert state.value in answer.reason


@pytest.mark.parametrize("state", [DispatchState.CLEARED, DispatchState.RECALLED, DispatchState.DECLINED])
def test_a_finished_dispatch_stays_finished(state: DispatchState) -> None:
    assert all(isinstance(dispatches.step(state, happening), Illegal) for happening in DispatchEvent)


def test_a_unit_on_the_scene_is_not_called_off_by_the_room() -> None:
    """The unit reports what it finds, whatever the room thinks by then."""
    assert isinstance(incidents.step(IncidentState.ON_SCENE, IncidentEvent.TAKE_BACK), Illegal)


def test_a_seen_notification_goes_nowhere() -> None:
    assert all(
        isinstance(notifications.step(NotificationState.SEEN, happening), Illegal) for happening in NotificationEvent
    )


@pytest.mark.parametrize(
    ("silent_s", "expected"),
    [
        (-5.0, Presence.ONLINE),
        (0.0, Presence.ONLINE),
        (29.9, Presence.ONLINE),
        (30.0, Presence.LATE),
        (60.0, Presence.LOST),
    ],
)
def test_presence_follows_silence(silent_s: float, expected: Presence) -> None:
    now_us = 1_000_000_000_000
    assert presence.judge(now_us - int(silent_s * 1e6), now_us, PresenceLimits()) is expected


def test_a_room_never_heard_of_is_lost() -> None:
    assert presence.judge(None, 5, PresenceLimits()) is Presence.LOST
