"""CAP 1.2 messages are valid by the standard, whatever the incident is, and say what it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from msgspec.structs import replace

from patrol_wire.ids import Outcome, Severity
from relay.core.incidents import Incident, IncidentState
from relay.core.notices import titles_of
from relay.publish.cap import CapVoice, Issued, cap_time, message, speaks
from tests.support.cap_schema import CapMessage
from tests.support.cases import opened, placed_alert
from tests.support.records import BEGIN_US
from tests.support.small_city import small_city

CITY = small_city()
INCIDENT = replace(opened(CITY, placed_alert(CITY)).incident, verified=True)
VOICE = CapVoice(sender="patrol@city.example", sender_names=("某市", "Some city"))
FIRST = Issued(number=7, kind="Alert", sent_us=BEGIN_US)


def read(incident: Incident, *before: Issued, voice: CapVoice = VOICE, **titles: tuple[str, str]) -> CapMessage:
    names = titles_of(incident, CITY) | titles
    return CapMessage(message(incident, number=9, sent_us=BEGIN_US, before=before, voice=voice, titles=names))


def test_the_first_message_is_an_alert_in_chinese_and_english() -> None:
    said = read(INCIDENT)
    assert (said.said("msgType"), said.said("status"), said.said("references")) == ("Alert", "Actual", None)
    assert said.said("identifier") == f"{INCIDENT.incident_id}.9"
    assert [said.said("language", info=number) for number in (0, 1)] == ["zh-CN", "en"]
    assert said.said("headline", info=0) == "【紧急】入侵，Area 0"
    assert said.said("headline", info=1) == "[HIGH] 入侵, Area 0"
    assert said.said("senderName", info=1) == "Some city"
    assert said.said("severity", info=0) == "Severe"
    assert said.said("certainty", info=0) == "Observed"
    assert said.said("area/circle", info=0) == f"{INCIDENT.lat:.6f},{INCIDENT.lon:.6f} 0.2"
    assert said.said("area/geocode/value", info=0) == INCIDENT.area_id


def test_a_later_one_refers_to_all_before_it() -> None:
    second = Issued(number=8, kind="Update", sent_us=BEGIN_US + 2_000_000)
    said = read(replace(INCIDENT, state=IncidentState.ON_SCENE), FIRST, second)
    assert said.said("msgType") == "Update"
    assert said.said("references") == (
        f"patrol@city.example,{INCIDENT.incident_id}.7,{cap_time(BEGIN_US)} "
        f"patrol@city.example,{INCIDENT.incident_id}.8,{cap_time(BEGIN_US + 2_000_000)}"
    )


def test_what_is_over_is_all_clear_and_what_was_taken_back_is_cancelled() -> None:
    closed = read(replace(INCIDENT, state=IncidentState.CLOSED, outcome=Outcome.CONFIRMED), FIRST)
    assert (closed.said("msgType"), closed.said("urgency", info=0)) == ("Update", "Past")
    assert closed.said("responseType", info=0) == "AllClear"
    cancelled = read(replace(INCIDENT, state=IncidentState.CANCELLED), FIRST)
    assert cancelled.said("msgType") == "Cancel"
    assert cancelled.said("references") is not None


@pytest.mark.parametrize(
    ("state", "before", "anything"),
    [
        (IncidentState.NEW, (), True),
        (IncidentState.CANCELLED, (), False),  # ended before anybody was told
        (IncidentState.CLOSED, (), False),
        (IncidentState.CANCELLED, (FIRST,), True),
        (IncidentState.CANCELLED, (FIRST, Issued(number=8, kind="Cancel", sent_us=1)), False),
        (IncidentState.ACKNOWLEDGED, (FIRST, Issued(number=8, kind="Cancel", sent_us=1)), True),  # reopened
    ],
)
def test_what_nobody_was_told_is_not_taken_back(
    state: IncidentState, before: tuple[Issued, ...], anything: bool
) -> None:
    assert speaks(replace(INCIDENT, state=state), before) is anything


def test_a_drill_and_a_test_say_so() -> None:
    drill = CapVoice(sender="p@x", sender_names=("a", "b"), status="Exercise")
    assert read(INCIDENT, voice=drill).said("status") == "Exercise"
    said = read(INCIDENT, voice=CapVoice(sender="p@x", sender_names=("a", "b"), status="Test"))
    assert said.said("headline", info=1) == "[TEST, do not act] [HIGH] 入侵, Area 0"


@given(
    name=st.text(max_size=300),
    severity=st.sampled_from(Severity),
    state=st.sampled_from(IncidentState),
    outcome=st.none() | st.sampled_from(Outcome),
    verified=st.booleans(),
)
def test_every_message_is_valid(
    name: str, severity: Severity, state: IncidentState, outcome: Outcome | None, verified: bool
) -> None:
    """Names come from files that people edit: anything may stand there."""
    incident = replace(INCIDENT, severity=severity, state=state, outcome=outcome, verified=verified)
    said = read(incident, FIRST, category=(name or "x", name or "x"))
    assert said.said("incidents") == incident.incident_id


def test_the_schema_refuses_what_the_standard_does() -> None:
    good = message(INCIDENT, number=9, sent_us=BEGIN_US, before=(), voice=VOICE, titles=titles_of(INCIDENT, CITY))
    for what, instead in [
        ("<msgType>Alert", "<msgType>Alarm"),
        ("-00:00</sent>", "Z</sent>"),
        ("<sender>patrol@city.example", "<sender>the patrol"),
        ("<scope>Restricted</scope>", ""),
    ]:
        assert what in good
        with pytest.raises(etree.DocumentInvalid):
            CapMessage(good.replace(what, instead))
