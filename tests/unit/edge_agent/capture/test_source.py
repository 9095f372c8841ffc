"""Addresses: credentials go in quoted, never come out; every error is one sentence."""

import av.error
import pytest

from edge_agent.capture.camera_source import CameraSource
from edge_agent.capture.source import classify, open_source, options_for, private_url, public_url
from edge_agent.core.link_failures import Failure, FailureClass, FailureKind

SECRET = "p@ss:/?#[] %🔑"


def camera(url: str = "rtsp://10.0.0.5:554/main", **more: str) -> CameraSource:
    return CameraSource(name="gate", url=url, **more)  # type: ignore[arg-type]  # the tests only pass texts


def test_credentials_are_percent_encoded_into_the_address() -> None:
    url = private_url(camera(username="ad min", password=SECRET))
    assert url == "rtsp://ad%20min:p%40ss%3A%2F%3F%23%5B%5D%20%25%F0%9F%94%91@10.0.0.5:554/main"


def test_credentials_of_the_settings_replace_those_in_the_url() -> None:
    assert private_url(camera("rtsp://old:one@h/x", username="u", password="p")) == "rtsp://u:p@h/x"
    assert private_url(camera("rtsp://old:one@h/x")) == "rtsp://old:one@h/x"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("rtsp://u:p@10.0.0.5:554/main?token=abc", "rtsp://10.0.0.5:554/main"),
        ("rtsp://u:p@ss@10.0.0.5/x", "rtsp://10.0.0.5/x"),
        ("/videos/a.mp4", "/videos/a.mp4"),
        ("http://[::1", "(an address that cannot be read)"),
    ],
)
def test_what_is_shown_of_an_address_holds_no_secret(url: str, shown: str) -> None:
    assert public_url(url) == shown


def test_neither_the_cameras_repr_nor_a_failure_shows_the_password() -> None:
    secretive = camera(username="u", password="geheim")
    error = av.error.HTTPUnauthorizedError(1, "401", filename="rtsp://u:geheim@10.0.0.5:554/main")
    failure = classify(error, secretive, waited_s=0.1, timeout_s=5.0)
    assert "geheim" not in repr(secretive)
    assert "geheim" not in failure.sentence
    assert failure.kind is FailureKind.UNAUTHORISED
    assert failure.failure_class is FailureClass.PERMANENT


def test_a_camera_without_credentials_is_told_to_set_them() -> None:
    failure = classify(av.error.HTTPUnauthorizedError(1, "401"), camera(), waited_s=0.1, timeout_s=5.0)
    assert failure.sentence == (
        "rtsp://10.0.0.5:554/main: wants a user name and a password; set username and password_file"
    )


def test_invalid_data_after_the_whole_timeout_was_silence() -> None:
    """libav reports a reply that never came as invalid data."""
    silent = classify(av.error.InvalidDataError(1, "invalid"), camera(), waited_s=5.1, timeout_s=5.0)
    assert silent.kind is FailureKind.TIMED_OUT


def test_invalid_data_at_once_may_be_an_answer_that_broke_off_and_is_tried_again_soon() -> None:
    broken = classify(av.error.InvalidDataError(1, "invalid"), camera(), waited_s=0.1, timeout_s=5.0)
    assert (broken.kind, broken.failure_class) == (FailureKind.LOST, FailureClass.RETRYABLE)


@pytest.mark.parametrize("url", ["rtsp://", "rtsp:///x", "rtsp://host:99999/x", "http://[::1", "rtsp://h/\0"])
def test_an_address_that_cannot_be_one_is_refused_before_anything_is_opened(url: str) -> None:
    failure = open_source(camera(url), timeout_s=1.0, instant=lambda: 0.0)
    assert isinstance(failure, Failure)
    assert failure.kind is FailureKind.BAD_ADDRESS


def test_every_network_address_gets_socket_timeouts_and_files_do_not_need_them() -> None:
    assert options_for("rtsp://h/x", timeout_s=5.0)["timeout"] == "5000000"
    assert options_for("rtsp://h/x", timeout_s=5.0)["rtsp_transport"] == "tcp"
    assert options_for("http://h/x.mp4", timeout_s=5.0)["rw_timeout"] == "5000000"
    assert "timeout" not in options_for("/videos/a.mp4", timeout_s=5.0)


@pytest.mark.parametrize(
    ("url", "is_file"),
    [("/a.mp4", True), ("a.mp4", True), ("file:///a.mp4", True), ("rtsp://h/x", False), ("http://h/a.mp4", False)],
)
def test_files_are_told_from_streams(url: str, is_file: bool) -> None:
    assert camera(url).is_file is is_file
