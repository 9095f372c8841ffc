"""Every fault is seen by a real client, and ends when it should."""

import time
from contextlib import suppress
from itertools import groupby, pairwise

import av
import httpx
import numpy as np
import pytest

from patrol_sim.cameras import SimCamera
from patrol_sim.rtp.nal import Codec, is_key_unit
from patrol_sim.server import SimServer
from tests.integration.patrol_sim.conftest import SMALL
from tests.support.rtp_depacketiser import depacketise_h264
from tests.support.rtsp_client import RtspClient, SenderReport
from tests.support.waiting import wait_until

OPTIONS = {"rtsp_transport": "tcp", "timeout": "3000000", "analyzeduration": "100000"}
FRAME_90K = 4_500


def playing(sim: SimServer, name: str = "gate") -> RtspClient:
    client = RtspClient(sim.url(name))
    client.play()
    client.read_picture()
    return client


def stamps_of(client: RtspClient, pictures: int) -> list[int]:
    return [client.read_picture()[0].timestamp for _ in range(pictures)]


@pytest.mark.parametrize(("way", "code"), [("503", 503), ("404", 404)])
def test_refuse_with_an_answer(faulty: SimServer, way: str, code: int) -> None:
    faulty.begin_fault("gate", "refuse", way)
    with RtspClient(faulty.url("gate")) as client:
        assert client.ask("OPTIONS").code == code
    with RtspClient(faulty.url("yard")) as other:
        assert other.ask("OPTIONS").code == 200, "the other cameras never notice"


def test_refuse_with_a_reset_ends_running_sessions_too(faulty: SimServer) -> None:
    with playing(faulty) as client:
        faulty.begin_fault("gate", "refuse")
        with pytest.raises(ConnectionResetError):
            stamps_of(client, 100)
    with RtspClient(faulty.url("gate")) as again, pytest.raises(ConnectionResetError):
        again.ask("OPTIONS")
    faulty.end_fault("gate", "refuse")
    with playing(faulty):
        assert faulty.view("gate").counts["requests_refused"] == 1


def test_refuse_with_a_close(faulty: SimServer) -> None:
    faulty.begin_fault("gate", "refuse", "close")
    with RtspClient(faulty.url("gate")) as client, pytest.raises(ConnectionError, match="closed"):
        client.ask("OPTIONS")


def test_silent_accepts_and_says_nothing(faulty: SimServer) -> None:
    faulty.begin_fault("gate", "silent")
    with RtspClient(faulty.url("gate"), timeout_s=0.4) as client:
        with pytest.raises(TimeoutError):
            client.ask("OPTIONS")
        faulty.end_fault("gate")
        assert client.ask("OPTIONS").code == 200


def test_stall_stops_pictures_answers_requests_and_ends_by_itself_on_a_keyframe(faulty: SimServer) -> None:
    with playing(faulty) as client:
        client.socket.settimeout(0.5)
        faulty.begin_fault("gate", "stall", for_s=1.2)
        with pytest.raises(TimeoutError):
            stamps_of(client, 100)
        assert client.ask("GET_PARAMETER").code == 200
        client.socket.settimeout(4.0)
        units = depacketise_h264([packet.payload for packet in client.read_picture()])
        assert any(is_key_unit(Codec.H264, unit) for unit in units)
        assert {late - early for early, late in pairwise(stamps_of(client, 10))} == {FRAME_90K}
    assert faulty.view("gate").faults == []


def test_freeze_repeats_one_picture_under_advancing_timestamps(faulty: SimServer) -> None:
    """The sensor noise of a live camera makes every picture differ: equal ones are a frozen camera."""
    with av.open(faulty.url("gate"), options=OPTIONS) as container:
        frames = container.decode(video=0)
        next(frames)
        faulty.begin_fault("gate", "freeze", for_s=1.0)
        lumas: list[bytes] = []
        stamps: list[int] = []
        for frame in frames:
            lumas.append(np.asarray(frame.to_ndarray(format="gray")).tobytes())
            stamps.append(frame.pts or 0)
            if len(lumas) > 55:
                break
    equal = [early == late for early, late in pairwise(lumas)]
    runs = [len(list(group)) for same, group in groupby(equal) if same]
    assert 16 <= max(runs) <= 36, "1 s at 20 fps and at most a GOP more"
    assert sorted(runs)[:-1] == [] or sorted(runs)[-2] <= 4, "a live picture hardly ever repeats"
    assert not equal[-1], "and then it lives again"
    assert {late - early for early, late in pairwise(stamps)} == {FRAME_90K}


