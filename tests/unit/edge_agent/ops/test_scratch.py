"""What is lent is as long as was asked for, nobody else's meanwhile, and used again."""

import threading

import pytest

from edge_agent.ops.scratch import Scratch


def test_what_comes_back_is_lent_again() -> None:
    scratch = Scratch(most_kept=1, most_bytes=1_000_000)
    with scratch.lend(100_000) as lent:
        lent[:4] = b"mine"
    with scratch.lend(90_000) as again:
        assert (len(again), bytes(again[:4])) == (90_000, b"mine")


def test_two_at_once_have_memory_of_their_own() -> None:
    scratch = Scratch(most_kept=2, most_bytes=1_000_000)
    with scratch.lend(10) as one, scratch.lend(10) as other:
        one[:], other[:] = b"1" * 10, b"2" * 10
        assert bytes(one) == b"1" * 10
    with scratch.lend(10) as one, scratch.lend(10) as other:
        assert {bytes(one), bytes(other)} == {b"1" * 10, b"2" * 10}


def test_who_needs_more_gets_more_and_what_is_too_large_is_not_kept() -> None:
    scratch = Scratch(most_kept=2, most_bytes=100_000)
    with scratch.lend(10) as lent:
        lent[:4] = b"mine"
    with scratch.lend(200_000) as lent:
        assert len(lent) == 200_000
        lent[:4] = b"mine"
    with scratch.lend(10) as lent:
        assert bytes(lent[:4]) == bytes(4)


def test_it_can_be_lent_again_after_a_failure() -> None:
    scratch = Scratch(most_kept=1, most_bytes=100_000)
    with pytest.raises(OSError, match="disk"), scratch.lend(10):
        raise OSError("disk")
    with scratch.lend(10) as lent:
        assert len(lent) == 10


def test_many_threads_never_share_a_block() -> None:
    scratch = Scratch(most_kept=3, most_bytes=1_000_000)
    broken: list[int] = []

    def work(number: int) -> None:
        for _ in range(300):
            with scratch.lend(1_000) as lent:
                lent[:] = bytes([number]) * 1_000
                if bytes(lent) != bytes([number]) * 1_000:
                    broken.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not broken
