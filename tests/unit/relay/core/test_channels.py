"""Who is told what, in which order, and until when."""

import pytest
from msgspec.structs import replace

from patrol_wire.ids import IncidentId, Severity
from relay.core.cases import Case
from relay.core.channels import (
    ChannelPlan,
    Job,
    Occasion,
    Receiver,
    concerns,
    first_rung_of_offer,
    is_news,
    next_rung,
    overtaken,
    unheard,
)
from relay.core.dispatches import DispatchState
from relay.core.incidents import Incident, IncidentState
from relay.core.notices import WORDS
from relay.core.notifications import Channel, NotificationState
from relay.core.policy import MICROS
from tests.support.cases import offer_to, opened, placed_alert
from tests.support.records import BEGIN_US
from tests.support.small_city import small_city

CITY = small_city()
S = NotificationState
PLAN = ChannelPlan(
    receivers={
        "duty": Receiver(name="duty", channel=Channel.WEBHOOK, instead="sms", within_s=15.0),
        "sms": Receiver(name="sms", channel=Channel.HOOK, occasions=frozenset(), within_s=20.0),
        "push": Receiver(name="push", channel=Channel.PUSH, occasions=frozenset()),
    },
    push="push",
    hook="sms",
)


def a_case() -> Case:
    case = opened(CITY, placed_alert(CITY))
    offer_to(case, "unit-0-near", now_us=BEGIN_US)
    return case


def a_job(occasion: Occasion, **fields: object) -> Job:
    job = Job(
        notification_id=20,
        channel=Channel.WEBHOOK,
        receiver="duty",
        lane="duty",
        incident_id=IncidentId("i"),
        occasion=occasion,
        ladder=10,
        planned_us=BEGIN_US,
        due_us=BEGIN_US,
    )
    return replace(job, **fields)


def why(
    job: Job, incident: Incident, case: Case, *ladder: tuple[int, S], newer: bool = False, late_s: float = 1.0
) -> str | None:
    (dispatch,) = case.dispatches.values()
    return overtaken(
        job, incident, dispatch, ladder, newer_news=newer, plan=PLAN, now_us=BEGIN_US + int(late_s * MICROS)
    )


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, None),
        ({"state": IncidentState.ACKNOWLEDGED, "owner": "wang"}, "wang has it"),
        ({"state": IncidentState.DISPATCHED}, "a unit has it"),
        ({"state": IncidentState.CANCELLED}, "the incident is cancelled"),
        ({"notify_until_us": BEGIN_US}, "its notify-until has passed"),
    ],
)
def test_a_page_is_of_use_until_somebody_has_it(fields: dict[str, object], reason: str | None) -> None:
    case = a_case()
    assert why(a_job(Occasion.PAGE), replace(case.incident, **fields), case) == reason


@pytest.mark.parametrize(
    ("occasion", "other", "reason"),
    [
        (Occasion.PAGE, S.DELIVERED, "another receiver took it"),
        (Occasion.PAGE, S.SENT, "another receiver took it"),
        (Occasion.PAGE, S.FAILED_RETRYABLE, None),
        (Occasion.OFFER, S.DELIVERED, "the terminal has it"),
        (Occasion.OFFER, S.SEEN, "the terminal has it"),
        (Occasion.OFFER, S.SENT, None),  # a channel that accepts and never delivers ends in the next one
        (Occasion.OFFER, S.FAILED_PERMANENT, None),
    ],
)
def test_the_next_rung_is_tried_unless_one_before_made_it(occasion: Occasion, other: S, reason: str | None) -> None:
    case = a_case()
    assert why(a_job(occasion), case.incident, case, (10, other), (20, S.PLANNED)) == reason


@pytest.mark.parametrize(
    ("fields", "late_s", "reason"),
    [
        ({"state": IncidentState.ON_SCENE}, 1.0, None),
        ({"state": IncidentState.ON_SCENE, "notify_until_us": 0}, 1.0, None),  # help is asked for whenever it is needed
        ({"state": IncidentState.ON_SCENE, "owner": "wang", "owned_us": BEGIN_US - 1}, 1.0, None),
        ({"state": IncidentState.ON_SCENE, "owner": "wang", "owned_us": BEGIN_US + 1}, 1.0, "wang has it"),
        ({"state": IncidentState.CLOSED}, 1.0, "the incident is closed"),
        ({"state": IncidentState.ON_SCENE}, 901.0, "given up: too old"),
    ],
)
def test_an_alarm_is_of_use_until_the_desk_has_it_in_hand_anew(
    fields: dict[str, object], late_s: float, reason: str | None
) -> None:
    case = a_case()
    assert why(a_job(Occasion.ALARM), replace(case.incident, **fields), case, late_s=late_s) == reason