def test_drop_leaves_holes_in_the_numbers(faulty: SimServer) -> None:
    with playing(faulty) as client:
        faulty.begin_fault("gate", "drop", 0.3)
        packets = [packet for _ in range(20) for packet in client.read_picture()]
    holes = sum(((late.sequence - early.sequence) & 0xFFFF) - 1 for early, late in pairwise(packets))
    assert holes > 3
    assert faulty.view("gate").counts["packets_lost"] >= holes


def test_corrupt_damages_units_and_the_decoder_goes_on(faulty: SimServer) -> None:
    with av.open(faulty.url("gate"), options=OPTIONS) as container:
        faulty.begin_fault("gate", "corrupt", 0.5)
        damaged = whole = 0
        for packet in container.demux(video=0):
            try:
                frames = packet.decode()
            except av.error.InvalidDataError:
                damaged += 1
                continue
            damaged += sum(frame.is_corrupt for frame in frames)
            whole += len(frames)
            if whole + damaged > 50:
                break
    assert faulty.view("gate").counts["units_damaged"] > 5
    assert whole > 0


def test_resolution_changes_in_mid_stream_and_back(faulty: SimServer) -> None:
    with av.open(faulty.url("gate"), options=OPTIONS) as container:
        frames = container.decode(video=0)
        seen = [next(frames).width for _ in range(10)]
        faulty.begin_fault("gate", "resolution", "96x80", for_s=0.8)
        for frame in frames:
            seen.append(frame.width)
            if len(seen) > 50:
                break
    assert [width for width, _ in groupby(seen)] == [160, 96, 160]


def test_a_change_of_resolution_leaves_no_gap_and_brings_its_parameter_sets(faulty: SimServer) -> None:
    with playing(faulty) as client:
        faulty.begin_fault("gate", "resolution", for_s=1.1)
        pictures = [client.read_picture() for _ in range(40)]
    assert {late[0].timestamp - early[0].timestamp for early, late in pairwise(pictures)} == {FRAME_90K}
    units = [unit for picture in pictures for unit in depacketise_h264([packet.payload for packet in picture])]
    assert len({unit for unit in units if unit[0] & 31 == 7}) == 2, "the SPS of both sizes"


def test_reset_comes_in_the_middle_of_a_picture_and_once(faulty: SimServer) -> None:
    with playing(faulty) as client:
        faulty.begin_fault("gate", "reset")
        with pytest.raises(ConnectionResetError):
            stamps_of(client, 100)
    assert faulty.view("gate").faults == []
    with playing(faulty) as again:
        assert len(stamps_of(again, 12)) == 12


