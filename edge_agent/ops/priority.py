"""Which of the agent's processes goes first where cores are short. Owns ``niceness`` and ``go_first``."""

import os


def niceness() -> int:
    """Return the nice value of the calling thread; what it starts from now on begins with it."""
    return os.getpriority(os.PRIO_PROCESS, 0)


def go_first(steps: int) -> bool:
    """Let the calling thread go before others by so many steps of nice (nice(1)); return whether the machine allows it.

    It takes ``LimitNICE`` in the unit of systemd (RLIMIT_NICE), or being root. Without it everything stays as it was.
    """
    try:
        os.setpriority(os.PRIO_PROCESS, 0, niceness() - steps)
    except PermissionError:
        return False
    return True
