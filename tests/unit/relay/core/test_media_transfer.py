"""One content on its way in: whatever a sender does, what is taken is the content from its beginning, no hole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patrol_wire.limits import MEDIA_CHUNK_BYTES as CHUNK
from patrol_wire.media import MediaReason, chunk_bytes
from relay.core.media_transfer import (
    CREDIT_CHUNKS,
    TRANSFER_TABLE,
    Transfer,
    TransferChange,
    TransferState,
    judge_chunk,
    step,
)


def receiving(size_bytes: int, offset: int = 0) -> Transfer:
    asked = Transfer(sha256="0" * 64, size_bytes=size_bytes, media_type="video/mp4")
    return step(step(asked, TransferChange.WANT, offset=offset), TransferChange.CATCH_UP)


@given(
    st.integers(1, 12 * CHUNK),
    st.lists(st.tuples(st.integers(0, 13), st.integers(-1, 1)), max_size=60),
)
def test_only_the_next_whole_chunk_within_the_credit_is_taken(size: int, tries: list[tuple[int, int]]) -> None:
    transfer = receiving(size)
    taken = 0
    for place, stretch in tries:
        offset = place * CHUNK
        length = max(1, (chunk_bytes(size, offset) or CHUNK) + stretch)
        refusal = judge_chunk(transfer, offset=offset, length=length)
        fits = offset == taken and length == chunk_bytes(size, offset) and transfer.state is TransferState.RECEIVING
        assert (refusal is None) == fits
        if refusal is None:
            taken += length
            change = TransferChange.FILL if taken == size else TransferChange.TAKE
            transfer = step(transfer, change, offset=taken)
    assert transfer.offset == taken <= size


def test_the_credit_moves_on_with_what_is_written() -> None:
    transfer = receiving(20 * CHUNK)
    assert transfer.window == CREDIT_CHUNKS * CHUNK
    transfer = step(transfer, TransferChange.TAKE, offset=3 * CHUNK)
    assert transfer.window == (3 + CREDIT_CHUNKS) * CHUNK
    assert judge_chunk(transfer, offset=transfer.window, length=CHUNK) is MediaReason.OVER_CREDIT


def test_nothing_is_taken_before_it_was_wanted_or_after_it_is_whole() -> None:
    asked = Transfer(sha256="0" * 64, size_bytes=CHUNK, media_type="video/mp4")
    assert judge_chunk(asked, offset=0, length=CHUNK) is MediaReason.OVER_CREDIT
    whole = step(receiving(CHUNK), TransferChange.FILL, offset=CHUNK)
    assert judge_chunk(whole, offset=0, length=CHUNK) is MediaReason.OVER_CREDIT


def test_every_way_can_end_in_a_refusal_and_nothing_follows_one() -> None:
    refused = {state for state, change in TRANSFER_TABLE if change is TransferChange.REFUSE}
    assert refused == set(TransferState) - {TransferState.ENDED}
    with pytest.raises(KeyError):
        step(step(receiving(CHUNK), TransferChange.REFUSE), TransferChange.TAKE)
