"""Distances on the ground."""

from hypothesis import given
from hypothesis import strategies as st

from relay.core.geo import METRES_PER_DEGREE, metres_between

_LON = st.floats(-180, 180)
_LAT = st.floats(-85, 85)


@given(_LON, _LAT, _LON, _LAT)
def test_how_far_north_is_never_more_than_how_far(lon_a: float, lat_a: float, lon_b: float, lat_b: float) -> None:
    """It refuses what lies too far before the distance is reckoned: it must refuse nothing that is near."""
    assert abs(lat_a - lat_b) * METRES_PER_DEGREE <= metres_between(lon_a, lat_a, lon_b, lat_b) * (1 + 1e-12)
