"""The car park over real RTSP, twice round, through agent and relay: every car, cyclist and person raises its alert."""

import json
from pathlib import Path

import pytest

from patrol_cli.demo.site import Detector
from patrol_sim.cameras import footage_cameras
from patrol_sim.server import SimServer
from relay.ops.clock import MachineClock
from tests.support.sites import live_site
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.system, pytest.mark.shared, pytest.mark.timeout(240)]
LOOPS = 2
FITTING = {
    "car": {"car", "truck", "bus"},
    "bicycle": {"bicycle", "motorcycle", "person"},  # a rider counts as either, says the footage's README
    "person": {"person"},
}


def test_over_two_loops_each_thing_raises_an_alert_in_its_time_window(tmp_path: Path, shared_dir: Path) -> None:
    truth = json.loads((shared_dir / "footage" / "parking.events.json").read_text(encoding="utf-8"))
    cameras = [camera for camera in footage_cameras(shared_dir / "footage") if camera.name == "parking"]
    detector = Detector(kind="onnx", models_dir=shared_dir / "models")
    clock = MachineClock()
    with (
        SimServer(cameras, control_port=None) as simulator,
        live_site(tmp_path, simulator, rooms=1, detector=detector) as site,
    ):
        wait_until(lambda: simulator.view("parking").position_s is not None, within_s=20, what="the film plays")
        view = simulator.view("parking")
        assert view.position_s is not None
        began_us = clock.now_us() - view.position_s * 1e6
        end_us = began_us + (LOOPS * view.duration_s + 3.0) * 1e6
        wait_until(lambda: clock.now_us() > end_us, within_s=LOOPS * view.duration_s + 30, what="two loops were played")
        wait_until(lambda: site.pending() == 0, within_s=5, what="the relay has every alert")
        rows = site.stored("SELECT label, started_us FROM alert WHERE source = 'machine'")
    alerts = [(label, (started_us - began_us) / 1e6) for label, started_us in rows]
    tolerance = truth["tolerance_s"]
    for loop in range(LOOPS):
        offset = loop * view.duration_s
        for event in truth["events"]:
            first, last = offset + event["enter_s"] - tolerance, offset + event["leave_s"] + tolerance
            matching = [each for each in alerts if first <= each[1] <= last and each[0] in FITTING[event["label"]]]
            assert matching, f"loop {loop + 1}: no alert for {event}; raised were {alerts}"
