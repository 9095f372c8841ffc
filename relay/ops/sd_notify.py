"""Telling systemd that the relay is ready, alive or ending (sd_notify(3)); a no-op elsewhere."""

import os
import socket
from typing import Final

_ADDRESS: Final = "NOTIFY_SOCKET"


def notify(message: str) -> bool:
    """Send one notification such as ``READY=1``; return whether a service manager listens."""
    address = os.environ.get(_ADDRESS)
    if not address:
        return False
    # An address with @ in front lies in Linux's abstract namespace, written with a zero byte.
    target = "\0" + address[1:] if address.startswith("@") else address
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as link:
        try:
            link.sendto(message.encode(), target)
        except OSError:
            return False
    return True


def watchdog_interval_s() -> float | None:
    """Return how often WATCHDOG=1 must be sent: half of what the unit file allows; None without a watchdog."""
    usec = os.environ.get("WATCHDOG_USEC", "")
    return int(usec) / 2_000_000 if usec.isdigit() and int(usec) > 0 else None
