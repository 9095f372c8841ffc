"""Long lists cut into messages that fit a frame."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from patrol_wire import codec
from patrol_wire.errors import WireError
from patrol_wire.limits import MAX_PAGE_ENTRIES
from patrol_wire.messages import Message

Item = TypeVar("Item")


def pages(
    items: Sequence[Item], build: Callable[[Sequence[Item], bool], Message], *, next_hop: Callable[[], int]
) -> Iterator[tuple[bytes, Sequence[Item]]]:
    """Yield frames with the items each holds; ``build`` gets a part and whether it is the last.

    Halves a part that is too long for a frame, so the usual short items travel many at a time. An empty list gives
    one empty page. Raises WireError when a single item does not fit.
    """
    start, size = 0, MAX_PAGE_ENTRIES
    while True:
        part = items[start : start + size]
        last = start + len(part) >= len(items)
        try:
            frame = codec.encode(build(part, last), hop=next_hop())
        except WireError as error:
            if error.reason != "long_frame" or len(part) <= 1:
                raise
            size = len(part) // 2
            continue
        yield frame, part
        start += len(part)
        if last:
            return
