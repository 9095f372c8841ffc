"""Every fault is seen by a real client, and ends when it should."""

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
