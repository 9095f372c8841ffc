"""Which change of what is drawn on a picture is made, and why another one is not."""

from collections.abc import Callable

import pytest

from edge_agent.core.drawings import (
    ChangeAccepted,
    ChangeAsked,
    ChangeRefused,
    DrawingRefusal,
    Polygon,
    decide,
    masks_removed,
)

WINDOW: Polygon = ((0.1, 0.1), (0.2, 0.1), (0.2, 0.2))
DOOR: Polygon = ((0.5, 0.5), (0.6, 0.5), (0.6, 0.9))


def ask(
    *,
    on_version: int = 3,
    reason: str = "too many alerts",
    confirmed_masks: int = 0,
    masks: tuple[Polygon, ...] = (WINDOW,),
    is_same: bool = False,
) -> ChangeAccepted | ChangeRefused:
    asked = ChangeAsked(
        on_version=on_version, reason=reason, confirmed_masks=confirmed_masks, masks=masks, is_same=is_same
    )
    return decide(asked, newest=3, newest_by="wang", masks_now=(WINDOW,))


def test_a_change_on_the_newest_version_becomes_the_next_one() -> None:
    assert ask() == ChangeAccepted(version=4, masks_removed=0)
    assert ask(masks=(WINDOW, DOOR)) == ChangeAccepted(version=4, masks_removed=0)
    assert ask(masks=(DOOR,), confirmed_masks=1) == ChangeAccepted(version=4, masks_removed=1)


@pytest.mark.parametrize(
    ("asked", "refusal"),
    [
        (lambda: ask(on_version=2), DrawingRefusal.OUTDATED),
        (lambda: ask(on_version=2, masks=(), reason=""), DrawingRefusal.OUTDATED),  # first of all: it is not this one
        (lambda: ask(is_same=True), DrawingRefusal.NOTHING_CHANGED),
        (lambda: ask(reason="  x "), DrawingRefusal.NO_REASON),
        (lambda: ask(masks=()), DrawingRefusal.MASKS_UNCONFIRMED),
        (lambda: ask(masks=((*WINDOW[:2], (0.3, 0.2)),)), DrawingRefusal.MASKS_UNCONFIRMED),  # it moved
        (lambda: ask(masks=(), confirmed_masks=2), DrawingRefusal.MASKS_UNCONFIRMED),  # not what was looked at
        (lambda: ask(confirmed_masks=1), DrawingRefusal.MASKS_UNCONFIRMED),
    ],
)
def test_what_does_not_fit_is_refused_with_a_word_and_a_sentence(
    asked: Callable[[], ChangeAccepted | ChangeRefused], refusal: DrawingRefusal
) -> None:
    found = asked()
    assert isinstance(found, ChangeRefused)
    assert found.refusal is refusal
    assert found.sentence.endswith(("again", "something", "it", "number"))


def test_who_was_faster_is_named() -> None:
    found = ask(on_version=1)
    assert isinstance(found, ChangeRefused)
    assert "wang has saved version 3" in found.sentence


def test_a_mask_counts_as_removed_unless_it_is_there_as_it_was() -> None:
    assert masks_removed((WINDOW, DOOR), (DOOR, WINDOW)) == ()
    assert masks_removed((WINDOW, DOOR), (DOOR,)) == (WINDOW,)
    assert masks_removed((), (DOOR,)) == ()
