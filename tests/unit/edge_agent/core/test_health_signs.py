"""What the facts of a camera and a room show, and in which words."""

from dataclasses import replace

import pytest

from edge_agent.core.camera_health import CAMERA_CONDITIONS, PICTURE_CONDITIONS, HealthCondition, Sign
from edge_agent.core.camera_link import LinkState
from edge_agent.core.health_book import UNSEEN
from edge_agent.core.health_signs import CameraFacts, RoomFacts, camera_sightings, room_sightings
from edge_agent.core.link_failures import Failure, FailureKind

MIB = 1024 * 1024
LOST, STALLED, FROZEN = HealthCondition.LOST, HealthCondition.STALLED, HealthCondition.FROZEN
WELL = CameraFacts(
    state=LinkState.STREAMING,
    reason="",
    failure=None,
    is_connected=True,
    state_s=100.0,
    frozen_after_s=10.0,
    picture=frozenset(),
    gop_s=2.0,
    blind_time_s=2.0,
    drift=None,
    jump_age_s=None,
)
ROOM = RoomFacts(
    free_bytes=10_000 * MIB,
    least_free_bytes=256 * MIB,
    pinned_bytes=0,
    limit_bytes=1_000 * MIB,
    is_read_only=False,
    refusal="",
    disk_waits_s=0.03,
    clock_offset_s=0.01,
    most_offset_s=2.0,
    step_s=None,
    step_age_s=None,
)


def shown(facts: CameraFacts) -> dict[HealthCondition, Sign]:
    found = camera_sightings(facts)
    return {condition: found.get(condition, UNSEEN).sign for condition in HealthCondition}


def failed(kind: FailureKind, state: LinkState = LinkState.BACKING_OFF) -> CameraFacts:
    failure = Failure(kind=kind, sentence="192.0.2.7 said no")
    return replace(WELL, state=state, reason="trying again", failure=failure, is_connected=False)


def test_a_camera_that_is_well_shows_nothing_bad() -> None:
    assert set(camera_sightings(WELL)) == set(HealthCondition) - {HealthCondition.EVIDENCE_DISK_LOW}
    assert all(sighting.sign is Sign.GOOD for sighting in camera_sightings(WELL).values())


@pytest.mark.parametrize(
    ("facts", "condition"),
    [
        (failed(FailureKind.REFUSED), LOST),
        (failed(FailureKind.UNAUTHORISED), LOST),
        (failed(FailureKind.LOST, LinkState.CONNECTING), LOST),  # the next attempt does not make it well
        (failed(FailureKind.ENDED), LOST),
        (replace(WELL, state=LinkState.CONNECTING, reason="connecting", is_connected=False), LOST),
        (failed(FailureKind.SILENT), STALLED),  # it answered, and then said nothing
        (failed(FailureKind.UNDECODABLE, LinkState.CONNECTING), STALLED),
        (replace(WELL, state=LinkState.STALLED, reason="no packet for 6 s"), STALLED),
        (replace(WELL, state=LinkState.FROZEN, reason="the same picture for 12 s"), FROZEN),
        (failed(FailureKind.SAME_PICTURE), FROZEN),  # connected anew because of it
        (failed(FailureKind.FAULT, LinkState.DISABLED), LOST),  # a fault of ours stopped it
    ],
)
def test_a_camera_without_new_pictures_shows_exactly_one_reason_for_it(
    facts: CameraFacts, condition: HealthCondition
) -> None:
    signs = shown(facts)
    assert [one for one in (LOST, STALLED, FROZEN) if signs[one] is Sign.BAD] == [condition]
    assert camera_sightings(facts)[condition].reason == (facts.failure.sentence if facts.failure else facts.reason)


@pytest.mark.parametrize("kind", [FailureKind.REFUSED, FailureKind.SILENT, FailureKind.SAME_PICTURE])
def test_of_a_camera_without_a_connection_nothing_else_can_be_told(kind: FailureKind) -> None:
    signs = shown(replace(failed(kind), picture=frozenset({HealthCondition.COVERED}), gop_s=30.0, jump_age_s=1.0))
    assert {signs[c] for c in (*PICTURE_CONDITIONS, HealthCondition.GOP_TOO_LONG, HealthCondition.CLOCK_DRIFT)} == {
        Sign.UNKNOWN
    }


@pytest.mark.parametrize("failure", [None, Failure(kind=FailureKind.REFUSED, sentence="refused")])
def test_of_a_camera_that_is_switched_off_or_a_film_that_is_over_nothing_stays_open(failure: Failure | None) -> None:
    off = replace(WELL, state=LinkState.DISABLED, failure=failure, is_connected=False, picture=None, gop_s=None)
    assert {sighting.sign for sighting in camera_sightings(off).values()} == {Sign.GOOD}
    assert set(camera_sightings(off)) == CAMERA_CONDITIONS


