"""Bytes from a client to requests (RFC 2326 §6, §10.12). Pure.

Owns the reading side of one connection: requests, interleaved packets (a client's receiver reports) and what is
neither. Memory is bounded by the limits below whatever arrives.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

MAX_HEAD_BYTES: Final = 16 * 1024
MAX_HEADERS: Final = 64
MAX_BODY_BYTES: Final = 64 * 1024
_REQUEST_LINE: Final = re.compile(r"^([A-Z_]{1,32}) ([\x21-\x7e]{1,2048}) RTSP/(\d)\.(\d)\Z")
_HEADER_NAME: Final = re.compile(r"^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}\Z")
_HEAD_END: Final = re.compile(rb"\r?\n\r?\n")
_DIGITS: Final = re.compile(r"^[0-9]{1,9}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request; header names are lower case, a repeated header keeps its first value."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def cseq(self) -> str:
        """The sequence number to answer with; the reader guarantees that it is there and plain digits."""
        return self.headers["cseq"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Interleaved:
    """A binary packet from the client: its RTCP."""

    channel: int
    packet: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRequest:
    """Bytes that are no request: answer with ``code`` and close, the framing is lost."""

    code: int
    reason: str
    cseq: str | None = None


Received = Request | Interleaved | BadRequest


class RequestReader:
    """Feed it what the socket gives; it returns what is complete. After a BadRequest it reads nothing more."""

    def __init__(self) -> None:
        self._pending = bytearray()
        self._broken = False

    @property
    def pending_bytes(self) -> int:
        """Bytes kept because their request is not complete; never above the limits plus one fed piece."""
        return len(self._pending)

    def feed(self, piece: bytes) -> list[Received]:
        """Return everything that is now complete, in order. Raises nothing, whatever the bytes are."""
        found: list[Received] = []
        if self._broken:
            return found
        self._pending += piece
        while self._pending:
            item = self._next()
            if item is None:
                break
            found.append(item)
            if isinstance(item, BadRequest):
                self._broken = True
                self._pending.clear()
                break
        return found

    def _next(self) -> Received | None:
        if self._pending[0] == ord("$"):
            return self._next_interleaved()
        while self._pending and self._pending[0] in b"\r\n":  # RFC 2326 §4: empty lines between messages are skipped
            del self._pending[:1]
        return self._next_request() if self._pending else None

    def _next_interleaved(self) -> Interleaved | None:
        if len(self._pending) < 4:
            return None
        size = int.from_bytes(self._pending[2:4], "big")
        if len(self._pending) < 4 + size:
            return None
        packet = Interleaved(channel=self._pending[1], packet=bytes(self._pending[4 : 4 + size]))
        del self._pending[: 4 + size]
        return packet

    def _next_request(self) -> Request | BadRequest | None:
        head_end = _HEAD_END.search(self._pending, 0, MAX_HEAD_BYTES)
        if head_end is None:
            if len(self._pending) >= MAX_HEAD_BYTES:
                return BadRequest(code=400, reason=f"a head of more than {MAX_HEAD_BYTES} bytes")
            return None
        head = _read_head(bytes(self._pending[: head_end.start()]))
        if isinstance(head, BadRequest):
            return head
        length_text = head.headers.get("content-length", "0")
        if not _DIGITS.match(length_text) or int(length_text) > MAX_BODY_BYTES:
            return BadRequest(code=400, reason="a body length that is no number or too large", cseq=head.cseq)
        end = head_end.end() + int(length_text)
        if len(self._pending) < end:
            return None
        body = bytes(self._pending[head_end.end() : end])
        del self._pending[:end]
        return Request(method=head.method, url=head.url, headers=head.headers, body=body)


def _read_head(head: bytes) -> Request | BadRequest:
    """Read request line and headers; continuation lines (obsolete folding) are refused."""
    try:
        lines = head.decode("utf-8").replace("\r\n", "\n").split("\n")
    except UnicodeDecodeError:
        return BadRequest(code=400, reason="a head that is not UTF-8")
    first = _REQUEST_LINE.match(lines[0])
    if first is None:
        return BadRequest(code=400, reason="a first line that is no RTSP request")
    if len(lines) - 1 > MAX_HEADERS:
        return BadRequest(code=400, reason=f"more than {MAX_HEADERS} headers")
    headers: dict[str, str] = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon or not _HEADER_NAME.match(name) or not value.isprintable():
            return BadRequest(code=400, reason="a header line that is none")
        headers.setdefault(name.lower(), value.strip())
    cseq = headers.get("cseq", "")
    if not _DIGITS.match(cseq):
        return BadRequest(code=400, reason="no CSeq")
    if (first[3], first[4]) != ("1", "0"):
        return BadRequest(code=505, reason=f"RTSP/{first[3]}.{first[4]}", cseq=cseq)
    return Request(method=first[1], url=first[2], headers=headers)
