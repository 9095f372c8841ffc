"""Which key of the relay a peer asks for: the next one only when it was announced, the old one never again."""

from patrol_wire import relay_keys
from patrol_wire.relay_keys import begin, dump, learn, load, other, prove

OLD, NEW, LATER = "o" * 40, "n" * 40, "l" * 40


def test_an_announced_key_is_kept_beside_the_one_in_use() -> None:
    keys = learn(begin(OLD), NEW)
    assert (keys.current, keys.following, keys.newest) == (OLD, NEW, NEW)
    assert learn(keys, NEW) == learn(keys, "") == learn(keys, OLD) == keys


def test_the_two_keys_are_tried_in_turn() -> None:
    keys = learn(begin(OLD), NEW)
    assert (other(keys, OLD), other(keys, NEW)) == (NEW, OLD)
    assert other(begin(OLD), OLD) == OLD


def test_after_the_first_session_under_the_next_key_the_old_one_is_never_tried_again() -> None:
    keys = prove(learn(begin(OLD), NEW), NEW)
    assert (keys.current, keys.following) == (NEW, "")
    assert other(keys, NEW) == NEW
    assert prove(keys, OLD) == keys


def test_a_session_under_the_old_key_proves_nothing_about_the_next() -> None:
    keys = learn(begin(OLD), NEW)
    assert prove(keys, OLD) == keys


def test_a_later_announcement_takes_the_place_of_one_that_came_to_nothing() -> None:
    assert learn(learn(begin(OLD), NEW), LATER).following == LATER


def test_what_is_kept_survives_a_restart() -> None:
    keys = prove(learn(begin(OLD), NEW), NEW)
    assert load(dump(keys), given=OLD) == keys


def test_another_key_by_hand_counts_more_than_what_was_learned() -> None:
    """A technician who writes a key into the settings has a reason."""
    assert load(dump(learn(begin(OLD), NEW)), given=LATER) == begin(LATER)


def test_a_rotten_file_is_no_reason_to_stop() -> None:
    for text in (b"", b"\xff", b"{}", b'{"given": "x"}', dump(begin(OLD))[:-9]):
        assert load(text, given=OLD) == begin(OLD)


def test_the_other_key_is_tried_at_once_and_then_with_pauses() -> None:
    assert [relay_keys.refusals_before_other(turns) for turns in (0, 1, 9)] == [1, 3, 3]
