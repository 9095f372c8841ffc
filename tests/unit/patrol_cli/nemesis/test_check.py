"""The check finds what it is there for: a checker that cannot fail proves nothing."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from patrol_cli.nemesis.check import Findings, check, views_agree
from patrol_cli.nemesis.evidence import Evidence, HeldMedia, LogRecord, UnitView
from patrol_cli.nemesis.history import Kept, KeptMedia, RoomHistory
from patrol_wire.ids import Stream

ROOM, EPOCH = "room-1", 7
COUNT = ("reported", "t01-c01", "intrusion", "2026-11")


def promise(seq: int, *, alert: bool = True) -> Kept:
    return Kept(
        digest=f"digest-{seq}", alert_id=f"alert-{seq}" if alert else "", epoch=EPOCH, stream=Stream.ALERTS, seq=seq
    )


def logged(seq: int, *, digest: str = "", alert_id: str | None = None) -> LogRecord:
    return LogRecord(
        node=ROOM,
        epoch=EPOCH,
        stream="a",
        seq=seq,
        digest=digest or f"digest-{seq}",
        alert_id=f"alert-{seq}" if alert_id is None else alert_id,
    )


def good() -> Evidence:
    """Three promised alerts, and a fourth whose promise died with its room: it may be at the relay, as it is here."""
    return Evidence(
        histories=(
            RoomHistory(
                node=ROOM,
                tried=frozenset(f"digest-{seq}" for seq in (1, 2, 3, 4)),
                kept=tuple(promise(seq) for seq in (1, 2, 3)),
                media=(KeptMedia(sha256="picture-of-1", size_bytes=10, alert_id="alert-1"),),
            ),
        ),
        log=tuple(logged(seq) for seq in (1, 2, 3, 4)),
        alerts=("alert-1", "alert-2", "alert-3", "alert-4"),
        ledger={COUNT: 2},
        totals={COUNT: 2},
        relay_views={"unit-1": UnitView(cursor=5, dispatches={"d1": "accepted"})},
        unit_views={"unit-1": UnitView(cursor=5, dispatches={"d1": "accepted"})},
        pages=(("unit-1", "d1"), ("unit-2", "d2")),
        rings=(("unit-1", "d1"),),
        media={"picture-of-1": HeldMedia(size_bytes=10, intact=True, stored_us=5), "of-4": held()},
        logged_us={"alert-1": 4},
    )


def held(**changes: Any) -> HeldMedia:
    """Return content as it lies at the relay when all is well."""
    return replace(HeldMedia(size_bytes=10, intact=True, stored_us=5), **changes)


def with_picture(evidence: Evidence, **changes: Any) -> Evidence:
    return replace(evidence, media={"picture-of-1": held(**changes)})


def test_a_kept_promise_and_a_put_in_flight_at_a_kill_are_fine() -> None:
    findings = check(good())
    assert findings.good
    assert (findings.alerts, findings.records, findings.media) == (3, 3, 1)
    assert views_agree(good())


def test_a_put_in_flight_that_never_arrived_is_fine_too() -> None:
    evidence = good()
    assert check(replace(evidence, log=evidence.log[:3], alerts=evidence.alerts[:3])).good


Plant = Callable[[Evidence], Evidence]
PLANTED: list[tuple[str, str, Plant]] = [
    ("lost", "alert-3", lambda e: replace(e, log=e.log[:2], alerts=e.alerts[:2])),
    # It is in the log, but became no alert: nobody was told.
    ("lost", "alert-2", lambda e: replace(e, alerts=("alert-1", "alert-3", "alert-4"))),
    # The same record under a second number.
    ("doubled", "digest-1", lambda e: replace(e, log=(*e.log, logged(5, digest="digest-1", alert_id="")))),
    # The same alert in another record.
    ("doubled", "alert-1", lambda e: replace(e, log=(*e.log, logged(5, alert_id="alert-1")))),
    ("doubled", "alert-2", lambda e: replace(e, alerts=(*e.alerts, "alert-2"))),
    # Bytes no room said: a flipped bit that was let through.
    ("phantom", "alert-5", lambda e: replace(e, log=(*e.log, logged(5, digest="digest-x")))),
    ("phantom", "room-2", lambda e: replace(e, log=(*e.log, replace(logged(1), node="room-2", alert_id="")))),
    ("phantom", "alert-9", lambda e: replace(e, alerts=(*e.alerts, "alert-9"))),
    ("reordered", "a3", lambda e: replace(e, log=(e.log[0], e.log[2], e.log[1], e.log[3]))),
    # A hole.
    ("reordered", "a4", lambda e: replace(e, log=(*e.log[:2], e.log[3]), alerts=e.alerts)),
    # Two records changed places before they got there.
    (
        "reordered",
        "digest-1",
        lambda e: replace(
            e,
            log=(
                logged(1, digest="digest-2", alert_id="alert-2"),
                logged(2, digest="digest-1", alert_id="alert-1"),
                *e.log[2:],
            ),
        ),
    ),
    ("media_lost", "picture-of-1 of alert alert-1: announced, but not", lambda e: replace(e, media={})),
    ("media_lost", "10 bytes were sent, 9 lie there", lambda e: with_picture(e, size_bytes=9)),
    # A flipped bit on the disk or on the way.
    ("media_lost", "or others", lambda e: with_picture(e, intact=False)),
    ("media_lost", "before its alert", lambda e: with_picture(e, stored_us=3)),
    ("disagreements", "consumer 3", lambda e: replace(e, totals={COUNT: 3})),
    ("disagreements", "ledger says 0", lambda e: replace(e, ledger={})),
    (
        "disagreements",
        "d1: accepted at the relay, not open here",
        lambda e: replace(e, unit_views={"unit-1": UnitView(cursor=5)}),
    ),
    (
        "disagreements",
        "d1: accepted at the relay, offered here",
        lambda e: replace(e, unit_views={"unit-1": UnitView(cursor=5, dispatches={"d1": "offered"})}),
    ),
    (
        "disagreements",
        "ends at 5, its terminal stands at 4",
        lambda e: replace(e, unit_views={"unit-1": UnitView(cursor=4, dispatches={"d1": "accepted"})}),
    ),
    ("disagreements", "paged by its mailbox 2 times", lambda e: replace(e, pages=(*e.pages, ("unit-1", "d1")))),
    ("disagreements", "rung for on its terminal 2 times", lambda e: replace(e, rings=(*e.rings, ("unit-1", "d1")))),
    ("disagreements", "digest-1: bad_body", lambda e: replace(e, dead={"digest-1": "bad_body"})),
    ("disagreements", "the chain breaks", lambda e: replace(e, differences=("room-1: the chain breaks",))),
]


@pytest.mark.parametrize(("kind", "says", "plant"), PLANTED)
def test_what_is_planted_is_found_and_named(kind: str, says: str, plant: Plant) -> None:
    findings: Findings = check(plant(good()))
    assert not findings.good
    found: tuple[str, ...] = getattr(findings, kind)
    assert any(says in sentence for sentence in found), findings
