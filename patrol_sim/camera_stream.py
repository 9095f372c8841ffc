"""One camera at work: its timeline, its sessions, its faults. Runs on the server's event loop and nowhere else."""

import asyncio
import random
from typing import Final

import structlog

from patrol_sim import clock
from patrol_sim.cameras import SimCamera
from patrol_sim.damage import damage_units, strip_parameter_sets
from patrol_sim.faults import ActiveFault, Fault, RefuseWay
from patrol_sim.figures import CameraCounts
from patrol_sim.lateness import Lateness
from patrol_sim.media.loop import AccessUnit, MediaLoop
from patrol_sim.rtp.packetise import packetise
from patrol_sim.rtp.stamps import StampClock
from patrol_sim.rtp.wire_unit import WireUnit, build_wire_unit
from patrol_sim.rtsp.digest import Account
from patrol_sim.session import PictureTime, PlaySession
from patrol_sim.timeline import Timeline, begin_timeline, plan_join, switch_timeline

_log = structlog.get_logger(__name__)
SKIP_WHEN_LATE_S: Final = 3.0
"""When the process was held up this long, pictures are skipped instead of sent in a rush."""
MOST_AT_ONCE: Final = 8
BURST_PAUSE_S: Final = 0.005
"""A burst leaves in pieces, so that a client which reads is not taken for one that does not."""


