"""``python -m bench.live_pages PORT SECONDS CAMERA…``: pages of the live bench, in a process of their own.

The first camera is the spot, the others are tiles; ``--hang`` adds a page that connects and never reads. Prints one
JSON object: when each page had its first picture, and how old pictures were when they came.
"""

import argparse
import asyncio
import contextlib
import json
import socket
import time
from dataclasses import dataclass, field

from websockets.asyncio.client import connect

from edge_agent.ops.clock import SystemClock

_CLOCK = SystemClock()
_BURST_S = 4.0
"""What a page gets at its beginning is up to a keyframe interval old on purpose: no sample of the way."""
_HANDSHAKE = (
    "GET /api/v1/cameras/{camera}/live HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


@dataclass(slots=True)
class Seen:
    """What one page saw."""

    first_s: float | None = None
    ages_ms: list[float] = field(default_factory=list)
    pictures: int = 0
    received_bytes: int = 0
    lost: int = 0


async def watch(port: int, camera: str, quality: str, seen: Seen) -> None:
    """Read one picture until cancelled."""
    began_s = time.perf_counter()
    path = f"ws://127.0.0.1:{port}/api/v1/cameras/{camera}/live?quality={quality}"
    async with connect(path, compression=None, max_size=None, open_timeout=60) as opened:
        captured_us = 0
        async for message in opened:
            if isinstance(message, str):
                note = json.loads(message)
                captured_us = note.get("captured_us", captured_us)
                seen.lost += note.get("frames", 0)
                continue
            seen.received_bytes += len(message)
            if message[4:8] != b"moof":
                continue
            seen.pictures += 1
            if seen.first_s is None:
                seen.first_s = time.perf_counter() - began_s
            elif captured_us and time.perf_counter() - began_s > _BURST_S:
                seen.ages_ms.append((_CLOCK.now_us() - captured_us) / 1_000)
            captured_us = 0


async def play(port: int, cameras: list[str], seconds: float) -> list[Seen]:
    """Open every page at once and read for so long."""
    pages = [Seen() for _ in cameras]
    tasks = [
        asyncio.create_task(watch(port, camera, "tile" if number else "spot", seen))
        for number, (camera, seen) in enumerate(zip(cameras, pages, strict=True))
    ]
    await asyncio.wait(tasks, timeout=seconds)
    for task in tasks:
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(*tasks)
    return pages


def hang(port: int, camera: str) -> socket.socket:
    """Open a page that never reads: its kernel takes as little as it lets us say."""
    opened = socket.socket()
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    opened.connect(("127.0.0.1", port))
    opened.sendall(_HANDSHAKE.format(camera=camera, port=port).encode())
    return opened


def share(values: list[float], part: float) -> float | None:
    """Return a quantile, rounded to a tenth; None of nothing."""
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(part * len(ordered)))], 1) if ordered else None


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.live_pages", description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("seconds", type=float)
    parser.add_argument("cameras", nargs="+")
    parser.add_argument("--hang", type=int, default=0)
    options = parser.parse_args()
    hanging = [hang(options.port, options.cameras[0]) for _ in range(options.hang)]
    began_s = time.process_time()
    pages = asyncio.run(play(options.port, options.cameras, options.seconds))
    ages_ms = [age for page in pages for age in page.ages_ms]
    found = {
        "pages": len(pages),
        "playing": sum(page.first_s is not None for page in pages),
        "first_picture_ms": {
            "p50": share([1_000 * page.first_s for page in pages if page.first_s is not None], 0.5),
            "max": share([1_000 * page.first_s for page in pages if page.first_s is not None], 1.0),
        },
        "captured_to_received_ms": {"p50": share(ages_ms, 0.5), "p95": share(ages_ms, 0.95), "samples": len(ages_ms)},
        "pictures": sum(page.pictures for page in pages),
        "megabytes": round(sum(page.received_bytes for page in pages) / 1e6, 2),
        "lost": sum(page.lost for page in pages),
        "pages_cpu_s": round(time.process_time() - began_s, 2),
    }
    for one in hanging:
        one.close()
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
