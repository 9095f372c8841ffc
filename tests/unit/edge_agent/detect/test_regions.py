"""Regions: model-sized squares at native resolution, few of them, holding every place."""

from hypothesis import given
from hypothesis import strategies as st

from edge_agent.core.boxes import Box
from edge_agent.detect.regions import regions_for

HD = (1920, 1080)
INPUT = (416, 416)
WHOLE = Box(0.0, 0.0, 1.0, 1.0)


def test_nothing_to_see_needs_no_look() -> None:
    assert regions_for([], picture_size=HD, input_size=INPUT) == []


def test_a_small_thing_is_seen_at_native_resolution() -> None:
    (region,) = regions_for([Box(0.5, 0.5, 0.52, 0.55)], picture_size=HD, input_size=INPUT)
    assert abs(region.width * HD[0] - INPUT[0]) < 2
    assert abs(region.height * HD[1] - INPUT[1]) < 2


def test_two_things_that_fit_into_one_square_are_one_look() -> None:
    places = [Box(0.50, 0.5, 0.52, 0.55), Box(0.54, 0.5, 0.56, 0.55)]
    assert len(regions_for(places, picture_size=HD, input_size=INPUT)) == 1


def test_two_far_apart_are_two_looks() -> None:
    places = [Box(0.10, 0.1, 0.12, 0.15), Box(0.80, 0.8, 0.82, 0.85)]
    assert len(regions_for(places, picture_size=HD, input_size=INPUT)) == 2


def test_a_picture_hardly_larger_than_the_input_is_seen_as_a_whole() -> None:
    places = [Box(0.1, 0.1, 0.2, 0.3), Box(0.7, 0.6, 0.8, 0.9)]
    assert regions_for(places, picture_size=(480, 360), input_size=INPUT) == [WHOLE]


shares = st.floats(min_value=0.0, max_value=0.9)


@given(
    st.lists(st.builds(lambda x, y: Box(x, y, x + 0.05, y + 0.1), shares, shares), min_size=1, max_size=8),
    st.sampled_from([(320, 240), (704, 576), (1280, 720), HD, (3840, 2160)]),
)
def test_regions_lie_inside_and_are_no_more_than_allowed(places: list[Box], size: tuple[int, int]) -> None:
    regions = regions_for(places, picture_size=size, input_size=INPUT, at_most=4)
    assert 1 <= len(regions) <= 4
    for region in regions:
        assert region.clip() == region
        assert region.area > 0.0
    if len(regions) < 4:
        for place in places:
            assert max(place.covered_by(region) for region in regions) > 0.99
