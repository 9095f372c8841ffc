"""``python -m patrol_sim``: the simulator as a process with one JSON line when it is ready, for other programs."""

import argparse
import json
import sys
from pathlib import Path

from patrol_sim.errors import SimError
from patrol_sim.log import log_to_stderr
from patrol_sim.program import Order, ordered_cameras, ready_line, serve_until_signal
from patrol_sim.scene.settings import SceneSettings
from patrol_sim.server import SimServer

BAD_INPUT = 2


def _read_arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="patrol_sim", description="Simulated cameras over RTSP.")
    parser.add_argument("--config", type=Path, help="TOML file with [[camera]] tables")
    parser.add_argument("--footage", type=Path, metavar="DIR", help="one camera per video file of a folder")
    parser.add_argument("--scene", type=int, default=0, metavar="N", help="N generated cameras")
    parser.add_argument("--variety", type=int, default=4, help="how many different scenes the N show (default 4)")
    parser.add_argument("--size", default="704x576", help="size of the generated scenes (default 704x576)")
    parser.add_argument("--fps", type=int, default=10, help="rate of the generated scenes (default 10)")
    parser.add_argument("--busy-share", type=float, default=0.4, help="share of time with figures (default 0.4)")
    parser.add_argument("--seed", type=int, default=1, help="first seed of the generated scenes (default 1)")
    parser.add_argument("--duration-s", type=float, default=48.0, help="length of the generated loops (default 48)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", type=int, default=0, help="RTSP port (default: a free one)")
    parser.add_argument("--control-port", type=int, default=0, help="port of the control API (default: a free one)")
    return parser.parse_args(arguments)


def _order(given: argparse.Namespace) -> Order:
    width, _, height = given.size.partition("x")
    if not (width.isdigit() and height.isdigit()):
        raise SimError(f"--size {given.size}: give WIDTHxHEIGHT")
    scene = SceneSettings(
        seed=given.seed,
        width=int(width),
        height=int(height),
        fps=given.fps,
        busy_share=given.busy_share,
        duration_s=given.duration_s,
    )
    return Order(
        config=given.config,
        footage=given.footage,
        scenes=given.scene,
        variety=given.variety,
        scene=scene,
        host=given.host,
        port=given.port,
        control_port=given.control_port,
    )


def _say_ready(server: SimServer) -> None:
    sys.stdout.write(json.dumps(ready_line(server)) + "\n")
    sys.stdout.flush()


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; return 0, or 2 with one sentence on stderr when the order is impossible."""
    given = _read_arguments(arguments)
    try:
        cameras = ordered_cameras(_order(given))
        log_to_stderr()
        server = SimServer(cameras, host=given.host, port=given.port, control_port=given.control_port)
        serve_until_signal(server, on_ready=_say_ready)
    except SimError as error:
        sys.stderr.write(f"{error}\n")
        return BAD_INPUT
    return 0


if __name__ == "__main__":
    sys.exit(main())
