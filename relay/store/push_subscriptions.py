"""Who may be woken by Web Push: subscriptions of browsers, by unit."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, select, update

from patrol_wire.ids import UnitId
from relay.store.bulk import InsertMany, SelectIn
from relay.store.channel_tables import push_subscription

# A new subscription.
_INSERT: Final = InsertMany(push_subscription)
# The live subscriptions of the units a burst asks.
_OF_UNITS: Final = SelectIn(
    select(
        push_subscription.c.unit_id, push_subscription.c.subscription_id, push_subscription.c.endpoint
    ).where(push_subscription.c.ended_us.is_(None)),
    push_subscription.c.unit_id,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One browser that may be woken. ``p256dh`` and ``auth`` are base64url, as the browser gives them."""

    subscription_id: str
    """SHA-256 of the endpoint in hex: subscribing again is the same subscription."""
    unit_id: UnitId
    endpoint: str
    p256dh: str
    auth: str


def subscription_id_of(endpoint: str) -> str:
    """Return the id of an endpoint's subscription."""
    return hashlib.sha256(endpoint.encode()).hexdigest()


def of_units(connection: Connection, unit_ids: Iterable[str]) -> dict[UnitId, list[tuple[str, str]]]:
    """Return (subscription, endpoint) of each unit that has any."""
    found: dict[UnitId, list[tuple[str, str]]] = {}
    for unit_id, subscription_id, endpoint in _OF_UNITS.run(connection, unit_ids):
        found.setdefault(UnitId(unit_id), []).append((subscription_id, endpoint))
    return found


def live(connection: Connection, subscription_id: str) -> Subscription | None:
    """Return a subscription that has not ended."""
    table = push_subscription.c
    row = connection.execute(
        select(table.subscription_id, table.unit_id, table.endpoint, table.p256dh, table.auth).where(
            table.subscription_id == subscription_id, table.ended_us.is_(None)
        )
    ).first()
    if row is None:
        return None
    return Subscription(
        subscription_id=row[0], unit_id=UnitId(row[1]), endpoint=row[2], p256dh=row[3], auth=row[4]
    )  # fmt: skip


def put(connection: Connection, value: Subscription, *, now_us: int) -> bool:
    """Take a subscription in; return False when it was there already (its keys are renewed)."""
    table = push_subscription.c
    changed = connection.execute(
        update(push_subscription)
        .where(table.subscription_id == value.subscription_id)
        .values(unit_id=value.unit_id, p256dh=value.p256dh, auth=value.auth, ended_us=None, reason="")
    ).rowcount
    if changed:
        return False
    row = (value.subscription_id, value.unit_id, value.endpoint, value.p256dh, value.auth, now_us, None, "")
    _INSERT.run(connection, [row])
    return True


def end(connection: Connection, subscription_id: str, *, reason: str, now_us: int, unit_id: str | None = None) -> bool:
    """End a subscription; return whether it was live (and the unit's, where one is named)."""
    table = push_subscription.c
    query = update(push_subscription).where(table.subscription_id == subscription_id, table.ended_us.is_(None))
    if unit_id is not None:
        query = query.where(table.unit_id == unit_id)
    return bool(connection.execute(query.values(ended_us=now_us, reason=reason)).rowcount)
