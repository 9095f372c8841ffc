"""NATS JetStream with a file that is synced for every message: how fast it acknowledges, how late a reader has it.

Runs in an environment of its own (``bench/other_environment.py``): imports nothing of ours, starts a server on
loopback, ends it. Each message has an id, so that what is sent twice is kept once, as with us; nothing is decided of
it, counted or offered to anybody.
"""

import asyncio
import json
import os
import resource
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import nats
from nats.aio.msg import Msg
from nats.js import JetStreamContext

SUBJECT = "alerts.room"
CONFIG = """
listen = "127.0.0.1:{port}"
jetstream {{
  store_dir = "{folder}"
  sync_interval = "always"
}}
"""


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


async def connected(port: int) -> nats.NATS:
    """Return a connection, once the server takes one."""
    for _ in range(100):
        try:
            return await nats.connect(f"nats://127.0.0.1:{port}", allow_reconnect=False, connect_timeout=1)
        except (OSError, nats.errors.Error):
            await asyncio.sleep(0.05)
    raise SystemExit("the server takes no connection")


async def ingest(stream: JetStreamContext, *, messages: int, size: int, in_flight: int) -> dict[str, float]:
    """Publish so many messages, so many unacknowledged at once; return how many a second were acknowledged."""
    body, left = os.urandom(size), iter(range(messages))

    async def lane() -> None:
        for number in left:
            await stream.publish(SUBJECT, body, headers={"Nats-Msg-Id": f"i{number}"})

    began_s = time.perf_counter()
    await asyncio.gather(*(lane() for _ in range(in_flight)))
    took_s = time.perf_counter() - began_s
    return {"messages": messages, "in_flight": in_flight, "per_s": round(messages / took_s)}


async def paced(
    stream: JetStreamContext, *, per_s: int, seconds: float, size: int, in_flight: int
) -> dict[str, float | None]:
    """Publish at a steady pace beside one reader; return from the send until the reader has it, in ms."""
    took_ms: list[float] = []

    async def take(message: Msg) -> None:
        took_ms.append((time.perf_counter_ns() - int.from_bytes(message.data[:8], "big")) / 1e6)

    reader = await stream.subscribe(SUBJECT, cb=take, deliver_policy="new", ordered_consumer=True)
    rest, gate = os.urandom(size - 8), asyncio.Semaphore(in_flight)

    async def send(number: int) -> None:
        async with gate:
            await stream.publish(
                SUBJECT, time.perf_counter_ns().to_bytes(8, "big") + rest, headers={"Nats-Msg-Id": f"p{number}"}
            )

    began_s, tasks = time.perf_counter(), []
    for number in range(round(per_s * seconds)):
        due_s = began_s + number / per_s
        if (wait_s := due_s - time.perf_counter()) > 0:
            await asyncio.sleep(wait_s)
        tasks.append(asyncio.create_task(send(number)))
    await asyncio.gather(*tasks)
    sent_s = time.perf_counter() - began_s
    for _ in range(100):
        if len(took_ms) == len(tasks):
            break
        await asyncio.sleep(0.05)
    await reader.unsubscribe()
    took_ms.sort()
    return {
        "per_s": round(len(tasks) / sent_s),
        "received": len(took_ms),
        "p50": round(took_ms[len(took_ms) // 2], 2),
        "p99": round(took_ms[len(took_ms) * 99 // 100], 2),
    }


async def measured(port: int, asked: dict[str, Any]) -> dict[str, Any]:
    """Return all figures of one server."""
    line = await connected(port)
    stream = line.jetstream()
    await stream.add_stream(name="alerts", subjects=["alerts.>"], storage="file")
    found = {
        "ingest": await ingest(stream, messages=asked["messages"], size=asked["size"], in_flight=asked["in_flight"]),
        "paced": await paced(
            stream,
            per_s=asked["per_s"],
            seconds=asked["seconds"],
            size=asked["size"],
            in_flight=asked["in_flight"],
        ),
    }
    await line.close()
    return found


def main() -> int:
    """Answer one request."""
    asked = json.load(sys.stdin)
    port = free_port()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = folder / "server.conf"
        config.write_text(CONFIG.format(port=port, folder=folder / "store"), encoding="utf-8")
        server = subprocess.Popen(  # the package's own program
            [str(Path(sys.executable).parent / "nats-server"), "--config", str(config)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            found = asyncio.run(measured(port, asked))
        finally:
            server.terminate()
            server.wait(10.0)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    json.dump(found | {"server_cpu_s": round(used.ru_utime + used.ru_stime, 2)}, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
