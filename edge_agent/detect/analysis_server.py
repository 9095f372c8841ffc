"""The analysis of all cameras of a room, one picture at a time: motion, looks, tracks, rules.

Owns AnalysisServer, the loop of the analysis process. It has one thread: what it waits for are pictures from the room
and answers from the detectors, and while a picture waits for its looks other cameras go on. Everything is bounded: the
room sends no more pictures than there are slots, a camera has one picture in hand, and the looks that wait are as many
as the queue holds.
"""

import selectors
from collections.abc import Callable, Sequence
from datetime import tzinfo
from typing import Final

from edge_agent.core.load import LoadStep
from edge_agent.core.looks import LookAllowance
from edge_agent.core.schedules import local_time
from edge_agent.detect.analyser import CameraAnalysis
from edge_agent.detect.camera_desk import CameraDesk
from edge_agent.detect.look_desk import LookAnswer, LookDesk
from edge_agent.detect.messages import (
    NO_SLOT,
    AnalysisFigures,
    CameraChanged,
    Decided,
    PictureCome,
    SlotFreed,
    ToRoom,
    encode,
    packed,
    read_by_analysis,
)
from edge_agent.detect.picture_seen import packed_seen
from edge_agent.detect.room_rules import rules_of
from edge_agent.detect.shared_pictures import SharedPictures
from edge_agent.ops.channel import Channel
from edge_agent.ops.clock import Clock
from edge_agent.settings.model import CameraSettings

_FIGURES_EVERY_S: Final = 1.0
_PATIENCE_S: Final = 0.5
"""The loop looks around at least this often, also when nothing comes."""
_NO_LOOKS: Final = LookAllowance(kinds=frozenset())
_NO_DETECTOR: Final = AnalysisFigures(
    load=LoadStep.FULL,
    load_reason="",
    looks={},
    shed={},
    look_ms=0.0,
    detectors=0,
    detector_restarts=0,
    detector_fault="",
)
"""What a room without a model says of its looks."""


class AnalysisServer:
    """The loop of the analysis process; ``run`` returns never, ChannelClosedError ends it with the room."""

    def __init__(
        self,
        channel: Channel,
        pictures: SharedPictures,
        desks: Sequence[CameraDesk],
        *,
        looks: LookDesk | None,
        new_analysis: Callable[[CameraSettings], Callable[[], CameraAnalysis]],
        clock: Clock,
        time_zone: tzinfo,
    ) -> None:
        """``time_zone`` is the room's: schedules of rules are read on the clock of its wall.

        ``new_analysis`` returns what begins the analysis of a camera whose rules were changed anew, if it has to be.
        """
        self._new_analysis = new_analysis
        self._session = clock.now_us()
        """Names the tracks of this process; a camera whose analysis begins anew goes on from it."""
        self._time_zone = time_zone
        self._channel = channel
        self._pictures = pictures
        self._desks = desks
        self._looks = looks
        self._clock = clock
        self._figures_due_s = clock.instant()
        self._selector = selectors.DefaultSelector()
        self._selector.register(channel, selectors.EVENT_READ)
        if looks is not None:
            looks.watch(self._selector)

    def run(self) -> None:
        """Serve the room until it ends; raises ChannelClosedError then."""
        while True:
            self.serve(within_s=_PATIENCE_S)

    def serve(self, *, within_s: float) -> None:
        """One round: answers of the detectors first, because cameras wait for them, then one picture."""
        waits_s = within_s if self._looks is None else self._looks.next_look_s(within_s)
        ready = self._selector.select(waits_s)
        if self._looks is not None:
            for answer in self._looks.answers():
                self._answered(answer)
        if any(key.fileobj is self._channel for key, _ in ready):
            message = self._channel.receive(within_s=0.0)
            if message is not None:
                said = read_by_analysis(message)
                if isinstance(said, CameraChanged):
                    self._change(said)
                else:
                    self._take(said)
        self._tell_figures()

    def _change(self, changed: CameraChanged) -> None:
        camera = CameraSettings.model_validate_json(changed.settings)
        self._desks[changed.camera].change(rules_of(camera), self._new_analysis(camera))

    def _take(self, come: PictureCome) -> None:
        """Begin a picture; decide it at once when nothing has to be looked at."""
        began_s = self._clock.instant()
        desk = self._desks[come.camera]
        picture = self._pictures.view(come.slot, come.layout)
        allowance = _NO_LOOKS if self._looks is None else self._looks.allowance
        local = local_time(come.captured_at, self._time_zone)
        in_hand = desk.begin(
            picture, come.media_s, allowance, number=come.number, local=local, captured_at=come.captured_at
        )
        if in_hand is None:
            self._send(Decided(camera=come.camera, number=come.number, slot=come.slot, took_s=0.0, failed=True))
            return
        if self._looks is not None:
            self._looks.picture_came(began_s - come.arrived_s)
            wishes, refused = desk.granted(in_hand.begun.wishes, come.media_s)
            self._looks.refused(refused)
            in_hand.waits_for = self._looks.ask(come.camera, picture, wishes, began_s)
        in_hand.took_s = self._clock.instant() - began_s
        if in_hand.waits_for:
            self._send(SlotFreed(slot=come.slot))
            return
        self._decide(come.camera, slot=come.slot)

    def _answered(self, answer: LookAnswer) -> None:
        """Take what a detector saw, or that a look was shed; decide the picture when it was the last."""
        in_hand = self._desks[answer.camera].in_hand
        if in_hand is None or answer.look_id not in in_hand.waits_for:
            return  # its picture was lost to a defect meanwhile
        in_hand.waits_for.remove(answer.look_id)
        if answer.look is not None:
            in_hand.wishes.append(answer.wish)
            in_hand.looks.append(answer.look)
        if not in_hand.waits_for:
            self._decide(answer.camera, slot=NO_SLOT)

    def _decide(self, camera: int, *, slot: int) -> None:
        began_s = self._clock.instant()
        desk = self._desks[camera]
        in_hand = desk.in_hand
        assert in_hand is not None  # noqa: S101 - the caller has begun it
        verdict = desk.finish()
        took_s = in_hand.took_s + self._clock.instant() - began_s
        if verdict is None:
            self._send(Decided(camera=camera, number=in_hand.number, slot=slot, took_s=took_s, failed=True))
            return
        conditions = verdict.result.picture_conditions
        *parts, last = packed(verdict.result.alert_changes)
        for part in parts:
            self._send(Decided(camera=camera, number=in_hand.number, slot=NO_SLOT, took_s=0.0, more=True, changes=part))
        self._send(
            Decided(
                camera=camera,
                number=in_hand.number,
                slot=slot,
                took_s=took_s,
                looked_at=verdict.result.looked_at,
                attend=verdict.attend,
                changes=last,
                conditions=None if conditions is None else tuple(conditions),
                seen=packed_seen(
                    captured_at=in_hand.captured_at,
                    media_s=verdict.result.at_s,
                    session=self._session + desk.faults,
                    labels=desk.labels,
                    tracks=verdict.result.tracks,
                    still=verdict.result.still,
                ),
            )
        )

    def _tell_figures(self) -> None:
        now_s = self._clock.instant()
        if now_s < self._figures_due_s:
            return
        self._figures_due_s = now_s + _FIGURES_EVERY_S
        self._send(_NO_DETECTOR if self._looks is None else self._looks.figures())

    def _send(self, message: ToRoom) -> None:
        self._channel.send(encode(message))
