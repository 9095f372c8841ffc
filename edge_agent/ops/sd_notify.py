"""Tells systemd that the agent is ready, alive or stopping (sd_notify(3)); silent where no service manager listens."""

import os
import socket
from collections.abc import Mapping


class ServiceManager:
    """The datagram socket of the service manager, taken from the environment once."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        address = environment.get("NOTIFY_SOCKET", "")
        # An address with @ in front lies in Linux's abstract namespace, written with a zero byte.
        self._target = "\0" + address[1:] if address.startswith("@") else address
        allowed_us = environment.get("WATCHDOG_USEC", "")
        self.watchdog_every_s = int(allowed_us) / 2_000_000 if allowed_us.isdigit() and int(allowed_us) > 0 else None
        """How often ``alive`` must be said: half of what the unit allows; None without a watchdog."""

    def ready(self, text: str) -> bool:
        """Say that the agent does its work."""
        return self._send(f"READY=1\nSTATUS={text}")

    def alive(self, text: str) -> bool:
        """Feed the watchdog; only while work progresses."""
        return self._send(f"WATCHDOG=1\nSTATUS={text}")

    def trouble(self, text: str) -> bool:
        """Say what keeps the watchdog from being fed."""
        return self._send(f"STATUS={text}")

    def stopping(self) -> bool:
        """Say that the end is wanted."""
        return self._send("STOPPING=1")

    def _send(self, message: str) -> bool:
        if not self._target:
            return False
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as link:
            link.settimeout(1.0)
            try:
                link.sendto(message.encode(), self._target)
            except OSError:
                return False
        return True