class CameraStream:
    """Sends one camera's pictures to its sessions when they are due. Nothing runs while nobody watches."""

    def __init__(self, camera: SimCamera, media: MediaLoop) -> None:
        self.camera = camera
        self.media = media
        self.account = camera.account
        self.counts = CameraCounts()
        self.sessions: set[PlaySession] = set()
        self.faults: dict[Fault, ActiveFault] = {}
        self._wanted = media
        self._timeline: Timeline | None = None
        self._tick = 0
        self._stamps = StampClock()
        self._lateness: Lateness | None = None
        self._frozen: AccessUnit | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._dice = random.Random(camera.seed)  # noqa: S311 - damage must repeat with its seed

    # --- what the connection asks ---------------------------------------------------------------------------

    def join(self, session: PlaySession) -> None:
        """Let a session play from the picture that the join rule names."""
        now_s = asyncio.get_running_loop().time()
        timeline = self._timeline
        if timeline is None:
            timeline = self._timeline = begin_timeline(self.media, offset_s=self.camera.offset_s, now_s=now_s)
        if self._timer is None:
            self._tick = timeline.next_tick(now_s)
        session.next_tick = self._first_tick(timeline, not_before=0)
        session.playing, session.interrupted = True, False
        self._cut_soon(session)
        self._arm()

    def due_s(self, tick: int) -> float | None:
        """Return the event loop's time at which an access unit is sent; None before the loop has begun."""
        timeline = self._timeline
        return None if timeline is None else timeline.due_s(tick)

    def first_timestamp(self, session: PlaySession) -> int:
        """Return the RTP timestamp of the first picture a joined session will get."""
        if self._timeline is None:
            return session.timestamp(0)
        return session.timestamp(self._stamps.stamp(self._timeline.shown_90k(session.next_tick)))

    def add(self, session: PlaySession) -> None:
        """Remember a session that was set up."""
        self.sessions.add(session)
        self.counts.sessions += 1

    def remove(self, session: PlaySession) -> None:
        """Forget a session; its connection is gone or torn down."""
        session.playing = False
        self.sessions.discard(session)

    @property
    def declared_fps(self) -> float:
        """The rate the SDP says."""
        active = self.faults.get(Fault.WRONG_RATE)
        return float(active.value) if active is not None and active.value is not None else self.media.fps

    @property
    def announced_sets(self) -> tuple[bytes, ...]:
        """The parameter sets the SDP says."""
        if Fault.NO_PARAMETER_SETS in self.faults:
            return ()
        return self._timeline.loop.parameter_sets if self._timeline is not None else self._wanted.parameter_sets

    @property
    def position_s(self) -> float | None:
        """Seconds since the loop's first lap began; None before the camera was first watched."""
        if self._timeline is None:
            return None
        return self._timeline.position_90k(asyncio.get_running_loop().time()) / 90_000

    # --- faults ---------------------------------------------------------------------------------------------

    def begin_fault(self, active: ActiveFault, *, variant: MediaLoop | None = None) -> None:
        """Let a checked fault act; ``variant`` is the loop in the other size that ``resolution`` needs."""
        self.faults[active.fault] = active
        _log.info("sim_fault_began", camera=self.camera.name, fault=active.fault.value, value=active.value)
        match active.fault:
            case Fault.REFUSE:
                self._cut_all(reset=active.value == RefuseWay.RESET)
            case Fault.AUTH_CHANGE:
                self.account = Account(
                    username=self.camera.account.username or "admin",
                    password=str(active.value),
                    algorithm=self.camera.account.algorithm,
                )
                self._cut_all(reset=False)
            case Fault.WRONG_RATE if isinstance(active.value, float):
                self._set_slope(self.media.fps / active.value)
            case Fault.CLOCK_JUMP if isinstance(active.value, float):
                self._stamps = self._stamps.with_jump(active.value)
            case Fault.DRIFT if isinstance(active.value, float):
                self._stamps = self._stamps.with_drift(active.value * 1e-6, from_90k=self._now_90k())
            case Fault.JITTER if isinstance(active.value, float):
                now_s = asyncio.get_running_loop().time()
                self._lateness = Lateness(active.value, self._dice, begin_s=now_s)
            case Fault.FLAP:
                for session in self.sessions:
                    self._cut_soon(session)
            case Fault.RESOLUTION if variant is not None:
                self._wanted = variant
            case _:
                pass  # the others are looked up when a picture is sent or a request is answered

    def end_fault(self, fault: Fault) -> bool:
        """Put right what the fault did; False when it was not active."""
        if self.faults.pop(fault, None) is None:
            return False
        _log.info("sim_fault_ended", camera=self.camera.name, fault=fault.value)
        match fault:
            case Fault.AUTH_CHANGE:
                self.account = self.camera.account
                self._cut_all(reset=False)
            case Fault.WRONG_RATE:
                self._set_slope(1.0)
            case Fault.CLOCK_JUMP:
                self._stamps = self._stamps.with_jump(0.0)
            case Fault.DRIFT:
                self._stamps = self._stamps.with_drift(0.0, from_90k=self._now_90k())
            case Fault.JITTER if self._lateness is not None:
                self._lateness.release(asyncio.get_running_loop().time())
                self.stop()
                self._arm()
            case Fault.RESOLUTION:
                self._wanted = self.media
            case _:
                pass
        return True

    def _set_slope(self, slope: float) -> None:
        self._stamps = self._stamps.with_slope(slope, from_90k=self._now_90k())

    def _now_90k(self) -> int:
        """Return the position of the next picture; of now while nobody watches."""
        if self._timeline is None:
            return 0
        if self._timer is None:
            return self._timeline.position_90k(asyncio.get_running_loop().time())
        return self._timeline.due_90k(self._tick)

    def _cut_soon(self, session: PlaySession) -> None:
        """Cut a playing session after the time that ``flap`` says, unless the fault ends before."""
        active = self.faults.get(Fault.FLAP)
        if active is None or not session.playing:
            return

        def cut() -> None:
            if session in self.sessions and self.faults.get(Fault.FLAP) is active:
                self.counts.clients_cut_fault += 1
                session.link.cut(reset=False)

        asyncio.get_running_loop().call_later(float(active.value or 0.0), cut)

    def _cut_all(self, *, reset: bool) -> None:
        for session in tuple(self.sessions):
            self.counts.clients_cut_fault += 1
            session.link.cut(reset=reset)

    # --- sending --------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """Send nothing more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self) -> None:
        if self._timer is not None or self._timeline is None or not any(s.playing for s in self.sessions):
            return
        self._timer = asyncio.get_running_loop().call_at(self._leaves_s(self._timeline), self._on_due)

    def _leaves_s(self, timeline: Timeline) -> float:
        """Return when the picture of the tick leaves: when it is due, or later while the network stutters."""
        due_s = timeline.due_s(self._tick)
        return due_s if self._lateness is None else self._lateness.leaves_s(due_s)

    def _on_due(self) -> None:
        self._timer = None
        timeline = self._timeline
        if timeline is None:
            return
        now_s = asyncio.get_running_loop().time()
        if now_s - self._leaves_s(timeline) > SKIP_WHEN_LATE_S:
            caught_up = timeline.next_tick(now_s)
            self.counts.pictures_skipped_late += caught_up - self._tick
            self._tick = caught_up
            self._interrupt_sessions()
        sent = 0
        while self._timeline is not None and self._leaves_s(self._timeline) <= now_s:
            if sent == MOST_AT_ONCE:
                self._timer = asyncio.get_running_loop().call_later(BURST_PAUSE_S, self._on_due)
                return
            self._send_tick(now_s)
            self._tick += 1
            sent += 1
        self._arm()

    def _send_tick(self, now_s: float) -> None:
        timeline = self._switch_if_wanted()
        if Fault.SILENT in self.faults or Fault.STALL in self.faults:
            self._interrupt_sessions()
            return
        self._follow_freeze(timeline)
        reset = Fault.RESET in self.faults and not timeline.unit(self._tick).keyframe
        for session in tuple(self.sessions):
            if not session.playing:
                continue
            if session.interrupted:
                session.interrupted = False
                session.next_tick = self._first_tick(timeline, not_before=session.next_tick)
            if session.next_tick <= self._tick and session.report_due(now_s):
                session.report(self._picture_time(timeline, session.next_tick, now_s))
            if reset and session.has_sent:
                self._reset(session, timeline)
            else:
                self._send_up_to_tick(session, timeline)

    def _send_up_to_tick(self, session: PlaySession, timeline: Timeline) -> None:
        """Send what the session has not had; more than one picture only when it joined with a burst."""
        while session.playing and session.next_tick <= self._tick:
            wire = self._wire(timeline, session.next_tick)
            stamp = self._stamps.stamp(self._shown_90k(timeline, session.next_tick))
            losses = self.faults.get(Fault.DROP)
            session.next_tick += 1
            if losses is None:
                sent = session.send(wire, stamp)
            else:
                sent = session.send_with_losses(wire, stamp, share=float(losses.value or 0.0), dice=self._dice)
            if not sent:
                return

    def _reset(self, session: PlaySession, timeline: Timeline) -> None:
        stamp = self._stamps.stamp(timeline.shown_90k(self._tick))
        session.send_half_and_reset(timeline.unit(self._tick).wire, stamp)
        self.counts.clients_cut_fault += 1
        if Fault.RESET in self.faults and self.faults[Fault.RESET].ends_s is None:
            self.end_fault(Fault.RESET)

    def _switch_if_wanted(self) -> Timeline:
        timeline = self._timeline
        if timeline is None:
            raise RuntimeError(f"camera {self.camera.name}: a picture is due before the timeline began")
        if timeline.loop is not self._wanted:
            switched = switch_timeline(timeline, self._wanted, tick=self._tick)
            if switched is not None:
                timeline, self._tick = switched
                self._timeline = timeline
                for session in self.sessions:
                    session.next_tick = self._tick  # it is a keyframe: everyone may begin here
        return timeline

    def _follow_freeze(self, timeline: Timeline) -> None:
        if Fault.FREEZE in self.faults:
            if self._frozen is None:
                self._frozen = timeline.unit(timeline.key_not_after(self._tick))
        elif self._frozen is not None and timeline.unit(self._tick).keyframe:
            self._frozen = None

    def _shown_90k(self, timeline: Timeline, tick: int) -> int:
        if self._frozen is None:
            return timeline.shown_90k(tick)
        return timeline.due_90k(tick) - timeline.delay_90k + self._frozen.pts_90k - self._frozen.dts_90k

    def _wire(self, timeline: Timeline, tick: int) -> WireUnit:
        """Return what is sent for a tick; the prepared packets unless a fault changes the units themselves."""
        access_unit = self._frozen or timeline.unit(tick)
        strip = Fault.NO_PARAMETER_SETS in self.faults
        corrupt = self.faults.get(Fault.CORRUPT)
        if not strip and corrupt is None:
            return access_unit.wire
        codec = timeline.loop.codec
        units = strip_parameter_sets(codec, access_unit.units) if strip else access_unit.units
        if corrupt is not None:
            units, hit = damage_units(codec, units, float(corrupt.value or 0.0), self._dice)
            self.counts.units_damaged += hit
        return build_wire_unit(packetise(codec, units))

    def _first_tick(self, timeline: Timeline, *, not_before: int) -> int:
        if self._frozen is not None:
            return self._tick  # every frozen picture is a keyframe
        if Fault.START_ON_NON_KEYFRAME in self.faults:
            tick = self._tick
            while timeline.unit(tick).keyframe and len(timeline.loop.key_indexes) < len(timeline.loop.access_units):
                tick += 1
            return tick
        return plan_join(timeline, now_tick=self._tick, join=self.camera.join, not_before=not_before).first

    def _interrupt_sessions(self) -> None:
        for session in self.sessions:
            session.interrupted = session.interrupted or session.next_tick <= self._tick

    def _picture_time(self, timeline: Timeline, tick: int, now_s: float) -> PictureTime:
        """Tell when the picture of a tick was shown, by the camera's own clock.

        A report refers to the very next picture: FFmpeg takes the first report's timestamp as the beginning, and a
        picture stamped before it gets no time at all.
        """
        shown_90k = self._shown_90k(timeline, tick)
        ago_s = (timeline.position_90k(now_s) - shown_90k) / 90_000
        utc_s = clock.utc_s() - ago_s + self._stamps.ahead_s(shown_90k)
        return PictureTime(utc_s=utc_s, stamp_90k=self._stamps.stamp(shown_90k), now_s=now_s)
