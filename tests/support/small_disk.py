"""A small disk that can be filled, that fails and that is slow, as disks are: ext4 on a loop device. Needs root."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import psutil
import pytest

MIB: Final = 1024 * 1024


class SmallDisk:
    """A mounted image."""

    def __init__(self, image: Path, root: Path) -> None:
        self.root = root
        self._image = image
        self._filler = root / "filler"

    def mount(self) -> None:
        """Mount as servers do: an error makes the whole disk read-only."""
        _run("mount", "-o", "loop,errors=remount-ro", str(self._image), str(self.root))

    def unmount(self) -> None:
        """Take the disk away, also from under a program."""
        _run("umount", "-l", str(self.root))

    def let_go(self) -> bool:
        """Unmount unless somebody still has a file of it open; True when it is done."""
        return subprocess.run(["umount", str(self.root)], check=False, capture_output=True).returncode == 0  # noqa: S607

    def fill(self) -> None:
        """Leave nothing free."""
        with self._filler.open("ab") as filler:
            filler.truncate(0)
            free = os.statvfs(self.root)
            with _until_full():  # a program that writes meanwhile may have taken some of it
                os.posix_fallocate(filler.fileno(), 0, free.f_bfree * free.f_frsize // MIB * MIB - MIB)
            with _until_full():
                while True:
                    filler.write(bytes(4096))
                    filler.flush()

    def free(self) -> None:
        """Take the filling away."""
        self._filler.unlink(missing_ok=True)

    def fail(self) -> None:
        """Have the file system find an error: from now on it is read-only, also for files that are open."""
        (device,) = [
            line.split()[0]
            for line in Path("/proc/mounts").read_text().splitlines()
            if line.split()[1] == str(self.root)
        ]
        Path(f"/sys/fs/ext4/{Path(device).name}/trigger_fs_error").write_text("the test's own\n")

    @contextmanager
    def slow(self, pid: int, *, writes_per_s: int) -> Iterator[None]:
        """Let the disk take so many writes a second of a process and its children, which wait for it as for any disk.

        By the kernel's own throttle (cgroup v1, blkio); skips where that is not to be had.
        """
        groups = Path("/sys/fs/cgroup/blkio")
        if not (groups / "cgroup.procs").exists():
            pytest.skip("needs cgroup v1 with blkio at /sys/fs/cgroup/blkio to slow a disk down")
        group = groups / f"patrol-slow-disk-{pid}"
        group.mkdir()
        members = [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
        try:
            device = os.stat(self.root).st_dev
            limit = f"{os.major(device)}:{os.minor(device)} {writes_per_s}"
            (group / "blkio.throttle.write_iops_device").write_text(limit)
            for member in members:
                (group / "cgroup.procs").write_text(str(member))
            yield
        finally:
            for left in (group / "cgroup.procs").read_text().split():
                with suppress(ProcessLookupError):  # it ended meanwhile
                    (groups / "cgroup.procs").write_text(left)
            group.rmdir()

    def repair(self) -> None:
        """Do what a technician does: check the disk and mount it again."""
        self.unmount()
        self.check_and_mount()

    def check_and_mount(self) -> None:
        """The same, for a disk that is not mounted."""
        # 1: errors were corrected.
        subprocess.run(["e2fsck", "-fy", str(self._image)], check=False, capture_output=True)  # noqa: S607 - as below
        self.mount()


@contextmanager
def _until_full() -> Iterator[None]:
    try:
        yield
    except OSError:  # ENOSPC is what was wanted
        return


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


@contextmanager
def small_disk(folder: Path, root: Path, *, size_mib: int) -> Iterator[SmallDisk]:
    """Make a disk and mount it at ``root``; skips where nobody may."""
    if os.geteuid() != 0 or shutil.which("mkfs.ext4") is None or not Path("/dev/loop-control").exists():
        pytest.skip("needs root, loop devices and mkfs.ext4 (Debian: e2fsprogs) to mount a small disk")
    image = folder / "disk.img"
    with image.open("wb") as content:
        content.truncate(size_mib * MIB)
    _run("mkfs.ext4", "-q", "-m", "0", str(image))
    root.mkdir(parents=True, exist_ok=True)
    disk = SmallDisk(image, root)
    disk.mount()
    try:
        yield disk
    finally:
        disk.unmount()
