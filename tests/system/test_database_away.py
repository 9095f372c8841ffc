"""The database goes away while everybody works, for as long as a person needs to notice, and comes back.

In CI for seconds; by hand for longer, with the figures:
``PATROL_AWAY_S=600 ./dev test -s tests/system/test_database_away.py``.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import structlog

from patrol_cli.nemesis.drain import unacknowledged
from tests.support.calm_site import CalmSite
from tests.support.postgres_server import PostgresServer

_LOG = structlog.get_logger("tests")
AWAY_S = float(os.environ.get("PATROL_AWAY_S", "10"))
DRAINED_WITHIN_S = 5.0
STILL_WAITS_S = 10.0
"""A relay that has just asked a server that hangs gives it five seconds to answer, and five to be connected anew."""
RECORDS_PER_S = 500.0
"""What has waited longer takes longer: at least so many a second, each an alert that is offered and rings."""
EVIDENCE_TOO_S = 60.0
"""After longer the pictures that waited, behind the alerts, take longer than the check does."""
CAUGHT_UP = 60
"""Records that may be on their way: the rooms go on talking."""
pytestmark = [pytest.mark.system, pytest.mark.timeout(120 + 2 * AWAY_S)]


def for_a_while(seconds: float) -> Callable[[], bool]:
    """Return a step that is true once so much time has passed since it was first asked."""
    began: list[float] = []

    def passed() -> bool:
        began.append(time.monotonic())
        return began[-1] - began[0] >= seconds

    return passed


@pytest.mark.parametrize("how", ["killed", "hanging"])
def test_away_it_costs_time_and_nothing_else(how: str, tmp_path: Path, own_postgres: PostgresServer) -> None:
    """Nothing is acknowledged meanwhile and nobody falls; afterwards what waited is there within seconds."""
    calm = CalmSite(tmp_path / "n", database=own_postgres.database(), nodes=2)
    seen: dict[str, float] = {}

    def goes() -> bool:
        (own_postgres.kill if how == "killed" else own_postgres.freeze)()
        seen["before"] = unacknowledged(calm.site)
        return True

    def comes_back() -> bool:
        seen["waiting"] = unacknowledged(calm.site)
        (own_postgres.start if how == "killed" else own_postgres.thaw)()
        seen["back_s"] = time.monotonic()
        return True

    def has_caught_up() -> bool:
        if unacknowledged(calm.site) > CAUGHT_UP:
            return False
        seen["caught_up_s"] = time.monotonic() - seen["back_s"]
        return True

    outcome = calm.run(
        calm.arrives(),
        goes,
        for_a_while(AWAY_S),
        comes_back,
        has_caught_up,
        calm.arrives(),
        within_s=90 + 1.2 * AWAY_S,
    )
    found = outcome.findings
    assert (found.lost, found.doubled, found.phantom, found.reordered, found.disagreements) == ((),) * 5, found
    assert outcome.falls == []
    if AWAY_S <= EVIDENCE_TOO_S:
        assert outcome.good, (found, outcome.waiting)
    assert seen["waiting"] > seen["before"] + 5 * AWAY_S, "nobody talked while it was away"
    again_s = STILL_WAITS_S if how == "hanging" else 0.0
    assert seen["caught_up_s"] <= DRAINED_WITHIN_S + again_s + seen["waiting"] / RECORDS_PER_S
    for room in calm.site.rooms:
        assert calm.logged(room.node, "relay_link_lost"), f"{room.node} was never told why it waits"
    _LOG.info(
        "database_was_away",
        how=how,
        away_s=AWAY_S,
        records_waited=round(seen["waiting"]),
        caught_up_s=round(seen["caught_up_s"], 1),
        alerts=outcome.findings.alerts,
    )
