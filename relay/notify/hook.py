"""The hook channel: whatever a site has for SMS and calls, asked by HTTP or as a program.

Words in braces are filled in: ``{recipient}`` (the unit, or the receiver's name: the gateway knows the number, the
relay does not), ``{text}``, ``{headline}``, ``{key}``, ``{incident}``, ``{severity}``. In a JSON body each becomes a
JSON string, in a URL it is percent-encoded, in an argument it stands as it is; nothing passes a shell.
"""

import asyncio
import json
import os
import re
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final
from urllib.parse import quote

from relay.core.attempts import Answered, Verdict
from relay.core.notices import Notice, headline, text
from relay.notify.http_answers import ask, new_client
from relay.ops.clock import Clock

PASSES: Final = 75
"""A program's exit code for "try again" (EX_TEMPFAIL of sysexits.h); any other but 0 is for good."""
_WORD: Final = re.compile(r"\{(recipient|text|headline|key|incident|severity)\}")
_MOST_READ: Final = 2_000


class HttpHook:
    """Asks a gateway by HTTP."""

    def __init__(
        self,
        *,
        url: str,
        method: str,
        body: str,
        content_type: str,
        headers: Mapping[str, str],
        language: str,
        timeout_s: float,
        clock: Clock,
    ) -> None:
        self._url = url
        self._method = method
        self._body = body
        self._content_type = content_type
        self._headers = headers
        self._language = language
        self._clock = clock
        self._client = new_client(timeout_s)

    async def send(self, notice: Notice) -> Answered:
        """Ask once; 2xx means that the gateway took it."""
        words = words_of(notice, self._language)
        headers = {"Idempotency-Key": notice.key, **self._headers}
        content: bytes | None = None
        if self._method != "GET":
            quoted: Callable[[str], str] = json_string if "json" in self._content_type else str
            content = fill(self._body, words, quoted).encode()
            headers["Content-Type"] = self._content_type
        url = fill(self._url, words, lambda word: quote(word, safe=""))
        request = self._client.build_request(self._method, url, content=content, headers=headers)
        return await ask(self._client, request, self._clock, taken=Verdict.ACCEPTED)

    async def close(self) -> None:
        """Close kept connections."""
        await self._client.aclose()


class ProgramHook:
    """Runs a program; it gets arguments and ``PATROL_KEY``, no shell, no input. Its group is killed at the time-out."""

    def __init__(self, program: Sequence[str], *, language: str) -> None:
        self._program = tuple(program)
        self._language = language

    async def send(self, notice: Notice) -> Answered:
        """Run it once; exit code 0 means that the gateway took it."""
        words = words_of(notice, self._language)
        arguments = [fill(part, words, str).replace("\0", " ") for part in self._program]
        try:
            running = await asyncio.create_subprocess_exec(
                *arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                env={"PATH": "/usr/local/bin:/usr/bin:/bin", "PATROL_KEY": notice.key, "LANG": "C.UTF-8"},
                start_new_session=True,
            )
        except OSError as error:
            reason = f"{self._program[0]}: cannot be run ({error.strerror})"
            return Answered(verdict=Verdict.REFUSED_FOR_GOOD, reason=reason)
        try:
            said = await _beginning(running)
        except asyncio.CancelledError:  # its time is over
            await _kill(running)
            raise
        return _of_exit(self._program[0], running.returncode or 0, said)

    async def close(self) -> None:
        """Nothing is kept."""


def words_of(notice: Notice, language: str) -> dict[str, str]:
    """Return what may be filled in."""
    return {
        "recipient": notice.recipient,
        "text": text(notice, language),
        "headline": headline(notice, language),
        "key": notice.key,
        "incident": notice.incident.incident_id,
        "severity": notice.incident.severity.value,
    }


def fill(template: str, words: Mapping[str, str], quoted: Callable[[str], str]) -> str:
    """Return the template with its words; other braces stay, and a word never brings another in."""
    return _WORD.sub(lambda found: quoted(words[found[1]]), template)


def json_string(word: str) -> str:
    """Return a JSON string with its quotes."""
    return json.dumps(word, ensure_ascii=False)


async def _beginning(running: asyncio.subprocess.Process) -> str:
    """Return the program's first words, once it has ended; what it says beyond them is read and dropped."""
    said = b""
    stream = running.stdout
    while stream is not None and (part := await stream.read(4_096)):
        said = (said + part)[:_MOST_READ]
    await running.wait()
    return " ".join(said.decode("utf-8", "replace").split())


async def _kill(running: asyncio.subprocess.Process) -> None:
    """End the program with everything it started."""
    with suppress(ProcessLookupError):
        os.killpg(running.pid, signal.SIGKILL)
    await running.wait()


def _of_exit(program: str, code: int, said: str) -> Answered:
    if code == 0:
        return Answered(verdict=Verdict.ACCEPTED, reason=f"{program}: exit code 0", receipt=said[:500])
    verdict = Verdict.REFUSED_FOR_NOW if code == PASSES or code < 0 else Verdict.REFUSED_FOR_GOOD
    return Answered(verdict=verdict, reason=f"{program}: exit code {code}" + (f" ({said[:300]})" if said else ""))
