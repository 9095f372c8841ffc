"""Real players play every kind of source, over the seam of the loop, with the time that was promised."""

import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import av
import pytest

from patrol_sim.cameras import SimCamera
from patrol_sim.errors import SimError
from patrol_sim.rtp.nal import Codec, is_key_unit
from patrol_sim.server import SimServer
from tests.integration.patrol_sim.conftest import SMALL
from tests.support.rtp_depacketiser import depacketise_h264
from tests.support.rtsp_client import RtpPacket, RtspClient, SenderReport

OPTIONS = {"rtsp_transport": "tcp", "timeout": "5000000"}
QUICK = {**OPTIONS, "analyzeduration": "100000"}
SOURCES = ["avcc", "b-frames", "annex-b", "avi", "avi-b-frames", "hvcc", "mpeg4", "scene", "scene-h265"]


def test_pyav_plays_every_source_over_the_seam_with_continuous_timestamps(sim: SimServer) -> None:
    """A loop and more: a picture every interval, none missing, none damaged, at the pace of a camera.

    All at once, as a room does it.
    """
    with ThreadPoolExecutor(len(SOURCES)) as pool:
        played = {name: pool.submit(play_over_the_seam, sim, name) for name in SOURCES}
    for name, future in played.items():
        fps = round(sim.view(name).fps)
        stamps, took_s = future.result()
        assert {late - early for early, late in pairwise(stamps)} == {90_000 // fps}, name
        assert took_s == pytest.approx(len(stamps) / fps, abs=1.0), name


def play_over_the_seam(sim: SimServer, name: str) -> tuple[list[int], float]:
    """Return the timestamps of a loop and a half and how long they took, probing included."""
    fps = round(sim.view(name).fps)
    pictures = round(sim.view(name).duration_s * fps * 1.5)
    stamps: list[int] = []
    began = time.monotonic()
    with av.open(sim.url(name), options=QUICK) as container:
        for frame in container.decode(video=0):
            assert not frame.is_corrupt, name
            if frame.pts is None:
                assert not stamps, "FFmpeg leaves the first picture of any RTSP stream without a time"
                continue
            stamps.append(frame.pts)
            if len(stamps) == pictures:
                break
    return stamps, time.monotonic() - began


def test_when_a_picture_is_sent_is_told_once_the_camera_is_watched() -> None:
    """A bench compares it with the moment a browser shows that picture."""
    with SimServer([SimCamera(name="gate", source=SMALL)], control_port=None) as sim:
        with pytest.raises(SimError, match="shows nothing yet"):
            sim.due_s("gate", 0)
        with av.open(sim.url("gate"), options=QUICK) as container:
            next(container.demux(video=0))
        assert sim.due_s("gate", 0) <= time.monotonic()
        lap_s = sim.due_s("gate", round(SMALL.duration_s * SMALL.fps)) - sim.due_s("gate", 0)
        assert lap_s == pytest.approx(SMALL.duration_s)


@pytest.mark.ffprobe
@pytest.mark.parametrize("name", ["hvcc", "scene"])
def test_ffprobe_reads_codec_size_and_rate(sim: SimServer, ffprobe: str, name: str) -> None:
    view = sim.view(name)
    command = [ffprobe, "-v", "error", "-rtsp_transport", "tcp", "-analyzeduration", "500000"]
    command += ["-show_entries", "stream=codec_name,width,height,r_frame_rate", "-of", "csv=p=0", sim.url(name)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=15, check=False)
    codec = {"H264": "h264", "H265": "hevc"}[view.codec]
    assert done.stdout.strip() == f"{codec},{view.width},{view.height},{round(view.fps)}/1", done.stderr


@pytest.mark.gstreamer
@pytest.mark.parametrize("name", ["b-frames", "hvcc", "scene", "locked"])
def test_gstreamer_rtspsrc_decodes(sim: SimServer, gst_launch: str, name: str) -> None:
    command = [gst_launch, "-q", "rtspsrc", f"location={sim.url(name)}", "protocols=tcp", "latency=0", "!", "decodebin"]
    command += ["!", "fakesink", "num-buffers=10"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 0, done.stderr


def test_the_stream_is_what_the_file_holds_and_its_numbers_have_no_holes(sim: SimServer) -> None:
    with RtspClient(sim.url("scene")) as client:
        assert client.ask("OPTIONS").code == 200
        described = client.ask("DESCRIBE", Accept="application/sdp")
        assert b"H264/90000" in described.body
        assert b"sprop-parameter-sets=" in described.body
        played = client.play()
        packets = [packet for _ in range(30) for packet in client.read_picture()]
    assert f"seq={packets[0].sequence};rtptime={packets[0].timestamp}" in played.headers["rtp-info"]
    assert all((late.sequence - early.sequence) & 0xFFFF == 1 for early, late in pairwise(packets))
    units = depacketise_h264([packet.payload for packet in packets])
    assert [unit[0] & 31 for unit in units[:2]] == [7, 8], "parameter sets in front of the first keyframe"
    assert sum(is_key_unit(Codec.H264, unit) for unit in units) == 3, "30 pictures, a keyframe every 10"


def test_a_sender_report_ties_timestamps_to_the_wall_clock(sim: SimServer) -> None:
    with RtspClient(sim.url("scene")) as client:
        client.play()
        report = client.read_packet()
        assert isinstance(report, SenderReport), "the report comes before the first picture"
        picture = client.read_packet()
        assert isinstance(picture, RtpPacket)
    assert report.ssrc == picture.ssrc
    assert report.utc_s == pytest.approx(time.time(), abs=3.0)  # noqa: TID251 - compared with the machine's clock
    assert abs(picture.timestamp - report.timestamp) < 90_000


def test_the_second_client_sees_the_same_live_picture(sim: SimServer) -> None:
    """A camera is live: who comes later does not get the loop from its beginning."""
    with RtspClient(sim.url("patient")) as first, RtspClient(sim.url("patient")) as second:
        first.play()
        for _ in range(13):
            first.read_picture()
        second.play()
        seen = b"".join(packet.payload for packet in second.read_picture())
        earlier = [b"".join(packet.payload for packet in first.read_picture()) for _ in range(20)]
    assert seen in earlier


def test_pause_and_play_again(sim: SimServer) -> None:
    with RtspClient(sim.url("scene")) as client:
        client.play()
        client.read_picture()
        assert client.ask("PAUSE").code == 200
        assert client.ask("PLAY").code == 200
        assert client.read_picture()
        assert client.ask("TEARDOWN").code == 200
        with pytest.raises(ConnectionError):
            client.read_packet()
    assert sim.view("scene").clients == 0


def test_udp_is_refused_and_the_client_may_try_again(sim: SimServer) -> None:
    with RtspClient(sim.url("scene")) as client:
        refused = client.ask("SETUP", f"{client.url}/trackID=0", Transport="RTP/AVP;unicast;client_port=5000-5001")
        assert refused.code == 461
        assert client.play().code == 200


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("DESCRIBE", "/nobody", 404),
        ("DESCRIBE", "/scene/other/thing", 404),
        ("PLAY", "/scene", 454),  # no session yet
        ("TEARDOWN", "/scene", 454),
        ("RECORD", "/scene", 501),
        ("GET_PARAMETER", "/scene", 200),
    ],
)
def test_requests_out_of_place_are_answered_by_their_code(sim: SimServer, method: str, path: str, code: int) -> None:
    with RtspClient(f"rtsp://127.0.0.1:{sim.rtsp_port}{path}") as client:
        assert client.ask(method).code == code


def test_garbage_is_answered_400_and_closed(sim: SimServer) -> None:
    with RtspClient(sim.url("scene")) as client:
        client.socket.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert client.socket.recv(4096).startswith(b"RTSP/1.0 400 ")
        assert client.socket.recv(4096) == b""


@pytest.mark.parametrize("name", ["locked", "locked-sha"])
def test_the_right_password_plays_and_a_wrong_one_is_asked_again(sim: SimServer, name: str) -> None:
    with RtspClient(sim.url(name, credentials=False)) as client:
        refused = client.ask("DESCRIBE")
        assert refused.code == 401
        assert refused.headers["www-authenticate"].startswith("Digest ")
        assert client.ask("DESCRIBE", Authorization='Digest username="operator", response="0"').code == 401
    with pytest.raises(av.error.HTTPUnauthorizedError):
        av.open(sim.url(name).replace("s3cret", "guess"), options=OPTIONS)


def test_pyav_plays_with_the_password(sim: SimServer) -> None:
    with av.open(sim.url("locked"), options=QUICK) as container:
        assert next(container.decode(video=0)).width == 160