def test_wrong_rate_is_declared_and_stamped_but_not_delivered(faulty: SimServer) -> None:
    with playing(faulty) as client:
        faulty.begin_fault("gate", "wrong_rate", 40)
        stamps = stamps_of(client, 20)
        assert {late - early for early, late in pairwise(stamps[2:])} == {FRAME_90K // 2}
        faulty.end_fault("gate")
        assert stamps_of(client, 4)[-1] > stamps[-1]
    faulty.begin_fault("gate", "wrong_rate", 40)
    with RtspClient(faulty.url("gate")) as client:
        assert b"a=framerate:40.000" in client.ask("DESCRIBE").body


def test_clock_jump_moves_timestamps_and_reports_together(faulty: SimServer) -> None:
    with RtspClient(faulty.url("gate")) as client:
        client.play()
        right = client.read_packet()
        assert isinstance(right, SenderReport)
        before = client.read_picture()[0].timestamp
        faulty.begin_fault("gate", "clock_jump", 60)
        stamps = stamps_of(client, 10)
    steps = [(late - early) & 0xFFFFFFFF for early, late in pairwise([before, *stamps])]
    assert sorted(set(steps)) == [FRAME_90K, 60 * 90_000 + FRAME_90K]
    with RtspClient(faulty.url("gate")) as client:
        client.play()
        wrong = client.read_packet()
        assert isinstance(wrong, SenderReport)
    assert wrong.utc_s - right.utc_s == pytest.approx(60, abs=3)


def test_no_parameter_sets_anywhere(faulty: SimServer) -> None:
    faulty.begin_fault("gate", "no_parameter_sets")
    with RtspClient(faulty.url("gate")) as client:
        assert b"sprop" not in client.ask("DESCRIBE").body
        client.play()
        payloads = [packet.payload for _ in range(25) for packet in client.read_picture()]
    kinds = {unit[0] & 31 for unit in depacketise_h264(payloads)}
    assert kinds & {7, 8} == set()
    assert 5 in kinds


def test_start_on_non_keyframe(faulty: SimServer) -> None:
    faulty.begin_fault("gate", "start_on_non_keyframe")
    with RtspClient(faulty.url("gate")) as client:
        client.play()
        units = depacketise_h264([packet.payload for packet in client.read_picture()])
    assert not any(is_key_unit(Codec.H264, unit) for unit in units)


def test_auth_change_locks_the_old_password_out_until_it_ends(faulty: SimServer) -> None:
    av.open(faulty.url("locked"), options=OPTIONS).close()
    faulty.begin_fault("locked", "auth_change", "new")
    with pytest.raises(av.error.HTTPUnauthorizedError):
        av.open(faulty.url("locked"), options=OPTIONS)
    av.open(faulty.url("locked").replace("s3cret", "new"), options=OPTIONS).close()
    faulty.end_fault("locked", "auth_change")
    av.open(faulty.url("locked"), options=OPTIONS).close()


def test_jitter_holds_pictures_and_lets_them_go_whole_and_in_order(faulty: SimServer) -> None:
    with playing(faulty) as client:
        faulty.begin_fault("gate", "jitter", 1.0)
        pictures, came_s = [], []
        for _ in range(50):
            pictures.append(client.read_picture())
            came_s.append(time.monotonic())
        numbers = [packet.sequence for picture in pictures for packet in picture]
        assert all((late - early) & 0xFFFF == 1 for early, late in pairwise(numbers)), "nothing is lost"
        stamps = [picture[0].timestamp for picture in pictures]
        assert {late - early for early, late in pairwise(stamps)} == {FRAME_90K}
        gaps = [late - early for early, late in pairwise(came_s)]
        assert max(gaps) > 0.25, "a hold of up to a second"
        assert sum(gap < 0.02 for gap in gaps) > 8, "and then a burst"
        # How late a picture is, against the one that came the quickest.
        behind = [at_s - (stamp - stamps[0]) / 90_000 for at_s, stamp in zip(came_s, stamps, strict=True)]
        assert max(behind) - min(behind) < 1.0 + 1.0, "the rest is for a busy machine"
        faulty.end_fault("gate", "jitter")
        assert len(stamps_of(client, 30)) == 30
    assert faulty.view("gate").counts["pictures_skipped_late"] == 0


def test_long_jitter_that_ends_skips_nothing(faulty: SimServer) -> None:
    """What was held for longer than a process may be late is still sent."""
    with playing(faulty) as client:
        faulty.begin_fault("gate", "jitter", 60.0)
        client.socket.settimeout(0.6)
        stamps: list[int] = []
        with suppress(TimeoutError):
            while True:  # until nothing comes
                stamps.append(client.read_picture()[0].timestamp)
        held_at_s = faulty.view("gate").position_s or 0.0
        wait_until(lambda: (faulty.view("gate").position_s or 0.0) > held_at_s + 3.2, within_s=10, what="a long hold")
        faulty.end_fault("gate", "jitter")
        client.socket.settimeout(4.0)
        stamps += stamps_of(client, 70)
    assert {late - early for early, late in pairwise(stamps)} == {FRAME_90K}
    assert faulty.view("gate").counts["pictures_skipped_late"] == 0


def test_drift_is_the_same_in_timestamps_and_reports(faulty: SimServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("patrol_sim.session.REPORT_EVERY_S", 0.4)
    faulty.begin_fault("gate", "drift", 50_000)
    with RtspClient(faulty.url("gate")) as client:
        client.play()
        reports: list[SenderReport] = []
        stamps: list[int] = []
        while len(reports) < 5:
            packet = client.read_packet()
            if isinstance(packet, SenderReport):
                reports.append(packet)
            elif packet.marker:
                stamps.append(packet.timestamp)
        steps = {late - early for early, late in pairwise(stamps)}
        assert steps == {FRAME_90K * 105 // 100}
        first, last = reports[0], reports[-1]
        assert last.utc_s - first.utc_s == pytest.approx((last.timestamp - first.timestamp) / 90_000, abs=0.002)
        faulty.end_fault("gate", "drift")
        stamps = stamps_of(client, 6)
        assert {late - early for early, late in pairwise(stamps[2:])} == {FRAME_90K}


def test_a_clock_that_ran_fast_is_as_far_ahead_as_it_ran(faulty: SimServer) -> None:
    """The reports of two clients, seconds apart, against the machine's clock."""

    def ahead_s() -> float:
        with RtspClient(faulty.url("yard")) as client:
            client.play()
            report = client.read_packet()
            assert isinstance(report, SenderReport)
        return report.utc_s - time.time()  # noqa: TID251 - compared with the machine's clock

    with playing(faulty, "yard"):
        before_s = ahead_s()
        began_s = faulty.view("yard").position_s or 0.0
        faulty.begin_fault("yard", "drift", 100_000)
        wait_until(lambda: (faulty.view("yard").position_s or 0.0) > began_s + 1.2, within_s=10, what="a while")
        assert ahead_s() - before_s == pytest.approx(0.13, abs=0.08)
        faulty.end_fault("yard", "drift")
        assert ahead_s() - before_s == pytest.approx(0.0, abs=0.05)


def test_flap_cuts_every_session_after_its_time_and_the_next_one_too(faulty: SimServer) -> None:
    with playing(faulty, "yard") as other:
        with playing(faulty) as running:
            faulty.begin_fault("gate", "flap", 0.3)
            with pytest.raises(ConnectionError):
                stamps_of(running, 200)
        with RtspClient(faulty.url("gate")) as client:
            client.play()
            began_s = time.monotonic()
            with pytest.raises(ConnectionError):
                stamps_of(client, 200)
            assert time.monotonic() - began_s < 1.5
        assert len(stamps_of(other, 5)) == 5, "the other cameras never notice"
    assert faulty.view("gate").counts["clients_cut_fault"] == 2
    faulty.end_fault("gate", "flap")
    with playing(faulty) as again:
        assert len(stamps_of(again, 20)) == 20


def test_a_hundred_quick_disconnects_leave_nothing_behind(faulty: SimServer) -> None:
    faulty.begin_fault("gate", "flap", 0.0)
    for _ in range(100):
        with RtspClient(faulty.url("gate")) as client, suppress(ConnectionError):
            client.play()
            client.read_picture()
    wait_until(lambda: faulty.view("gate").clients == 0, within_s=5, what="no session is left")
    counts = faulty.view("gate").counts
    assert counts["sessions"] == counts["clients_cut_fault"] == 100
    faulty.end_fault("gate")
    with playing(faulty) as again:
        assert len(stamps_of(again, 5)) == 5


def test_a_client_that_does_not_read_is_cut_and_counted() -> None:
    """Its buffer must not grow; a client beside it goes on."""
    with (
        SimServer([SimCamera(name="gate", source=SMALL)], write_limit_bytes=20_000) as sim,
        RtspClient(sim.url("gate")) as lazy,
        playing(sim) as other,
    ):
        lazy.play()
        # Asking without reading the answers fills the way back much sooner than pictures would.
        more = f"OPTIONS {sim.url('gate')} RTSP/1.0\r\nCSeq: 3\r\n\r\n".encode() * 500

        def cut() -> bool:
            with suppress(BrokenPipeError, ConnectionResetError):
                lazy.socket.sendall(more)
            return sim.view("gate").counts["clients_cut_slow"] == 1

        wait_until(cut, within_s=10, what="the lazy client is cut")
        assert len(stamps_of(other, 5)) == 5


def test_a_client_that_says_nothing_is_timed_out() -> None:
    with SimServer([SimCamera(name="gate", source=SMALL)], session_timeout_s=0.5) as sim, playing(sim) as client:
        with pytest.raises(ConnectionError):
            stamps_of(client, 200)
        assert sim.view("gate").counts["clients_timed_out"] == 1


def test_the_control_api_does_the_same_and_says_what_is_wrong(faulty: SimServer) -> None:
    with httpx.Client(base_url=faulty.control_url, timeout=10) as control:
        views = {view["name"]: view for view in control.get("/cameras").json()}
        assert set(views) == {"gate", "yard", "locked", "file"}
        assert views["gate"]["url"] == faulty.url("gate")
        begun = control.post("/cameras/gate/faults", json={"fault": "drop", "value": 0.2, "for_s": 60})
        assert begun.json()["faults"][0]["fault"] == "drop"
        assert control.delete("/cameras/gate/faults/drop").json()["faults"] == []
        control.post("/cameras/gate/faults", json={"fault": "stall"})
        assert control.delete("/cameras/gate/faults").json()["faults"] == []
        assert control.post("/cameras/gate/faults", json={"fault": "explode"}).status_code == 422
        assert control.post("/cameras/gate/faults", json={"fault": "stall", "fo_s": 1}).status_code == 422
        assert control.post("/cameras/nobody/faults", json={"fault": "stall"}).status_code == 404
        assert control.delete("/cameras/gate/faults/explode").status_code == 404
        truth = control.get("/cameras/gate/truth", params={"frames": True}).json()
        assert len(truth["frames"]) == SMALL.frames
        assert control.get("/cameras/file/truth").status_code == 404
