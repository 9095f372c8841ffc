"""Fixtures of the whole suite: what a bare machine may lack is asked for here, and skipped with its reason."""

import os
import shutil
from collections.abc import Generator
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """The folder with footage and models beside the checkout."""
    if not (SHARED / "footage").is_dir():
        pytest.skip("needs the folder 'shared' with footage and models beside the checkout")
    return SHARED


def _need(program: str, package: str) -> str:
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"needs {program}; on Debian: apt-get install {package}")
    return found


@pytest.fixture(scope="session")
def ffprobe() -> str:
    """Path of ffprobe."""
    return _need("ffprobe", "ffmpeg")


@pytest.fixture(scope="session")
def gst_launch() -> str:
    """Path of gst-launch-1.0."""
    return _need("gst-launch-1.0", "gstreamer1.0-tools gstreamer1.0-plugins-good gstreamer1.0-plugins-bad")


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of Debian's Chromium."""
    return _need("chromium", "chromium fonts-noto-cjk")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip into a failure where CI promised to provide everything."""
    report = yield
    if report.skipped and os.environ.get("PATROL_CI") == "1" and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} must not skip in CI: {report.longrepr}"
    return report
