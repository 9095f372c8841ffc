"""What the machine lets this test's processes do."""

import resource
from pathlib import Path

_CAP_SYS_NICE = 23


def may_go_first(steps: int) -> bool:
    """Whether a process may lower its nice value, now 0 or more, by so many steps."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    (effective,) = (line.split()[1] for line in status.splitlines() if line.startswith("CapEff:"))
    soft, _ = resource.getrlimit(resource.RLIMIT_NICE)
    return bool(int(effective, 16) >> _CAP_SYS_NICE & 1) or soft in {resource.RLIM_INFINITY} or soft >= 20 + steps
