"""The bare full decode: every picture of so many streams, one thread per stream, ``thread_count=1``, nothing else done.

    python -m bench.edge_decode URL [URL ...]

A process of its own, so that its CPU time is the decoding's alone; runs until SIGTERM. This is what an NVR pays before
it has looked at anything.
"""

import signal
import sys
import threading

import av
import av.error

OPTIONS = {"rtsp_transport": "tcp"}


def decode(url: str, ended: threading.Event) -> None:
    """Read and decode one stream until it ends or ``ended`` is set."""
    with av.open(url, options=OPTIONS) as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        for packet in container.demux(stream):
            try:
                packet.decode()
            except av.error.InvalidDataError:
                continue
            if ended.is_set():
                return


def main() -> None:
    """Decode what the command line names."""
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    for url in sys.argv[1:]:
        threading.Thread(target=decode, args=(url, ended), daemon=True).start()
    while not ended.wait(1.0):
        continue


if __name__ == "__main__":
    main()
