"""A history says what was promised, also when the writing itself was killed."""

from pathlib import Path

from patrol_cli.nemesis.history import HistoryWriter, Kept, KeptMedia, digest_of, read_history
from patrol_wire.ids import Stream

KEPT = Kept(digest=digest_of(b"one"), alert_id="alert-1", epoch=3, stream=Stream.ALERTS, seq=1)


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "room-1.jsonl"
    writer = HistoryWriter(path)
    writer.tried(KEPT.digest)
    writer.kept(KEPT)
    writer.tried(digest_of(b"two"))
    picture = KeptMedia(sha256="ab" * 32, size_bytes=7, alert_id="alert-1")
    writer.kept_media(picture)
    writer.close()
    history = read_history(path)
    assert history.node == "room-1"
    assert history.kept == (KEPT,)
    assert history.media == (picture,)
    assert history.tried == {digest_of(b"one"), digest_of(b"two")}


def test_a_line_cut_short_by_a_kill_is_no_promise_and_spoils_no_later_one(tmp_path: Path) -> None:
    path = tmp_path / "room-1.jsonl"
    path.write_bytes(b'{"kept":"abc","alert_id":"al')
    writer = HistoryWriter(path)
    writer.kept(KEPT)
    writer.close()
    assert read_history(path).kept == (KEPT,)
