"""What an attempt comes to and when it is made again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.attempts import LONGEST_RETRY_AFTER_S, Answered, RetryPolicy, Verdict, next_try_us, of_http, pause_s

POLICY = RetryPolicy(first_s=2.0, longest_s=300.0)


@pytest.mark.parametrize(
    ("code", "verdict"),
    [
        (200, Verdict.DELIVERED),
        (202, Verdict.DELIVERED),
        (301, Verdict.REFUSED_FOR_GOOD),  # a signed page is not carried elsewhere
        (400, Verdict.REFUSED_FOR_GOOD),
        (401, Verdict.REFUSED_FOR_GOOD),
        (404, Verdict.REFUSED_FOR_GOOD),
        (408, Verdict.REFUSED_FOR_NOW),
        (410, Verdict.GONE),
        (425, Verdict.REFUSED_FOR_NOW),
        (429, Verdict.REFUSED_FOR_NOW),
        (500, Verdict.REFUSED_FOR_NOW),
        (503, Verdict.REFUSED_FOR_NOW),
        (599, Verdict.REFUSED_FOR_NOW),
    ],
)
def test_every_http_answer_has_its_class(code: int, verdict: Verdict) -> None:
    assert of_http(code, "", None, taken=Verdict.DELIVERED).verdict is verdict


def test_the_answers_words_are_the_reason_and_bounded() -> None:
    found = of_http(500, "out of\n  order " + "x" * 5_000, None, taken=Verdict.DELIVERED)
    assert found.reason.startswith("HTTP 500: out of order xxx")
    assert len(found.reason) < 250


@pytest.mark.parametrize(
    ("header", "wait_s"), [("7", 7.0), ("999999", LONGEST_RETRY_AFTER_S), ("-1", None), ("٣", None), (None, None)]
)
def test_retry_after_is_believed_up_to_an_hour(header: str | None, wait_s: float | None) -> None:
    assert of_http(429, "", header, taken=Verdict.DELIVERED).retry_after_s == wait_s


@given(failures=st.integers(1, 10_000), share=st.floats(0.0, 1.0))
def test_a_pause_is_a_share_of_a_doubling_bounded_one(failures: int, share: float) -> None:
    most = min(300.0, 2.0 * 2.0 ** min(failures - 1, 30))
    assert 0.0 <= pause_s(failures, share, POLICY) <= most
    assert pause_s(failures, 1.0, POLICY) == most


@given(share=st.floats(0.0, 1.0), wait_s=st.floats(0.0, 3_600.0))
def test_the_receivers_own_wait_is_never_cut_short(share: float, wait_s: float) -> None:
    answered = Answered(verdict=Verdict.REFUSED_FOR_NOW, reason="", retry_after_s=wait_s)
    assert next_try_us(1, answered, share, 1_000, POLICY) >= 1_000 + int(wait_s * 1e6)
