"""A camera thread against real RTSP with faults on demand, real files and servers that behave badly."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from threading import Event, Thread
from time import monotonic

import httpx
import psutil
import pytest

from edge_agent.capture.camera_source import CameraSource
from edge_agent.capture.camera_thread import CameraThread
from edge_agent.capture.clip_writer import WrittenClip, write_clip
from edge_agent.capture.decode_turns import TURNS
from edge_agent.capture.file_reader import FileReader
from edge_agent.capture.frames import Frame, FrameSink
from edge_agent.core import decode_debt
from edge_agent.core.camera_link import LinkSettings, LinkState
from edge_agent.core.link_failures import FailureClass, FailureKind
from edge_agent.ops.clock import SystemClock
from patrol_sim.cameras import SimCamera
from patrol_sim.rtsp.digest import Account
from patrol_sim.server import SimServer
from tests.support.cameras import (
    FrameCollector,
    LinkDiary,
    answer_everything_with,
    rtsp_refusing,
    say_nothing,
    tcp_server,
)
from tests.support.clips import make_clip
from tests.support.waiting import wait_until

CLOCK = SystemClock()
CAMERAS = ("plain", "stall", "freeze", "reset", "shape", "corrupt", "bare", "jump", "joined")


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("film") / "film.mp4", seconds=4.0, fps=10, gop_s=1.0)


@pytest.fixture(scope="module")
def sim(film: Path) -> Iterator[SimServer]:
    cameras = [SimCamera(name=name, source=film) for name in CAMERAS]
    cameras.append(SimCamera(name="locked", source=film, account=Account(username="ad min", password="p@ss:/ü")))
    with SimServer(cameras, control_port=None) as server:
        yield server


@contextmanager
def watching(
    camera: CameraSource, *, settings: LinkSettings | None = None, sink: FrameSink | None = None
) -> Iterator[tuple[CameraThread, FrameCollector, LinkDiary]]:
    collector, diary = FrameCollector(), LinkDiary()
    thread = CameraThread(
        camera, clock=CLOCK, sink=sink or collector, on_link=diary.note, settings=settings, randomness=lambda: 0.5
    )
    thread.start()
    try:
        yield thread, collector, diary
    finally:
        began_s = monotonic()
        thread.stop()
        assert monotonic() - began_s < 2.0, "stop took longer than it may"
    offered = len(collector.frames)
    noted = len(diary.changes)
    assert thread.figures.hanging >= 0
    assert (len(collector.frames), len(diary.changes)) == (offered, noted)


def source(url: str, **more: float) -> CameraSource:
    return replace(CameraSource(name="gate", url=url, analyse_fps=0.0), **more)  # type: ignore[arg-type]


def streams(diary: LinkDiary, *, within_s: float = 10.0) -> None:
    wait_until(lambda: diary.last(LinkState.STREAMING), within_s=within_s, what="the camera streams")


def enters(diary: LinkDiary, state: LinkState, *, within_s: float = 10.0) -> str:
    change = wait_until(lambda: diary.last(state), within_s=within_s, what=f"the camera is {state}")
    assert change is not None
    return change.reason


def in_order(frames: list[Frame]) -> bool:
    return all(earlier.media_s < later.media_s for earlier, later in pairwise(frames))


# --- pictures ------------------------------------------------------------------------------------------------


def test_an_rtsp_camera_streams_and_its_ring_gives_a_clip(sim: SimServer, tmp_path: Path) -> None:
    with watching(source(sim.url("plain"))) as (thread, collector, diary):
        wait_until(lambda: len(collector.frames) > 40, within_s=15, what="four seconds of pictures")
        wait_until(lambda: 8.0 < thread.figures.fps < 12.0, within_s=10, what="the rate of the camera measured")
        figures = thread.figures
        assert figures.state is LinkState.STREAMING
        assert figures.age_s is not None
        assert figures.age_s < 1.0
        assert (figures.width, figures.height) == (160, 120)
        assert figures.gop_s == pytest.approx(1.0, abs=0.1)
        span = thread.ring.span_s
        assert span is not None
        clip = write_clip(thread.ring.cut(span[1] - 2.0, span[1]), tmp_path / "clip.mp4")
    assert isinstance(clip, WrittenClip), clip
    assert not clip.reencoded
    assert 2.0 <= clip.end_s - clip.start_s <= 3.2
    assert diary.states() == [LinkState.CONNECTING, LinkState.STREAMING]
    assert in_order(collector.frames)
    last = collector.frames[-1]
    assert abs(last.captured_at - CLOCK.now_us()) < 30_000_000
    assert not last.clock_suspect


def test_a_film_runs_at_the_speed_of_life_and_goes_on_over_its_end(film: Path) -> None:
    began_s = monotonic()
    with watching(source(str(film), loop=True, analyse_fps=5.0)) as (thread, collector, _):
        wait_until(lambda: thread.figures.packets > 50, within_s=15, what="more than one loop of forty pictures")
        assert 4.5 < monotonic() - began_s < 9.0
    frames = collector.frames
    assert in_order(frames)
    gaps = [later.media_s - earlier.media_s for earlier, later in pairwise(frames)]
    assert min(gaps) == pytest.approx(0.2, abs=0.01)
    assert max(gaps) == pytest.approx(0.2, abs=0.01)


def test_a_film_without_loop_ends_and_is_not_played_again(film: Path, tmp_path: Path) -> None:
    short = make_clip(tmp_path / "short.mp4", seconds=0.5)
    with watching(source(str(short))) as (_, collector, diary):
        reason = enters(diary, LinkState.DISABLED)
        assert reason == "the film ended"
        assert len(collector.frames) == 5


# --- faults of cameras ---------------------------------------------------------------------------------------


def test_a_stall_is_seen_and_passes_without_a_new_connection(sim: SimServer) -> None:
    with watching(source(sim.url("stall"), stall_after_s=1.0)) as (thread, _, diary):
        streams(diary)
        sim.begin_fault("stall", "stall", for_s=2.5)
        assert "no packet for" in enters(diary, LinkState.STALLED)
        wait_until(lambda: diary.states()[-1] is LinkState.STREAMING, within_s=10, what="pictures again")
        assert thread.figures.reconnects == 0


def test_a_camera_silent_for_too_long_is_connected_anew(sim: SimServer) -> None:
    patience = LinkSettings(give_up_after_s=1.5)
    with watching(source(sim.url("stall"), stall_after_s=0.7), settings=patience) as (thread, _, diary):
        streams(diary)
        sim.begin_fault("stall", "silent", for_s=4.0)
        assert "no packet for" in enters(diary, LinkState.BACKING_OFF)
        wait_until(lambda: diary.states()[-1] is LinkState.STREAMING, within_s=20, what="pictures again")
        assert thread.figures.reconnects >= 1


def test_a_frozen_picture_is_told_from_a_living_one(sim: SimServer) -> None:
    with watching(source(sim.url("freeze"), frozen_after_s=1.5)) as (_, _, diary):
        streams(diary)
        sim.begin_fault("freeze", "freeze", for_s=4.0)
        assert "the same picture for" in enters(diary, LinkState.FROZEN)
        wait_until(lambda: diary.states()[-1] is LinkState.STREAMING, within_s=15, what="pictures that differ")


def test_a_connection_that_is_reset_comes_back_and_the_timeline_goes_on(sim: SimServer) -> None:
    with watching(source(sim.url("reset"))) as (thread, collector, diary):
        wait_until(lambda: len(collector.frames) > 10, within_s=10, what="pictures")
        before = len(collector.frames)
        sim.begin_fault("reset", "reset")
        enters(diary, LinkState.BACKING_OFF)
        wait_until(lambda: len(collector.frames) > before + 10, within_s=15, what="pictures again")
        assert thread.figures.reconnects == 1
    assert in_order(collector.frames)


def test_a_change_of_resolution_goes_through_and_clips_never_mix_sizes(sim: SimServer, tmp_path: Path) -> None:
    with watching(source(sim.url("shape"))) as (thread, collector, diary):
        wait_until(lambda: len(collector.frames) > 10, within_s=10, what="pictures")
        sim.begin_fault("shape", "resolution", "320x240")
        wait_until(
            lambda: sum(frame.width == 320 for frame in collector.frames) > 15,
            within_s=20,
            what="pictures of the new size",
        )
        span = thread.ring.span_s
        assert span is not None
        cut = thread.ring.cut(span[0], span[1])
        assert len({(packet.shape.width, packet.connection) for packet in cut}) == 1
        clip = write_clip(thread.ring.cut(span[1] - 0.5, span[1]), tmp_path / "clip.mp4")
        assert diary.states() == [LinkState.CONNECTING, LinkState.STREAMING]
    assert isinstance(clip, WrittenClip), clip
    assert (clip.width, clip.height) == (320, 240)
    with opened_film(tmp_path / "clip.mp4") as reader:
        assert {(frame.width, frame.height) for frame in reader} == {(320, 240)}


def test_damaged_packets_are_counted_and_never_end_the_stream(sim: SimServer) -> None:
    with watching(source(sim.url("corrupt"))) as (thread, collector, diary):
        streams(diary)
        sim.begin_fault("corrupt", "corrupt", 0.3, for_s=3.0)
        wait_until(lambda: thread.figures.corrupt >= 3, within_s=15, what="damage seen")
        sim.end_fault("corrupt")
        before = len(collector.frames)
        wait_until(lambda: len(collector.frames) > before + 10, within_s=10, what="pictures after the damage")
        assert diary.states() == [LinkState.CONNECTING, LinkState.STREAMING]


def test_a_stream_without_parameter_sets_says_so_instead_of_looking_healthy(sim: SimServer) -> None:
    sim.begin_fault("bare", "no_parameter_sets")
    patience = LinkSettings(first_picture_within_s=2.0)
    with watching(source(sim.url("bare")), settings=patience) as (_, collector, diary):
        assert "no keyframe or no parameter sets" in enters(diary, LinkState.BACKING_OFF, within_s=20)
        assert collector.frames == []
        sim.end_fault("bare")
        streams(diary, within_s=30)


def test_a_jump_of_the_cameras_clock_leaves_the_timeline_whole_and_is_marked(sim: SimServer) -> None:
    with watching(source(sim.url("jump"))) as (_, collector, diary):
        wait_until(lambda: len(collector.frames) > 10, within_s=10, what="pictures")
        sim.begin_fault("jump", "clock_jump", 3600.0)
        wait_until(lambda: collector.frames[-1].clock_suspect, within_s=10, what="the jump noticed")
        assert diary.states() == [LinkState.CONNECTING, LinkState.STREAMING]
    frames = collector.frames
    assert in_order(frames)
    assert max(later.media_s - earlier.media_s for earlier, later in pairwise(frames)) < 2.0


def test_a_stream_that_begins_in_the_middle_of_a_group_is_shown_from_its_first_keyframe_on(sim: SimServer) -> None:
    sim.begin_fault("joined", "start_on_non_keyframe")
    with watching(source(sim.url("joined"))) as (thread, collector, diary):
        streams(diary)
        wait_until(lambda: len(collector.frames) > 10, within_s=10, what="pictures")
        assert not any(frame.is_corrupt for frame in collector.frames)
        assert thread.figures.corrupt == 0


# --- addresses that do not work ------------------------------------------------------------------------------


def test_a_camera_with_a_password_opens_with_it_and_names_the_cause_without_it(sim: SimServer) -> None:
    camera = replace(source(sim.url("locked", credentials=False)), username="ad min", password="p@ss:/ü")
    with watching(camera) as (_, _, diary):
        streams(diary)
    with watching(replace(camera, password="wrong")) as (_, _, diary):
        reason = enters(diary, LinkState.BACKING_OFF)
        assert "refuses the user name or the password; correct them" in reason
        assert "wrong" not in reason
        change = diary.last(LinkState.BACKING_OFF)
        assert change is not None
        assert change.failure_class is FailureClass.PERMANENT


@pytest.mark.parametrize(
    ("status_line", "kind"),
    [
        ('401 Unauthorized\r\nWWW-Authenticate: Basic realm="x"', FailureKind.UNAUTHORISED),
        ("404 Not Found", FailureKind.NOT_FOUND),
        ("403 Forbidden", FailureKind.FORBIDDEN),
        ("503 Service Unavailable", FailureKind.SERVER_ERROR),
    ],
)
def test_each_refusal_of_a_server_has_its_own_kind(status_line: str, kind: FailureKind) -> None:
    with (
        tcp_server(rtsp_refusing(status_line)) as port,
        watching(source(f"rtsp://127.0.0.1:{port}/x")) as (_, _, diary),
    ):
        enters(diary, LinkState.BACKING_OFF)
        change = diary.last(LinkState.BACKING_OFF)
        assert change is not None
        assert change.failure_kind is kind


@pytest.mark.parametrize(
    ("url", "kind", "words"),
    [
        ("rtsp://127.0.0.1:1/x", FailureKind.REFUSED, "is the camera on"),
        ("rtsp://no-such-host.invalid/x", FailureKind.NO_SUCH_HOST, "host name is not known"),
        ("/no/such/film.mp4", FailureKind.NOT_FOUND, "no such file"),
        ("/", FailureKind.NOT_FOUND, "is a folder"),
        ("carrier-pigeon://x/y", FailureKind.BAD_ADDRESS, "no such protocol"),
    ],
)
def test_a_wrong_address_is_named_in_one_sentence(url: str, kind: FailureKind, words: str) -> None:
    with watching(source(url)) as (_, _, diary):
        assert words in enters(diary, LinkState.BACKING_OFF)
        change = diary.last(LinkState.BACKING_OFF)
        assert change is not None
        assert change.failure_kind is kind


def test_a_server_that_says_nothing_is_given_up_and_does_not_hold_up_the_stop() -> None:
    with tcp_server(say_nothing) as port:
        patience = LinkSettings(give_up_after_s=1.0)
        camera = source(f"rtsp://127.0.0.1:{port}/x", stall_after_s=0.5)
        with watching(camera, settings=patience) as (_, _, diary):
            assert "said nothing" in enters(diary, LinkState.BACKING_OFF)
        with watching(source(f"rtsp://127.0.0.1:{port}/x")) as (_, _, diary):
            enters(diary, LinkState.CONNECTING)  # and is stopped in the middle of opening


@pytest.mark.parametrize("reply", [b"\0" * 64, b"garbage\r\n\r\n", b"RTSP/1.0 200 OK\r\n\r\n", b"$\x00\xff\xff" * 8])
def test_a_server_that_talks_garbage_costs_one_camera_and_nothing_else(reply: bytes) -> None:
    patience = LinkSettings(open_within_s=1.0, give_up_after_s=1.0)
    with tcp_server(answer_everything_with(reply)) as port:
        camera = source(f"rtsp://127.0.0.1:{port}/x", stall_after_s=0.5)
        with watching(camera, settings=patience) as (thread, collector, diary):
            enters(diary, LinkState.BACKING_OFF)
            assert collector.frames == []
            assert thread.figures.reason


def test_a_person_may_cut_a_long_wait_short(sim: SimServer, tmp_path: Path) -> None:
    path = tmp_path / "later.mp4"
    with watching(source(str(path), loop=True)) as (thread, _, diary):
        enters(diary, LinkState.BACKING_OFF)
        waiting_s = thread.figures.next_try_s
        assert waiting_s is not None
        assert waiting_s > 20.0
        make_clip(path, seconds=1.0)
        thread.retry_now()
        streams(diary)


def test_a_sink_that_breaks_its_promise_stops_only_its_own_camera(
    film: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    class BrokenSink:
        def offer(self, frame: Frame) -> None:
            raise RuntimeError("a defect")

    with (
        watching(source(str(film), loop=True), sink=BrokenSink()) as (_, _, broken),
        watching(source(str(film), loop=True)) as (_, collector, _),
    ):
        assert "a fault of this program" in enters(broken, LinkState.BACKING_OFF)
        wait_until(lambda: len(collector.frames) > 5, within_s=10, what="the other camera goes on")
    assert "camera_reader_fault" in capsys.readouterr().out


@contextmanager
def opened_film(path: Path) -> Iterator[FileReader]:
    reader = FileReader.open(source(str(path)), clock=CLOCK)
    assert isinstance(reader, FileReader), reader
    with reader:
        yield reader


# --- a camera that never comes to rest ------------------------------------------------------------------------


@pytest.mark.timeout(180)
def test_a_thousand_quick_disconnects_leave_neither_threads_nor_memory_behind(film: Path) -> None:
    """The waits are a thousandth of the real ones, else this took a day; the simulator has a process of its own."""
    with simulated(film) as (url, control):
        httpx.post(f"{control}/cameras/flap/faults", json={"fault": "flap", "value": 0.01}).raise_for_status()
        hasty = LinkSettings(first_wait_s=0.001, longest_wait_s=0.01, shortest_wait_s=0.0005)
        process = psutil.Process()
        with watching(source(url), settings=hasty) as (thread, _, diary):
            wait_until(lambda: thread.figures.reconnects >= 200, within_s=60, what="two hundred connections")
            early, threads = process.memory_info().rss, process.num_threads()
            wait_until(lambda: thread.figures.reconnects >= 1_000, within_s=120, what="a thousand connections")
            assert process.memory_info().rss < early + 20_000_000
            assert process.num_threads() <= threads + 2
            httpx.delete(f"{control}/cameras/flap/faults").raise_for_status()
            wait_until(
                lambda: diary.states()[-1] is LinkState.STREAMING and thread.figures.fps > 8.0,
                within_s=20,
                what="pictures flow again",
            )
            assert thread.figures.hanging == 0


@contextmanager
def simulated(film: Path) -> Iterator[tuple[str, str]]:
    """Serve a film from a process of its own; yields the camera's address and that of the control API."""
    config = film.with_suffix(".toml")
    config.write_text(f'[[camera]]\nname = "flap"\nfile = "{film}"\n')
    process = subprocess.Popen(
        [sys.executable, "-m", "patrol_sim", "--config", str(config)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        yield ready["cameras"]["flap"], f"http://127.0.0.1:{ready['control_port']}"
    finally:
        process.terminate()
        process.communicate(timeout=10)


def test_a_camera_that_costs_more_than_it_lasts_is_seen_at_its_keyframes_and_stays_connected(
    sim: SimServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other cameras have taken every turn at decoding: this one has to wait for each."""
    monkeypatch.setattr(decode_debt, "FIRST_REST_S", 2.0)
    ended = Event()

    def hog() -> None:
        while not ended.is_set():
            TURNS.take()
            ended.wait(0.2)
            TURNS.give_back()

    hogs = [Thread(target=hog, daemon=True) for _ in range(2 * (os.cpu_count() or 1))]
    with watching(source(sim.url("plain"), analyse_fps=10.0)) as (thread, _, diary):
        streams(diary)
        for one in hogs:
            one.start()
        try:
            wait_until(lambda: thread.figures.mode == "behind", within_s=30, what="the camera is behind")
            packets = thread.figures.packets
            wait_until(lambda: thread.figures.packets > packets + 20, within_s=10, what="it is read on")
            assert thread.figures.left_out > 0
        finally:
            ended.set()
        wait_until(lambda: thread.figures.mode == "full", within_s=20, what="everything is decoded again")
        assert diary.states() == [LinkState.CONNECTING, LinkState.STREAMING]
        assert thread.figures.reconnects == 0
