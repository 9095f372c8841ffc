"""A child process that says what it was given, and then what it is told; with ``busy`` it never listens again."""

import sys

from edge_agent.ops.channel import ChannelClosedError
from edge_agent.ops.child_process import stand_by_parent


def main() -> int:
    """Echo until the parent ends."""
    channel, _, setup = stand_by_parent(sys.argv[1:])
    channel.send(setup)
    try:
        while True:
            message = channel.receive(within_s=None) if setup != b"busy" else None
            if message is not None:
                channel.send(message)
    except ChannelClosedError:
        return 0


if __name__ == "__main__":
    sys.exit(main())
