"""The analysis process as the room sees it: started, shown pictures, listened to, ended.

Owns AnalysisChild, one start of the process. When it is started again is ``app/analysis.py``'s business.
"""

from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Lock
from typing import Final

from edge_agent.app.camera_worker import CameraWorker
from edge_agent.capture.frames import Frame
from edge_agent.detect import analysis_process
from edge_agent.detect.errors import ModelError
from edge_agent.detect.messages import CameraChanged, PictureCome, Ready, Refused, ToRoom, encode, read_by_room
from edge_agent.detect.shared_pictures import SharedPictures
from edge_agent.ops.channel import ChannelClosedError
from edge_agent.ops.child_process import ChildProcess
from edge_agent.ops.clock import Clock
from edge_agent.settings.model import AgentSettings, CameraSettings

SLOTS: Final = 4
"""Pictures under way to the analysis at once: one in its hands, the others so that it never waits."""
START_WITHIN_S: Final = 90.0


class PictureUnderWay:
    """A picture that the analysis has not decided yet."""

    __slots__ = ("camera", "frame", "index")

    def __init__(self, camera: CameraWorker, frame: Frame, index: int) -> None:
        self.camera = camera
        self.frame = frame
        self.index = index


class AnalysisChild:
    """One analysis process. Slots and ``show`` are for any thread, the rest for the one that hears the analysis."""

    def __init__(self, settings: AgentSettings) -> None:
        """Start the process; raises ModelError when the machine refuses."""
        self._colour = settings.detector.kind != "motion"
        try:
            self._pictures = SharedPictures.make(slots=SLOTS)
            self._process = ChildProcess(
                analysis_process.MODULE,
                setup=analysis_process.setup_of(settings, slots=SLOTS),
                shared=(self._pictures.descriptor,),
            )
            self._pictures.handed_on()
        except OSError as error:
            raise ModelError(
                f"the analysis process cannot be started ({error.strerror}); free memory or allow more processes"
            ) from error
        self.report: dict[str, object] = {}
        """What the model is and why it runs so, once the analysis is ready; empty: motion alone."""
        # Bounded by construction: holds exactly the slots that are free (policy: block).
        self._free: SimpleQueue[int] = SimpleQueue()
        for slot in range(SLOTS):
            self._free.put(slot)
        self._lock = Lock()
        self._under_way: dict[int, PictureUnderWay] = {}
        self._last_number = 0
        self._gone = False

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def await_ready(self, clock: Clock) -> None:
        """Block until the analysis can begin; raises ModelError in words for a technician when it cannot."""
        deadline_s = clock.instant() + START_WITHIN_S
        while (now_s := clock.instant()) < deadline_s:
            try:
                said = self.listen(within_s=deadline_s - now_s)
            except ChannelClosedError as error:
                code = self._process.end()
                raise ModelError(f"the analysis process ended at its start (exit code {code}); see its log") from error
            if isinstance(said, Refused):
                raise ModelError(said.sentence)
            if isinstance(said, Ready):
                self.report = said.report
                return
        raise ModelError(f"the analysis was not ready within {START_WITHIN_S:.0f} s; take a smaller model")

    def free_slot(self, *, within_s: float) -> int | None:
        """Return a slot for a picture, None when none became free in time."""
        try:
            return self._free.get(timeout=within_s) if within_s > 0.0 else self._free.get_nowait()
        except Empty:
            return None

    def give_back(self, slot: int) -> None:
        """Let a slot be used again."""
        self._free.put(slot)

    def show(self, slot: int, picture: PictureUnderWay) -> bool:
        """Put a picture into a slot and tell the analysis; False when it is too large, the slot is free again then.

        Raises ChannelClosedError when the process has gone; then ``abandon`` will not name the picture.
        """
        frame = picture.frame
        layout = self._pictures.put(slot, frame.video_frame, colour=self._colour)
        if layout is None:
            self.give_back(slot)
            return False
        with self._lock:
            if self._gone:
                raise ChannelClosedError("the analysis was given up")
            self._last_number += 1
            number = self._last_number
            self._under_way[number] = picture
        come = PictureCome(
            camera=picture.index,
            number=number,
            slot=slot,
            layout=layout,
            media_s=frame.media_s,
            captured_at=frame.captured_at,
            arrived_s=frame.arrived_s,
        )
        try:
            self._process.channel.send(encode(come))
        except ChannelClosedError:
            if self.decided(number) is not None:
                raise
        return True

    def change(self, index: int, camera: CameraSettings) -> None:
        """Have other rules hold for a camera from its next picture on; any thread.

        A process that has gone is not told: the next one is started with them.
        """
        with suppress(ChannelClosedError):
            self._process.channel.send(
                encode(CameraChanged(camera=index, settings=camera.model_dump_json(by_alias=True)))
            )

    def listen(self, *, within_s: float) -> ToRoom | None:
        """Return what the analysis says next; raises ChannelClosedError when it has gone."""
        message = self._process.channel.receive(within_s=within_s)
        return None if message is None else read_by_room(message)

    def under_way(self, number: int) -> PictureUnderWay | None:
        """Return the picture of a number; None for one that was given up."""
        return self._under_way.get(number)

    def decided(self, number: int) -> PictureUnderWay | None:
        """Take a picture out of those under way."""
        with self._lock:
            return self._under_way.pop(number, None)

    def abandon(self) -> list[PictureUnderWay]:
        """Kill the process if it still runs; returns the pictures that nobody will decide."""
        with self._lock:
            self._gone = True
            left = list(self._under_way.values())
            self._under_way.clear()
        self._process.kill()
        return left

    def end(self) -> int:
        """End the process in peace; returns how it ended."""
        with self._lock:
            self._gone = True
        return self._process.end()

    @property
    def exit_code(self) -> int | None:
        """How the process ended, None while it runs."""
        return self._process.exit_code
