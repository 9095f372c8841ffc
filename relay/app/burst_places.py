"""Which places a burst reads and changes, and whether it may be carried out beside other relays' bursts.

| what is in the burst | what it decides by | so it is carried out |
|---|---|---|
| alerts, flags | the open and ended incidents of its area, its room's stream | beside others, holding area and room |
| ends of alerts, test alerts | that very alert, which its room alone speaks of | beside others, holding the room |
| manifests, reports, shifts, attestations, hellos | nothing before it is stored | beside others, holding the room |
| judgements, changes of flags | an incident that may lie anywhere | alone |
| marks of receipts, pings | nothing before they are stored | beside others, holding nothing |
| every other command, timers | incidents and units anywhere | alone |

An alert belongs to an incident of its own area or to a new one (relay/core/correlation.py), so nobody else's burst can
change what it decides by while the area is held. What units do is read without a lock: alerts offer, they never change
a unit, and offers know only what was open before a unit a moment ago; burst and ForceWork refuse what would need more.
"""

from collections.abc import Sequence

from patrol_wire.records import FlagChange, Judgement
from relay.app.record_work import RecordWork
from relay.app.rooms_intake import RoomsBurst
from relay.core.commands import DeskCommand, MarksReached
from relay.store.turns import MOST_PLACES


def places_of(rooms: RoomsBurst, commands: Sequence[DeskCommand], record_work: RecordWork) -> frozenset[str] | None:
    """Return the places of a decoded burst, None when it is carried out alone. Opens its records."""
    if not all(isinstance(command, MarksReached) for command in commands):
        return None
    found = {f"room {node}" for node in rooms.nodes}
    records = list(rooms.open_records())
    if any(isinstance(opened.body, Judgement | FlagChange) for _, opened in records):
        return None
    record_work.look_up_all(records)
    found.update(f"area {opened.spot.area_id}" for _, opened in records if opened.spot is not None)
    return frozenset(found) if len(found) <= MOST_PLACES else None
