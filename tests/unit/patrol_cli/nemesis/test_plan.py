"""Faults come from the seed alone, and every kind meets every target."""

from patrol_cli.nemesis.plan import ALL, LINE_KINDS, STORE, STORE_KINDS, FaultKind, Targets, draw_faults
from patrol_cli.nemesis.proxy import CALM
from patrol_cli.nemesis.run import weather_of

TARGETS = Targets(processes=("relay", "room-1"), lines=("room-1", "unit-1"))


def test_a_seed_draws_the_same_faults_and_another_seed_others() -> None:
    assert draw_faults(1, 30, TARGETS) == draw_faults(1, 30, TARGETS)
    assert draw_faults(1, 30, TARGETS) != draw_faults(2, 30, TARGETS)


def test_faults_come_in_order_and_within_the_time() -> None:
    times = [fault.at_s for fault in draw_faults(3, 20, TARGETS)]
    assert times == sorted(times)
    assert times[0] > 0
    assert times[-1] < 20
    last = draw_faults(3, 20, TARGETS)[-1]
    assert (last.kind, last.target) == (FaultKind.KILL, ALL)


def test_every_pair_of_kind_and_target_comes_once_before_one_comes_again() -> None:
    processes = [(kind, target) for kind in (FaultKind.KILL, FaultKind.STOP) for target in (*TARGETS.processes, ALL)]
    lines = [(kind, target) for kind in LINE_KINDS for target in TARGETS.lines]
    pairs = {*processes, *lines}
    first = draw_faults(4, 60, TARGETS)[: len(pairs)]
    assert {(fault.kind, fault.target) for fault in first} == pairs


def test_some_faults_last_long_when_asked_and_the_others_stay_as_they_were_drawn() -> None:
    longest = [fault.for_s for fault in draw_faults(7, 120, TARGETS, longest_s=60.0)[:-1]]
    assert any(for_s > 10 for for_s in longest)
    assert max(longest) <= 60
    assert sum(for_s > 10 for for_s in longest) < len(longest) / 4
    assert max(fault.for_s for fault in draw_faults(7, 120, TARGETS)[:-1]) <= 8


def test_every_fault_of_a_way_changes_its_weather() -> None:
    for fault in draw_faults(5, 60, TARGETS):
        if fault.kind in LINE_KINDS and fault.kind is not FaultKind.CUT:
            assert weather_of(fault) != CALM


def test_a_database_is_hurt_where_it_is_a_server_and_never_else() -> None:
    server = Targets(processes=TARGETS.processes, lines=TARGETS.lines, store=True)
    hurt = [fault.kind for fault in draw_faults(6, 30, server) if fault.target == STORE]
    assert set(hurt) == set(STORE_KINDS)
    assert len(hurt) >= 6
    assert not [fault for fault in draw_faults(6, 30, TARGETS) if fault.kind in STORE_KINDS]


def test_clocks_are_set_where_they_can_be_in_both_directions_and_never_else() -> None:
    clocked = Targets(processes=TARGETS.processes, lines=TARGETS.lines, clocks=("relay", "room-1"))
    hurt = [fault for fault in draw_faults(8, 60, clocked) if fault.kind is FaultKind.CLOCK]
    assert {fault.target for fault in hurt} == {"relay", "room-1"}
    assert min(fault.amount for fault in hurt) < 0 < max(fault.amount for fault in hurt)
    assert all(fault.for_s > 0 for fault in hurt)
    assert not [fault for fault in draw_faults(8, 60, TARGETS) if fault.kind is FaultKind.CLOCK]
