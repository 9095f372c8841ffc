"""Records with plausible values, for tests that need something to store or send."""

from patrol_wire.ids import Forward, Severity
from patrol_wire.records import Alert, Flag, HealthAlert, RoomHealth
from patrol_wire.uuid7 import uuid7

BEGIN_US = 1_790_000_000_000_000
"""A moment in 2026."""


def some_id(number: int) -> str:
    """Return the UUIDv7 of a test's record; different numbers give different ids."""
    return uuid7(BEGIN_US + number, number.to_bytes(8, "big"))


def some_alert(number: int, *, severity: Severity = Severity.HIGH, category: str = "intrusion") -> Alert:
    """Return a machine alert."""
    return Alert(
        alert_id=some_id(number),
        camera="gate",
        rule="yard-intrusion",
        category=category,
        severity=severity,
        forward=Forward.SUGGEST,
        label="person",
        zone="yard",
        score=0.8,
        box=(0.1, 0.2, 0.3, 0.4),
        started_at=BEGIN_US + number,
        raised_at=BEGIN_US + number,
    )


def some_flag(number: int, *, category: str = "brawl", note: str = "") -> Flag:
    """Return an operator's flag."""
    return Flag(
        alert_id=some_id(number),
        camera="gate",
        category=category,
        severity=Severity.HIGH,
        operator="li.wei",
        flagged_at=BEGIN_US + number,
        note=note,
    )


def some_report(number: int) -> RoomHealth:
    """Return a room's health report."""
    return RoomHealth(
        at=BEGIN_US + number,
        cameras_streaming=1,
        cameras_total=1,
        outbox_pending=0,
        oldest_pending_s=0,
        disk_free_bytes=1,
        clock_offset_ms=0,
        agent_version="0.1.0",
    )


def some_health_alert(number: int, *, camera: str | None = "gate", cleared_at: int = 0) -> HealthAlert:
    """Return a room's health alert, as raised or as cleared."""
    return HealthAlert(
        alert_id=some_id(number),
        camera=camera,
        condition="lost" if camera is not None else "evidence_disk_low",
        severity=Severity.HIGH,
        raised_at=BEGIN_US + number,
        cleared_at=cleared_at,
        reason="nobody answers",
    )
