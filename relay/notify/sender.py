"""What every channel's file provides, and the receiver it is made for."""

import asyncio
from dataclasses import dataclass
from typing import Final, Protocol

import structlog

from relay.core.attempts import Answered, Verdict
from relay.core.budget import Allowance
from relay.core.notices import Notice

_LOG: Final = structlog.get_logger("relay.channels")


class Sender(Protocol):
    """Sends to one receiver; used on the worker's event loop alone."""

    async def send(self, notice: Notice) -> Answered:
        """Make one attempt. Whatever the other side does is an answer; an exception is a fault of ours."""

    async def close(self) -> None:
        """Give connections back."""


async def attempt(outlet: "Outlet", notice: Notice) -> Answered:
    """Make one attempt that ends in time, whatever the other side or our own code does."""
    try:
        async with asyncio.timeout(outlet.timeout_s):
            return await outlet.sender.send(notice)
    except TimeoutError:
        reason = f"silent for {outlet.timeout_s:g} s; it may have arrived"
        return Answered(verdict=Verdict.REFUSED_FOR_NOW, reason=reason)
    except Exception as error:  # noqa: BLE001  # a fault of ours costs this attempt and is seen in its reason
        _LOG.exception("sender_failed", receiver=outlet.name, notification_id=notice.number)
        reason = f"fault of the relay: {type(error).__name__}: {error}"
        return Answered(verdict=Verdict.REFUSED_FOR_NOW, reason=reason[:500])


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """A receiver with the one that sends to it, and how much it may be given."""

    name: str
    sender: Sender
    timeout_s: float
    """An attempt that lasts longer is ended as silence."""
    at_once: int
    allowance: Allowance
