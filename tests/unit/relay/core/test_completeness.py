"""What speaks against a room's attestation, and when an area may be called complete."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from relay.core.attesting import Doubt, Found, doubts_of
from relay.core.completeness import CompletenessRule, RoomDay, doubts_of_day, of_area
from relay.core.policy import MICROS

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
RULE = CompletenessRule(dark_share=0.05, attest_within_s=6 * 3_600.0)
HOUR_US = 3_600 * MICROS
FULL = RoomDay(watched_us=24 * HOUR_US, attestations=(frozenset(),))


def us(text: str) -> int:
    return int(datetime.fromisoformat(text).astimezone(UTC).timestamp()) * MICROS


@pytest.mark.parametrize(
    ("change", "doubts"),
    [
        ({}, set()),
        (
            {"found": Found(records=9, alerts={"brawl": 2}, unusable=0)},
            {Doubt.MISSING},
        ),  # not all there: no verdict yet
        ({"found": Found(records=10, alerts={"brawl": 1}, unusable=0)}, {Doubt.DIFFERS}),
        ({"found": Found(records=10, alerts={"brawl": 2, "intrusion": 1}, unusable=0)}, {Doubt.DIFFERS}),
        ({"found": Found(records=10, alerts={"brawl": 2}, unusable=1)}, {Doubt.UNUSABLE}),
        ({"refused": 3}, {Doubt.REFUSED}),
        ({"previous_last_seq": 39}, {Doubt.HOLE}),  # record 40 is attested by nobody
        ({"previous_last_seq": 41}, {Doubt.HOLE}),  # record 41 would be attested twice
        ({"previous_last_seq": None}, {Doubt.HOLE}),  # the first one here, but not the outbox's first
        ({"first_seq": 0}, {Doubt.NOT_COMPARED}),
        ({"known_by_another_epoch": True}, set()),  # said with the first attestation of the epoch
        ({"previous_last_seq": None, "known_by_another_epoch": True}, {Doubt.HOLE, Doubt.OUTBOX_REPLACED}),
    ],
)
def test_what_speaks_against_an_attestation(change: dict[str, object], doubts: set[Doubt]) -> None:
    facts: dict[str, object] = {
        "found": Found(records=10, alerts={"brawl": 2}, unusable=0),
        "first_seq": 41,
        "last_seq": 50,
        "refused": 0,
        "previous_last_seq": 40,
        "known_by_another_epoch": False,
        **change,
    }
    found = facts.pop("found")
    assert doubts_of({"brawl": 2}, found, **facts) == doubts  # type: ignore[arg-type]  # a table of keywords


def test_the_first_attestation_of_an_outbox_begins_with_its_first_record() -> None:
    nothing = Found(records=0, alerts={}, unusable=0)
    doubts = doubts_of(
        {}, nothing, first_seq=1, last_seq=0, refused=0, previous_last_seq=None, known_by_another_epoch=False
    )
    assert doubts == frozenset()


@pytest.mark.parametrize(
    ("now", "found", "doubts"),
    [
        ("2026-10-02T12:00:00+08:00", FULL, set()),
        ("2026-10-02T05:59:59+08:00", RoomDay(watched_us=24 * HOUR_US), set()),  # its attestation is awaited
        ("2026-10-02T06:00:00+08:00", RoomDay(watched_us=24 * HOUR_US), {Doubt.NOT_ATTESTED}),
        ("2026-10-02T12:00:00+08:00", RoomDay(), {Doubt.NOT_ATTESTED, Doubt.DARK}),  # never heard of
        # 5 % of a day are 72 minutes
        ("2026-10-02T12:00:00+08:00", RoomDay(watched_us=1_368 * 60 * MICROS, attestations=(frozenset(),)), set()),
        (
            "2026-10-02T12:00:00+08:00",
            RoomDay(watched_us=1_367 * 60 * MICROS, attestations=(frozenset(),)),
            {Doubt.DARK},
        ),
        # the day runs: dark for an hour so far, then for two
        ("2026-10-01T10:00:00+08:00", RoomDay(watched_us=9 * HOUR_US), set()),
        ("2026-10-01T11:00:00+08:00", RoomDay(watched_us=9 * HOUR_US), {Doubt.DARK}),
        # attested twice, because its clock was put back: both must hold
        (
            "2026-10-02T12:00:00+08:00",
            RoomDay(watched_us=24 * HOUR_US, attestations=(frozenset(), frozenset({Doubt.HOLE}))),
            {Doubt.HOLE},
        ),
    ],
)
def test_a_day_of_a_room(now: str, found: RoomDay, doubts: set[Doubt]) -> None:
    assert doubts_of_day("2026-10-01", found, now_us=us(now), zone=SHANGHAI, rule=RULE) == doubts


def test_a_day_of_25_hours_must_be_watched_for_25() -> None:
    attested = (frozenset[Doubt](),)
    for hours, doubts in ((25, set()), (24, set()), (23, {Doubt.DARK})):
        found = RoomDay(watched_us=hours * HOUR_US, attestations=attested)
        now_us = us("2026-10-27T00:00:00+01:00")
        assert doubts_of_day("2026-10-25", found, now_us=now_us, zone=BERLIN, rule=RULE) == doubts


def test_an_area_is_complete_when_every_room_was_on_every_day_that_has_begun() -> None:
    known = {(node, f"2026-10-{day:02d}"): FULL for node in ("one", "two") for day in (1, 2)}
    now_us = us("2026-10-03T00:30:00+08:00")

    def judged(*rooms: str, month: str = "2026-10") -> dict[str, set[Doubt]]:
        found = of_area(month, rooms, known, now_us=now_us, zone=SHANGHAI, rule=RULE)
        assert found.complete is (not found.doubts and found.days > 0)
        return {day: set(doubts) for day, doubts in found.doubts.items()}

    assert judged("one", "two") == {}
    assert judged("one", "three") == {
        "2026-10-01": {Doubt.NOT_ATTESTED, Doubt.DARK},
        "2026-10-02": {Doubt.DARK},  # its attestation is still awaited
    }
    assert judged() == {f"2026-10-0{day}": {Doubt.NO_ROOM} for day in (1, 2, 3)}
    assert not of_area("2026-11", ("one",), known, now_us=now_us, zone=SHANGHAI, rule=RULE).complete
