"""Whether content is taken, and what must go for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patrol_wire.media import CLIP_TYPE, SNAPSHOT_TYPE, VOICE_TYPE, MediaReason
from relay.core.media import (
    MIB,
    ORPHANS_KEPT_US,
    Announced,
    ContentState,
    Found,
    MediaLimits,
    Noted,
    Space,
    choose_victims,
    excess,
    judge_found,
    judge_offer,
)

LIMITS = MediaLimits(max_bytes=100 * MIB, reserve_bytes=10 * MIB, largest_bytes=50 * MIB)
CLIP = Announced(media_type=CLIP_TYPE, size_bytes=MIB)


@pytest.mark.parametrize(
    ("size_bytes", "media_type", "announced", "reason"),
    [
        (MIB, CLIP_TYPE, CLIP, None),
        (50 * MIB, CLIP_TYPE, Announced(media_type=CLIP_TYPE, size_bytes=50 * MIB), None),  # as long as may be
        (50 * MIB + 1, CLIP_TYPE, None, MediaReason.TOO_LARGE),  # before anything else: it will never fit
        (MIB, VOICE_TYPE, Announced(media_type=VOICE_TYPE, size_bytes=MIB), None),
        (MIB, "text/html", CLIP, MediaReason.BAD_TYPE),  # a page of the relay's own address would run it
        (MIB, CLIP_TYPE, None, MediaReason.NOT_ANNOUNCED),
        (MIB, SNAPSHOT_TYPE, CLIP, MediaReason.BAD_TYPE),  # not what the manifest says
        (MIB + 1, CLIP_TYPE, CLIP, MediaReason.WRONG_SIZE),
        (0, CLIP_TYPE, Announced(media_type=CLIP_TYPE, size_bytes=0), MediaReason.WRONG_SIZE),  # nothing is no clip
    ],
)
def test_an_offer_is_wanted_or_refused_with_its_reason(
    size_bytes: int, media_type: str, announced: Announced | None, reason: MediaReason | None
) -> None:
    judged = judge_offer(size_bytes=size_bytes, media_type=media_type, announced=announced, limits=LIMITS)
    assert judged is reason


@pytest.mark.parametrize(
    ("kept_mib", "free_mib", "size_mib", "excess_mib"),
    [
        (0, 1_000, 10, -90),
        (95, 1_000, 10, 5),  # over the limit
        (0, 15, 10, 5),  # into the reserve of the disk
        (95, 5, 10, 15),  # both: the larger of the two
    ],
)
def test_the_limit_and_the_reserve_of_the_disk_both_count(
    kept_mib: int, free_mib: int, size_mib: int, excess_mib: int
) -> None:
    space = Space(kept_bytes=kept_mib * MIB, free_bytes=free_mib * MIB)
    assert excess(size_mib * MIB, space, LIMITS) == excess_mib * MIB


@given(st.lists(st.integers(1, 1_000), max_size=30), st.integers(-10, 10_000))
def test_as_few_as_needed_go_and_the_oldest_first(sizes: list[int], wanted: int) -> None:
    candidates = [(str(number), size) for number, size in enumerate(sizes)]
    victims = choose_victims(candidates, wanted)
    if victims is None:
        assert sum(sizes) < wanted
        return
    assert list(victims) == [name for name, _ in candidates[: len(victims)]]
    freed = sum(sizes[: len(victims)])
    assert freed >= wanted or (wanted <= 0 and not victims)
    assert not victims or freed - sizes[len(victims) - 1] < wanted


@pytest.mark.parametrize(
    ("noted", "announced_bytes", "written_us", "found"),
    [
        (None, 100, 50, Found.ADOPT),  # the gate named it, and nobody noted it
        (None, None, 50, Found.KEEP),  # its manifest may be on the way
        (None, None, 49, Found.DELETE),  # for a day nobody announced it
        (None, 99, 50, Found.KEEP),  # not what was announced: the next offer says so
        (Noted(state=ContentState.STORED, here=True), 100, 49, Found.KEEP),  # another relay noted it since
        (Noted(state=ContentState.STORED, here=False), 100, 50, Found.DELETE),  # another folder has it
        (Noted(state=ContentState.DELETED, here=True, deleted_us=60), 100, 60, Found.DELETE),  # left behind
        (Noted(state=ContentState.DELETED, here=True, deleted_us=60), 100, 61, Found.ADOPT),  # it came back
        (Noted(state=ContentState.DELETED, here=False, deleted_us=60), 100, 60, Found.DELETE),
    ],
)
def test_a_file_that_was_not_listed_is_judged(
    noted: Noted | None, announced_bytes: int | None, written_us: int, found: Found
) -> None:
    now_us = 50 + ORPHANS_KEPT_US
    judged = judge_found(
        size_bytes=100, written_us=written_us, noted=noted, announced_bytes=announced_bytes, now_us=now_us
    )
    assert judged is found
