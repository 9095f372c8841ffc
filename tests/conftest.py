"""Fixtures of the whole suite: what a bare machine may lack is asked for here, and skipped with its reason."""

import os
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path

import hypothesis
import pytest

from tests.support.postgres_server import PostgresServer
from tests.support.stores import store_url_of

hypothesis.settings.register_profile("patrol", deadline=None)  # how long one example takes says how busy a machine is
hypothesis.settings.load_profile("patrol")

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


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A running PostgreSQL of the whole run; each test makes a database of its own in it."""
    server = PostgresServer()
    try:
        server.start()
        yield server
    finally:
        server.close()


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> Iterator[str]:
    """An empty database."""
    url = postgres.database()
    yield url
    postgres.drop(url)


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    """A running PostgreSQL of the test's own, to be killed, stopped and frozen."""
    made = PostgresServer()
    made.start()
    yield made
    made.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty store in each of the two databases: what holds for one holds for the other."""
    if request.param == "sqlite":
        return store_url_of(tmp_path)
    return str(request.getfixturevalue("postgres_url"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip into a failure where CI promised to provide everything."""
    report = yield
    if report.skipped and os.environ.get("PATROL_CI") == "1" and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} must not skip in CI: {report.longrepr}"
    return report
