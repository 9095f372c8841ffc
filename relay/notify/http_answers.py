"""One HTTP request of a channel, and every way it can end as an answer."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from relay.core.attempts import LONGEST_RETRY_AFTER_S, Answered, Verdict, of_http
from relay.ops.clock import Clock

_MOST_READ = 2_000


def new_client(timeout_s: float) -> httpx.AsyncClient:
    """Return a client that follows no redirect (a signed page belongs where it was sent) and no proxy of the shell."""
    return httpx.AsyncClient(timeout=timeout_s, follow_redirects=False, trust_env=False)


async def ask(client: httpx.AsyncClient, request: httpx.Request, clock: Clock, *, taken: Verdict) -> Answered:
    """Send the request and class what comes of it; a 2xx is ``taken``."""
    try:
        answer = await client.send(request, stream=True)
        try:
            text = await _beginning(answer)
        finally:
            await answer.aclose()
    except httpx.ConnectTimeout:
        return _for_now("no connection in time")
    except httpx.TimeoutException:
        return _for_now("no answer in time; it may have arrived")
    except httpx.ConnectError as error:
        return _for_now(f"cannot connect ({error})")
    except httpx.TransportError as error:
        return _for_now(f"the connection broke ({type(error).__name__}: {error})")
    header = answer.headers.get("retry-after")
    answered = of_http(answer.status_code, text, _in_seconds(header, clock), taken=taken)
    receipt = answer.headers.get("location", "") or answer.headers.get("x-request-id", "")
    if not receipt:
        return answered
    return Answered(
        verdict=answered.verdict, reason=answered.reason, receipt=receipt[:500], retry_after_s=answered.retry_after_s
    )


async def _beginning(answer: httpx.Response) -> str:
    """Return the first words of the answer; a receiver cannot fill our memory."""
    found = b""
    async for part in answer.aiter_bytes():
        found += part
        if len(found) >= _MOST_READ:
            break
    return found[:_MOST_READ].decode("utf-8", "replace")


def _for_now(reason: str) -> Answered:
    return Answered(verdict=Verdict.REFUSED_FOR_NOW, reason=reason[:500])


def _in_seconds(header: str | None, clock: Clock) -> str | None:
    """Return a Retry-After as seconds; the header may be a date (RFC 9110 §10.2.3)."""
    if header is None or header.strip().isdigit():
        return header
    try:
        at = parsedate_to_datetime(header)
    except ValueError:
        return None
    now = datetime.fromtimestamp(clock.now_us() / 1e6, UTC)
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return str(int(min(max(0.0, (at - now).total_seconds()), LONGEST_RETRY_AFTER_S)))
