"""Fetching one file by URL with a pinned hash: resumable, verified, placed at once or not at all.

Owns fetch and FetchError. What was received so far lies in NAME.part beside the file and is continued by the next
attempt; a file with the wrong hash is never placed.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import httpx

from edge_agent.detect.manifest import ModelEntry, sha256_of

_TIMEOUT: Final = httpx.Timeout(30.0, connect=15.0)
_CHUNK_BYTES: Final = 64 * 1024
_TRIES: Final = 3
"""A cut connection is continued so often within one call, each time only if the last brought something new."""

Progress = Callable[[int], None]
"""Called with the bytes that are there by now."""


class FetchError(Exception):
    """A model could not be fetched; the message says why and what to do.

    Class: retryable for the network, permanent for a wrong hash.
    """


def fetch(entry: ModelEntry, models_dir: Path, *, url: str, progress: Progress) -> Path:
    """Return the path of the verified file, fetched from ``url``; raises FetchError."""
    target = models_dir / entry.file
    part = target.with_name(target.name + ".part")
    try:
        models_dir.mkdir(parents=True, exist_ok=True)
        _receive_all(entry, part, url, progress)
        found = sha256_of(part)
        if found != entry.sha256:
            part.unlink()
            raise FetchError(
                f"{url}: the file received is not the one catalogued (sha256 {found[:12]}…, expected "
                f"{entry.sha256[:12]}…); it was deleted; ask who changed it before trying again"
            )
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(target)
    except OSError as error:
        raise FetchError(f"{part}: cannot be written ({error.strerror}); check space and permissions") from error
    return target


def _receive_all(entry: ModelEntry, part: Path, url: str, progress: Progress) -> None:
    for attempt in range(_TRIES):
        had = _size(part)
        if had > entry.size_bytes:
            part.unlink()
            had = 0
        if had == entry.size_bytes:
            return
        try:
            _receive(part, url, had, entry.size_bytes, progress)
        except httpx.HTTPError as error:
            if _size(part) <= had or attempt == _TRIES - 1:
                raise FetchError(
                    f"{url}: the connection failed ({str(error) or type(error).__name__}); {_size(part)} of "
                    f"{entry.size_bytes} bytes are kept, the same command continues"
                ) from error
            continue
        if _size(part) >= entry.size_bytes:
            return
    raise FetchError(
        f"{url}: sent {_size(part)} bytes instead of {entry.size_bytes}; what came is kept, the same command continues"
    )


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _receive(part: Path, url: str, had: int, size_bytes: int, progress: Progress) -> None:
    headers = {"Range": f"bytes={had}-"} if had else {}
    with (
        httpx.Client(timeout=_TIMEOUT, follow_redirects=True) as client,
        client.stream("GET", url, headers=headers) as answer,
    ):
        if answer.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
            part.unlink(missing_ok=True)
            raise FetchError(
                f"{url}: the server does not have that many bytes; the partial file was deleted, try again"
            )
        if answer.status_code not in (httpx.codes.OK, httpx.codes.PARTIAL_CONTENT):
            raise FetchError(
                f"{url}: the server answered {answer.status_code} {answer.reason_phrase}; "
                "check the address or try later"
            )
        continues = answer.status_code == httpx.codes.PARTIAL_CONTENT and _starts_at(answer, had)
        with part.open("ab" if continues else "wb") as file:
            done = had if continues else 0
            for chunk in _chunks(answer):
                done += len(chunk)
                if done > size_bytes:
                    raise FetchError(
                        f"{url}: sends more than the {size_bytes} bytes catalogued; stopped, nothing was placed"
                    )
                file.write(chunk)
                progress(done)


def _starts_at(answer: httpx.Response, had: int) -> bool:
    content_range: str = answer.headers.get("content-range", "")
    return content_range.startswith(f"bytes {had}-")


def _chunks(answer: httpx.Response) -> Iterator[bytes]:
    yield from answer.iter_bytes(_CHUNK_BYTES)
