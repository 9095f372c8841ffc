"""Which key of the relay each peer keeps, as it said itself last: whom turning the key would leave behind."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, select

from relay.store.bulk import InsertMany, SelectIn, UpdateMany
from relay.store.peer_tables import peer_key

# Peers that said so for the first time.
_INSERT: Final = InsertMany(peer_key)
# Peers that keep another key than before.
_UPDATE: Final = UpdateMany(peer_key, changed=("relay_key", "told_us"), key=("peer",))
# What these peers said before.
_BY_PEER: Final = SelectIn(select(peer_key.c.peer, peer_key.c.relay_key), peer_key.c.peer)


def note(connection: Connection, told: Mapping[str, str], now_us: int) -> None:
    """Keep what peers (``role:node``) said; what has not changed writes nothing."""
    if not told:
        return
    before = {row[0]: row[1] for row in _BY_PEER.run(connection, told)}
    _INSERT.run(connection, [(peer, key, now_us) for peer, key in told.items() if peer not in before])
    _UPDATE.run(connection, [(key, now_us, peer) for peer, key in told.items() if before.get(peer, key) != key])


def keeping(connection: Connection, relay_key: str) -> set[str]:
    """Return the peers whose newest key of the relay is this one."""
    query = select(peer_key.c.peer).where(peer_key.c.relay_key == relay_key)
    return set(connection.execute(query).scalars())