def test_a_connection_that_waits_for_its_first_keyframe_tells_nothing_yet() -> None:
    """Cameras with a keyframe every 30 s exist; it is neither lost nor well."""
    signs = shown(replace(WELL, state=LinkState.CONNECTING, reason="waiting", is_connected=True))
    assert {signs[one] for one in (LOST, STALLED, FROZEN)} == {Sign.UNKNOWN}


@pytest.mark.parametrize(("state_s", "sign"), [(9.0, Sign.UNKNOWN), (10.0, Sign.GOOD)])
def test_whether_a_picture_is_frozen_is_known_only_after_its_time(state_s: float, sign: Sign) -> None:
    """Else a frozen camera that is connected anew every minute would be cleared and raised every minute."""
    assert shown(replace(WELL, state_s=state_s))[FROZEN] is sign


@pytest.mark.parametrize(
    ("changed", "condition", "sign", "said"),
    [
        ({"picture": frozenset({HealthCondition.BLACK})}, HealthCondition.BLACK, Sign.BAD, "no light"),
        ({"picture": frozenset({HealthCondition.MOVED})}, HealthCondition.MOVED, Sign.BAD, "something else"),
        ({"picture": None}, HealthCondition.MOVED, Sign.UNKNOWN, ""),
        ({"gop_s": 2.1}, HealthCondition.GOP_TOO_LONG, Sign.BAD, "keyframes are 2.1 s apart, blind_time_s is 2"),
        ({"gop_s": None}, HealthCondition.GOP_TOO_LONG, Sign.UNKNOWN, ""),
        ({"gop_s": 30.0, "blind_time_s": 0.0}, HealthCondition.GOP_TOO_LONG, Sign.GOOD, ""),
        ({"drift": 0.001}, HealthCondition.CLOCK_DRIFT, Sign.BAD, "runs 0.10% too slow"),
        ({"drift": -1.0}, HealthCondition.CLOCK_DRIFT, Sign.BAD, "runs 100.00% too fast"),
        ({"jump_age_s": 59.0}, HealthCondition.CLOCK_DRIFT, Sign.BAD, "jumped"),
        ({"jump_age_s": 61.0}, HealthCondition.CLOCK_DRIFT, Sign.GOOD, ""),
    ],
)
def test_each_fact_shows_its_condition_in_words(
    changed: dict[str, object], condition: HealthCondition, sign: Sign, said: str
) -> None:
    facts = replace(WELL, **changed)  # type: ignore[arg-type]  # each row names the fields it changes
    assert shown(facts)[condition] is sign
    assert said in camera_sightings(facts).get(condition, UNSEEN).reason
    others = {other for other, one in camera_sightings(facts).items() if one.sign is Sign.BAD} - {condition}
    assert others == set()


@pytest.mark.parametrize(
    ("changed", "condition", "said"),
    [
        ({"free_bytes": 255 * MIB}, HealthCondition.EVIDENCE_DISK_LOW, "255 MiB are free on the disk"),
        ({"free_bytes": None}, HealthCondition.EVIDENCE_DISK_LOW, "cannot be asked"),
        ({"is_read_only": True}, HealthCondition.EVIDENCE_DISK_LOW, "read-only"),
        ({"pinned_bytes": 960 * MIB}, HealthCondition.EVIDENCE_DISK_LOW, "fills 96% of evidence.max_mib"),
        ({"refusal": "media: permission denied"}, HealthCondition.EVIDENCE_DISK_LOW, "permission denied"),
        ({"disk_waits_s": 4.2}, HealthCondition.EVIDENCE_DISK_LOW, "is slow: an alert waited 4 s"),
        ({"clock_offset_s": -3.0}, HealthCondition.CLOCK_DRIFT, "3.0 s behind the relay's"),
        ({"clock_offset_s": 2.5}, HealthCondition.CLOCK_DRIFT, "2.5 s ahead of the relay's"),
        ({"step_s": -7.0, "step_age_s": 10.0}, HealthCondition.CLOCK_DRIFT, "was set by -7.0 s"),
    ],
)
def test_each_fact_of_the_room_shows_its_condition_in_words(
    changed: dict[str, object], condition: HealthCondition, said: str
) -> None:
    found = room_sightings(replace(ROOM, **changed))  # type: ignore[arg-type]  # each row names the fields it changes
    assert [one for one, sighting in found.items() if sighting.sign is Sign.BAD] == [condition]
    assert said in found[condition].reason


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"clock_offset_s": None},  # a room without a relay, or before the first answer
        {"step_s": 5.0, "step_age_s": 61.0},
        {"pinned_bytes": 900 * MIB},
        {"disk_waits_s": 1.9},
    ],
)
def test_a_room_that_is_well_shows_nothing_bad(changed: dict[str, object]) -> None:
    found = room_sightings(replace(ROOM, **changed))  # type: ignore[arg-type]  # as above
    assert {sighting.sign for sighting in found.values()} == {Sign.GOOD}
