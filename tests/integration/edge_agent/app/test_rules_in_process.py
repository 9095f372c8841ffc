"""Rules as they run in the agent: their settings and the room's clock reach the analysis process whole."""

import itertools

from edge_agent.settings.toml_file import parse_settings
from tests.support.analysed import CAMERA, analysed, pictures


def test_a_schedule_is_read_on_the_clock_of_the_pictures() -> None:
    """Both cameras are shown the same street; the window of one is always open, that of the other closed long ago."""
    text = CAMERA.format(name="open") + '  schedule = ["daily 00:00-24:00"]\n'
    text += CAMERA.format(name="closed") + '  schedule = ["2001-01-01 00:00-24:00"]\n'
    with analysed(parse_settings(text, source="room")) as room:
        for number, picture in enumerate(itertools.islice(pictures(), 40)):
            for camera in ("open", "closed"):
                room.show(camera, number, picture)
        assert room.raised("open")
        assert room.raised("closed") == []
        assert room.lost() == 0
