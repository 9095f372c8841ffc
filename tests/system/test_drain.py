"""A relay is left for another on the same PostgreSQL while everybody works; two that send to each other still serve."""

from pathlib import Path

import pytest

from patrol_cli.nemesis.site import NemesisRelay
from tests.support.calm_site import CalmSite, patrol

pytestmark = [pytest.mark.system, pytest.mark.timeout(150)]


def drain(relay: NemesisRelay, *, to: NemesisRelay, within_s: float = 15.0) -> int:
    code, said, text = patrol(
        *("relay", "drain", "--config", str(relay.config), "--within-s", str(within_s)),
        *("--rooms", f"tcp://127.0.0.1:{to.gates.rooms}", "--terminals", f"tcp://127.0.0.1:{to.gates.terminals}"),
        *("--counts", f"tcp://127.0.0.1:{to.gates.counts}"),
    )
    assert code in (0, 1), text
    assert ("drained: nobody is left" in said) == (code == 0)
    return code


def test_rooms_and_terminals_follow_and_two_drained_relays_do_not_send_them_round_for_ever(
    tmp_path: Path, postgres_url: str
) -> None:
    """Nothing is lost on the way, and whoever is sent back a third time is served where it is."""
    calm = CalmSite(tmp_path / "n", database=postgres_url, nodes=2)
    first, second = calm.site.relays

    def leave_the_first() -> bool:
        assert drain(first, to=second) == 0
        for room in calm.site.rooms:
            opened = [line for line in calm.logged(room.node, "relay_link") if line["phase"] == "open"]
            assert opened[-1]["endpoint"] == f"tcp://127.0.0.1:{second.gates.rooms}"
        return True

    def leave_the_second_as_well() -> bool:
        drain(second, to=first, within_s=1.5)  # they bounce; what counts is that it ends
        return True

    def undo() -> bool:
        code, _, text = patrol("relay", "drain", "--config", str(first.config), "--undo")
        assert code == 0, text
        return True

    outcome = calm.run(
        leave_the_first, calm.arrives(), leave_the_second_as_well, calm.arrives(), undo, calm.arrives(), within_s=90
    )
    assert outcome.good, (outcome.findings, outcome.waiting, outcome.falls)
    assert outcome.findings.alerts > 50
    for room in calm.site.rooms:
        redirected = [
            line for line in calm.logged(room.node, "relay_link") if "redirected" in str(line.get("reason", ""))
        ]
        assert redirected, f"{room.node} was never sent anywhere"
        assert len(redirected) < 12, "it was sent round and round"


def test_a_drain_without_a_relay_or_a_place_ends_with_one_sentence(tmp_path: Path) -> None:
    calm = CalmSite(tmp_path / "n")
    config = str(calm.site.relays[0].config)
    calm.store.close()
    for words, says in (
        ((), "where to?"),
        (("--rooms", "relay2:7701"), "is no endpoint"),
        (("--rooms", "tcp://relay2:7701"), "the relay does not run here"),
    ):
        code, _, text = patrol("relay", "drain", "--config", config, *words)
        assert (code, says in " ".join(text.split())) == (2, True), text