def test_an_offer_is_of_use_until_it_is_answered() -> None:
    case = a_case()
    (dispatch,) = case.dispatches.values()
    case.dispatches[dispatch.dispatch_id] = replace(dispatch, state=DispatchState.DECLINED)
    assert why(a_job(Occasion.OFFER), case.incident, case) == "the offer is declined"


def test_news_is_of_use_until_there_is_newer_and_for_a_day() -> None:
    case = a_case()
    closed = replace(case.incident, state=IncidentState.CLOSED)
    assert why(a_job(Occasion.NEWS), closed, case) is None
    assert why(a_job(Occasion.NEWS), closed, case, newer=True) == "there is newer news of this incident"
    assert why(a_job(Occasion.NEWS), closed, case, late_s=86_401) == "given up: too old"


def test_a_units_ladder_is_terminal_push_hook_desk() -> None:
    first = first_rung_of_offer(PLAN, BEGIN_US, has_push=True)
    assert first is not None
    assert (first.receiver, first.due_us) == ("push", BEGIN_US + 5 * MICROS)
    push = a_job(Occasion.OFFER, channel=Channel.PUSH, receiver="push")
    second = next_rung(push, PLAN, ladder_began_us=BEGIN_US)
    assert second is not None
    assert (second.receiver, second.due_us) == ("sms", BEGIN_US + 15 * MICROS)
    third = next_rung(a_job(Occasion.OFFER, channel=Channel.HOOK, receiver="sms"), PLAN, ladder_began_us=BEGIN_US)
    assert third is not None
    assert (third.receiver, third.due_us) == ("", BEGIN_US + 25 * MICROS)
    assert next_rung(a_job(Occasion.OFFER, channel=Channel.DESK, receiver=""), PLAN, ladder_began_us=BEGIN_US) is None


def test_a_unit_without_phones_goes_to_the_hook_and_without_hook_nothing_is_planned() -> None:
    rung = first_rung_of_offer(PLAN, BEGIN_US, has_push=False)
    assert rung is not None
    assert rung.receiver == "sms"
    assert first_rung_of_offer(ChannelPlan(push="push"), BEGIN_US, has_push=False) is None


def test_a_pages_ladder_follows_instead_and_ends_at_the_desk() -> None:
    second = next_rung(a_job(Occasion.PAGE), PLAN, ladder_began_us=0)
    assert second is not None
    assert (second.receiver, second.due_us) == ("sms", BEGIN_US + 15 * MICROS)
    last = next_rung(a_job(Occasion.PAGE, receiver="sms", due_us=second.due_us), PLAN, ladder_began_us=0)
    assert last is not None
    assert (last.receiver, last.due_us) == ("", BEGIN_US + 35 * MICROS)


def test_a_receiver_is_told_its_own_business() -> None:
    incident = replace(a_case().incident, severity=Severity.NORMAL, verified=False)
    assert concerns(Receiver(name="r", channel=Channel.MAIL), incident, "t0")
    assert not concerns(Receiver(name="r", channel=Channel.MAIL, least=Severity.HIGH), incident, "t0")
    assert not concerns(Receiver(name="r", channel=Channel.MAIL, verified_only=True), incident, "t0")
    assert not concerns(Receiver(name="r", channel=Channel.MAIL, towns=frozenset({"t1"})), incident, "t0")


def test_one_more_alert_is_no_news_and_a_new_state_is() -> None:
    incident = a_case().incident
    assert is_news(None, incident)
    assert not is_news(incident, replace(incident, alert_count=2, revision=2))
    assert is_news(incident, replace(incident, state=IncidentState.DISPATCHED))


def test_what_nobody_answered_is_said_in_one_sentence() -> None:
    assert unheard([("terminal", S.PLANNED, ""), ("push", S.SENT, "HTTP 201"), ("sms", S.FAILED_PERMANENT, "no")]) == (
        "terminal was not tried yet; push took it and delivered nothing (HTTP 201); sms refused it (no)"
    )


def test_every_word_exists_in_both_languages_with_the_same_blanks() -> None:
    zh, en = WORDS["zh-CN"], WORDS["en"]
    assert zh.keys() == en.keys()
    for key, word in zh.items():
        assert {part.split("}")[0] for part in word.split("{")[1:]} == {
            part.split("}")[0] for part in en[key].split("{")[1:]
        }, key
