"""Which alerts belong to one incident."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from relay.core.correlation import Surroundings, belongs, box_around, choose, widen
from relay.core.geo import CELL_METRES, cell_of, cells_near, metres_between
from relay.core.incidents import IncidentState
from relay.core.policy import MICROS, DeskPolicy
from tests.support.cases import opened, placed_alert
from tests.support.records import BEGIN_US
from tests.support.small_city import small_city

CITY = small_city()
POLICY = DeskPolicy()
METRE = 1 / 111_195
"""Degrees of longitude at the equator."""


@pytest.mark.parametrize(
    ("later_s", "east_m", "category", "camera", "folds"),
    [
        (0, 0, "intrusion", "gate", True),
        (599, 149, "intrusion", "yard", True),  # just inside both limits
        (601, 0, "intrusion", "gate", False),  # too late
        (-599, 0, "intrusion", "gate", True),  # arrives out of order
        (0, 151, "intrusion", "yard", False),  # too far
        (0, 151, "intrusion", "gate", True),  # the very camera: whatever its position says now
        (0, 0, "loitering", "gate", True),  # same family
        (0, 0, "brawl", "gate", False),  # another family
    ],
)
def test_alerts_fold_by_place_time_and_family(
    later_s: int, east_m: float, category: str, camera: str, folds: bool
) -> None:
    incident = opened(CITY, placed_alert(CITY)).incident
    alert = placed_alert(CITY, at_us=BEGIN_US + later_s * MICROS, east=east_m * METRE, category=category, camera=camera)
    chosen = choose(alert, [incident], CITY.category(category), POLICY)
    assert (chosen is incident) is folds


def test_an_alert_of_the_next_area_is_another_incident() -> None:
    """Counts belong to one area, so an incident never spans two."""
    west = placed_alert(CITY, area=0, east=0.0499)
    east = placed_alert(CITY, area=1, east=-0.0499)
    assert metres_between(west.lon, west.lat, east.lon, east.lat) < 150
    assert choose(east, [opened(CITY, west).incident], CITY.category("intrusion"), POLICY) is None


@pytest.mark.parametrize("state", [IncidentState.RESOLVED, IncidentState.CLOSED, IncidentState.CANCELLED])
def test_a_finished_incident_takes_no_more_alerts(state: IncidentState) -> None:
    incident = replace(opened(CITY, placed_alert(CITY)).incident, state=state)
    assert choose(placed_alert(CITY), [incident], CITY.category("intrusion"), POLICY) is None


def test_a_flapping_source_keeps_its_incident_for_longer() -> None:
    incident = opened(CITY, placed_alert(CITY)).incident
    late = placed_alert(CITY, at_us=BEGIN_US + 1_200 * MICROS)
    category = CITY.category("intrusion")
    assert choose(late, [replace(incident, alert_count=4)], category, POLICY) is None
    flapping = replace(incident, alert_count=5)
    assert choose(late, [flapping], category, POLICY) is flapping


def test_the_most_recently_alarmed_incident_is_taken() -> None:
    old = opened(CITY, placed_alert(CITY)).incident
    recent = opened(CITY, placed_alert(CITY, at_us=BEGIN_US + MICROS)).incident
    assert choose(placed_alert(CITY), [recent, old], CITY.category("intrusion"), POLICY) is recent


@pytest.mark.parametrize("lat", [0.0, 31.23, -45.0, 69.9])
def test_the_cells_near_a_point_hold_every_point_within_the_radius(lat: float) -> None:
    lon = 121.4737
    cells = cells_near(lon, lat, 150.0)
    assert cells[0] == cell_of(lon, lat)
    assert len(set(cells)) == len(cells) <= 6
    for east, north in [(150, 0), (-150, 0), (0, 150), (0, -150), (106, 106), (-106, -106), (106, -106)]:
        d_lat = north * METRE
        d_lon = 0.0
        # Walk east until the distance is just below 150 m.
        while metres_between(lon, lat, lon + d_lon, lat + d_lat) < 149.0 and abs(d_lon) < 0.01:
            d_lon += METRE if east > 0 else -METRE
            if east == 0:
                break
        assert cell_of(lon + d_lon, lat + d_lat) in cells
    assert CELL_METRES > 300


_DEGREES = st.tuples(st.floats(-0.004, 0.004), st.floats(-0.004, 0.004), st.sampled_from(("gate", "yard", "")))


@pytest.mark.parametrize("lat", [0.0, 31.2, -69.0, 84.0])
@given(alerts=st.lists(_DEGREES, min_size=1, max_size=3), other=_DEGREES)
def test_what_an_alert_belongs_to_is_never_outside_its_surroundings(
    lat: float, alerts: list[tuple[float, float, str]], other: tuple[float, float, str]
) -> None:
    """``belongs`` decides; the box that spares loading the rest must hold all of it, for one alert and for several."""
    category = CITY.category("intrusion")
    first = placed_alert(CITY)
    told = [replace(first, lon=121.5 + east, lat=lat + north, camera=camera) for east, north, camera in alerts]
    cells: dict[int, Surroundings] = {}
    for alert in told:
        widen(cells, (7,), box_around(alert.lon, alert.lat, category.radius_m), alert.camera)
    east, north, camera = other
    incident = replace(opened(CITY, first).incident, lon=121.5 + east, lat=lat + north, camera=camera)
    if any(belongs(alert, incident, category, POLICY) for alert in told):
        assert cells[7].may_concern(incident.lon, incident.lat, incident.camera)
