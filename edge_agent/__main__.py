"""``python -m edge_agent --config ROOM.toml``: the room without the command line kit."""

import argparse
import sys
from pathlib import Path

from edge_agent.app.prepared import START_ERRORS
from edge_agent.app.program import check, run

BAD_INPUT = 2


def main(arguments: list[str] | None = None) -> int:
    """Run the agent; 2 and one sentence on standard error for what the user can mend."""
    parser = argparse.ArgumentParser(prog="edge_agent", description="The edge agent of one video room.")
    parser.add_argument("--config", type=Path, required=True, help="the room's TOML file")
    parser.add_argument("--check", action="store_true", help="only say whether the room could start")
    parser.add_argument("--new-outbox", action="store_true", help="move the outbox aside and begin a new one")
    wanted = parser.parse_args(arguments)
    try:
        if wanted.check:
            check(wanted.config)
        else:
            run(wanted.config, new_outbox=wanted.new_outbox)
    except START_ERRORS as error:
        sys.stderr.write(f"{error}\n")
        return BAD_INPUT
    return 0


if __name__ == "__main__":
    sys.exit(main())
