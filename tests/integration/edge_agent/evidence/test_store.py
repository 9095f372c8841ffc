"""The media folder on a real disk: durable, addressed by content, bounded, and never without what an alert needs."""

import hashlib
import os
import resource
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier, Thread

import pytest

from edge_agent.evidence.errors import EvidenceError
from edge_agent.evidence.store import MediaStore, StoredMedia, StoreRefused

JPEG, MP4 = "image/jpeg", "video/mp4"


def opened(root: Path, *, limit_bytes: int = 10_000, reserve_bytes: int = 0) -> MediaStore:
    store = MediaStore(root, limit_bytes=limit_bytes, reserve_bytes=reserve_bytes)
    store.restore_pins({})
    return store


def stored(answer: StoredMedia | StoreRefused) -> StoredMedia:
    assert isinstance(answer, StoredMedia), answer
    return answer


def content(number: int, size: int = 1_000) -> bytes:
    return number.to_bytes(4, "big") * (size // 4)


def files(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.is_file())


def test_content_is_found_under_its_hash_also_after_a_restart(tmp_path: Path) -> None:
    media = stored(opened(tmp_path).put(b"picture", media_type=JPEG, holder="alert-1"))
    assert media.sha256 == hashlib.sha256(b"picture").hexdigest()
    again = opened(tmp_path)
    found = again.find(media.sha256)
    assert found == media
    handle = again.open(media.sha256)
    assert handle is not None
    with handle:
        assert handle.read() == b"picture"
    assert again.kept_bytes == 7


def test_the_same_content_is_kept_once_and_stays_while_one_holder_needs_it(tmp_path: Path) -> None:
    store = opened(tmp_path, limit_bytes=1_500)
    first = stored(store.put(content(1), media_type=JPEG, holder="alert-1"))
    assert stored(store.put(content(1), media_type=JPEG, holder="alert-2")) == first
    assert len(files(tmp_path)) == 1
    store.release("alert-1")
    assert isinstance(store.put(content(2), media_type=JPEG, holder="alert-3"), StoreRefused)
    store.release("alert-2")
    stored(store.put(content(2), media_type=JPEG, holder="alert-3"))
    assert store.find(first.sha256) is None


def test_a_file_made_at_an_incoming_path_is_moved_in(tmp_path: Path) -> None:
    store = opened(tmp_path)
    path = store.incoming_path(MP4)
    path.write_bytes(b"clip")
    media = stored(store.put_file(path, media_type=MP4, holder="alert-1"))
    assert media.path.name == f"{media.sha256}.mp4"
    assert files(tmp_path) == [media.path]


def test_several_threads_store_at_once_and_each_content_counts_once(tmp_path: Path) -> None:
    """Alerts go over several lanes and clips beside them; the same picture may be stored by two of them at once."""
    store = opened(tmp_path, limit_bytes=60_000)
    lanes = 4
    with ThreadPoolExecutor(lanes) as pool:
        together = Barrier(lanes)

        def put(lane: int) -> set[str]:
            together.wait(timeout=10)
            return {
                stored(store.put(content(number), media_type=JPEG, holder=f"alert-{lane}")).sha256
                for number in range(12)
            }

        answers = list(pool.map(put, range(lanes)))
    assert all(answer == answers[0] for answer in answers)
    assert {path.stem for path in files(tmp_path)} == answers[0]
    assert store.kept_bytes == sum(path.stat().st_size for path in files(tmp_path))


def test_the_oldest_unpinned_content_makes_room(tmp_path: Path) -> None:
    store = opened(tmp_path, limit_bytes=3_000)
    kept = [stored(store.put(content(number), media_type=JPEG, holder=f"alert-{number}")) for number in range(3)]
    for number, media in enumerate(kept):
        os.utime(media.path, (1_000 + number, 1_000 + number))
    store = opened(tmp_path, limit_bytes=3_000)
    store.restore_pins({kept[0].sha256: ["alert-0"]})
    stored(store.put(content(9), media_type=JPEG, holder="alert-9"))
    assert [store.find(media.sha256) is not None for media in kept] == [True, False, True]
    assert store.deleted == 1


def test_what_an_unacknowledged_alert_needs_is_never_deleted(tmp_path: Path) -> None:
    store = opened(tmp_path, limit_bytes=2_500)
    kept = [stored(store.put(content(number), media_type=JPEG, holder=f"alert-{number}")) for number in range(2)]
    refused = store.put(content(3), media_type=JPEG, holder="alert-3")
    assert isinstance(refused, StoreRefused)
    assert refused.reason == "all_pinned"
    assert "restore the link" in refused.sentence
    assert files(tmp_path) == sorted(media.path for media in kept)


def test_nothing_is_deleted_after_a_start_before_the_outbox_has_said_what_it_needs(tmp_path: Path) -> None:
    media = stored(opened(tmp_path).put(content(1), media_type=JPEG, holder="alert-1"))
    restarted = MediaStore(tmp_path, limit_bytes=1_500, reserve_bytes=0)
    assert isinstance(restarted.put(content(2), media_type=JPEG, holder="alert-2"), StoreRefused)
    restarted.restore_pins({})
    stored(restarted.put(content(2), media_type=JPEG, holder="alert-2"))
    assert restarted.find(media.sha256) is None


def test_the_reserve_of_free_space_is_not_touched(tmp_path: Path) -> None:
    reserve = shutil.disk_usage(tmp_path).free + 2**30
    refused = opened(tmp_path, reserve_bytes=reserve).put(b"x", media_type=JPEG, holder="a")
    assert isinstance(refused, StoreRefused)
    assert files(tmp_path) == []


@contextmanager
def files_no_longer_than(size: int) -> Iterator[None]:
    """Let the kernel refuse longer files, as a full disk would: EFBIG takes the same way as ENOSPC."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_that_is_full_is_an_answer_and_leaves_nothing_behind(tmp_path: Path) -> None:
    store = opened(tmp_path, limit_bytes=10_000_000)
    with files_no_longer_than(4_096):
        refused = store.put(bytes(100_000), media_type=JPEG, holder="a")
    assert isinstance(refused, StoreRefused)
    assert refused.reason == "disk_full"
    assert files(tmp_path) == []
    assert store.kept_bytes == 0
    stored(store.put(bytes(100_000), media_type=JPEG, holder="a"))


def test_a_folder_that_vanished_is_an_answer(tmp_path: Path) -> None:
    store = opened(tmp_path / "media")
    shutil.rmtree(tmp_path / "media")
    refused = store.put(b"x", media_type=JPEG, holder="a")
    assert isinstance(refused, StoreRefused)
    assert refused.reason == "unwritable"


def test_what_a_power_cut_left_half_written_is_removed_at_the_next_start(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.incoming_path(MP4).write_bytes(b"half a clip")
    opened(tmp_path)
    assert files(tmp_path) == []


def test_a_file_that_was_removed_by_hand_is_not_there_instead_of_an_error(tmp_path: Path) -> None:
    store = opened(tmp_path)
    media = stored(store.put(b"x", media_type=JPEG, holder="a"))
    media.path.unlink()
    assert store.open(media.sha256) is None


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 64 + "\n"])
def test_a_name_that_is_no_hash_reaches_no_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(EvidenceError, match="SHA-256"):
        opened(tmp_path).find(name)


def test_a_folder_that_cannot_be_used_is_refused_at_the_start_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "media").write_text("a file is in the way")
    with pytest.raises(EvidenceError, match="check its owner and its disk"):
        opened(tmp_path / "media")


def test_an_unknown_type_is_a_defect_of_the_caller(tmp_path: Path) -> None:
    with pytest.raises(EvidenceError, match=r"text/html.*known are image/jpeg"):
        opened(tmp_path).put(b"x", media_type="text/html", holder="a")


def test_many_threads_may_store_at_once(tmp_path: Path) -> None:
    store = opened(tmp_path, limit_bytes=10_000_000)
    answers: list[StoredMedia | StoreRefused] = []

    def work(first: int) -> None:
        numbers = range(first, first + 10)
        answers.extend(store.put(content(number), media_type=JPEG, holder=f"alert-{number}") for number in numbers)

    threads = [Thread(target=work, args=(first,)) for first in (0, 5, 10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20.0)
    assert len({stored(answer).sha256 for answer in answers}) == 20
    assert store.kept_bytes == 20 * 1_000
    assert len(files(tmp_path)) == 20


def test_the_store_tells_how_much_more_it_will_take(tmp_path: Path) -> None:
    store = opened(tmp_path, limit_bytes=2_500)
    for number in range(2):
        stored(store.put(content(number), media_type=JPEG, holder=f"alert-{number}"))
    store.release("alert-0")
    space = store.space()
    assert (space.limit_bytes, space.pinned_bytes, space.is_read_only, space.refusal) == (2_500, 1_000, False, "")
    assert space.free_bytes == pytest.approx(shutil.disk_usage(tmp_path).free, abs=2**28)


def test_a_refusal_is_told_until_what_was_in_its_way_has_gone(tmp_path: Path) -> None:
    """In a quiet room nothing new is stored for hours: the relay's acknowledgement must be enough."""
    store = opened(tmp_path, limit_bytes=1_500)
    stored(store.put(content(1), media_type=JPEG, holder="alert-1"))
    assert isinstance(store.put(content(2), media_type=JPEG, holder="alert-2"), StoreRefused)
    assert "alerts still need" in store.space().refusal
    store.release("alert-1")
    assert store.space().refusal == ""


def test_a_folder_that_cannot_be_written_is_told_until_something_was_stored(tmp_path: Path) -> None:
    store = opened(tmp_path / "media")
    shutil.move(tmp_path / "media", tmp_path / "gone")
    assert isinstance(store.put(b"x", media_type=JPEG, holder="a"), StoreRefused)
    space = store.space()
    assert space.free_bytes is None
    assert "No such file" in space.refusal
    shutil.move(tmp_path / "gone", tmp_path / "media")
    stored(store.put(b"x", media_type=JPEG, holder="a"))
    assert store.space().refusal == ""


def test_what_is_too_old_goes_and_what_an_alert_needs_stays_however_old(tmp_path: Path) -> None:
    store = opened(tmp_path)
    old, needed, new = (
        stored(store.put(content(number), media_type=JPEG, holder=f"alert-{number}")) for number in range(3)
    )
    for media in (old, needed):
        os.utime(media.path, (1_000_000.0, 1_000_000.0))
    again = MediaStore(tmp_path, limit_bytes=10_000, reserve_bytes=0)
    assert again.forget_before(2_000_000_000_000) == 0, "nobody has said yet what is still needed"
    again.restore_pins({needed.sha256: ["alert-1"]})
    assert again.forget_before(2_000_000_000_000) == 1
    assert again.find(old.sha256) is None
    assert again.find(needed.sha256) is not None
    assert again.find(new.sha256) is not None
    assert again.kept_bytes == 2_000
    again.release("alert-1")
    assert again.forget_before(2_000_000_000_000) == 1
    assert files(tmp_path) == [new.path]


def test_what_the_relay_has_may_go_whoever_held_it(tmp_path: Path) -> None:
    store = MediaStore(tmp_path, limit_bytes=1_000, reserve_bytes=0)
    store.restore_pins({})
    for holder in ("alert-1", "alert-2"):
        kept = store.put(b"x" * 900, media_type="image/jpeg", holder=holder)
    assert isinstance(kept, StoredMedia)
    refused = store.put(b"y" * 900, media_type="image/jpeg", holder="alert-3")
    assert isinstance(refused, StoreRefused)
    assert store.space().refusal
    store.unpin(kept.sha256)
    assert not store.space().refusal, "what was in the way may go"
    assert isinstance(store.put(b"y" * 900, media_type="image/jpeg", holder="alert-3"), StoredMedia)
    assert store.find(kept.sha256) is None
