"""The dashboard shows what a person looks for, also when there is nothing yet."""

from rich.console import Console

from patrol_cli.demo.dashboard import draw
from patrol_cli.demo.view import CameraView, RoomView, SiteView

URL = "http://127.0.0.1:8080/"


def _text(view: SiteView) -> str:
    console = Console(width=140, record=True, file=None, force_terminal=False)
    with console.capture() as capture:
        console.print(draw(view, page_url=URL))
    return capture.get()


def test_an_empty_site_is_drawn_with_its_headings_and_the_address() -> None:
    text = _text(SiteView(elapsed_s=0.0))
    assert URL in text
    for heading in ("Cameras", "Rooms", "Incidents", "Dispatches", "Incident counts"):
        assert heading in text


def test_a_camera_in_trouble_says_why_and_a_silent_room_says_so() -> None:
    camera = CameraView(
        room="room-a", name="gate", state="backing_off", reason="refused; next try in 4 s", fps=0.0, age_s=None
    )
    text = _text(
        SiteView(
            elapsed_s=5.0,
            rooms=(
                RoomView(name="room-a", tier="community", reached=True, cameras=(camera,)),
                RoomView(name="room-b", tier="station", reached=False),
            ),
            notes=("relay ended with code 1",),
        )
    )
    assert "backing_off refused; next try in 4 s" in text
    assert "no answer" in text
    assert "relay ended with code 1" in text
