"""What a person at the desk does to a case."""

from typing import Final, assert_never

from msgspec.structs import replace

from patrol_wire.ids import NodeName
from relay.core.case_alerts import accept, reclassify
from relay.core.case_offers import begin_asking, nobody_left, renewed_until_us
from relay.core.cases import FINISHED_STATES, Case
from relay.core.city import City, Tier
from relay.core.commands import Act, CommandResult, IncidentAct
from relay.core.dispatches import Answer
from relay.core.escalation import may_page
from relay.core.incidents import Incident, IncidentEvent
from relay.core.officer_safety import reinforce
from relay.core.ownership import hold, own, to_be_relieved, unit_left
from relay.core.policy import DeskPolicy

NEEDS_REASON: Final = frozenset({Act.CANCEL, Act.RECLASSIFY, Act.RECALL, Act.MERGE, Act.SPLIT, Act.PASS_ON, Act.NOTE})


def take_act(case: Case, command: IncidentAct, now_us: int, policy: DeskPolicy, city: City) -> CommandResult:
    """Carry out an act on one incident, or say why not; a refused act changes nothing."""
    refusal = unfit(case, command, city)
    if refusal is None:
        refusal = _carry_out(case, command, now_us, policy, city)
    return answered(case, command, refusal)


def answered(case: Case, command: IncidentAct, refusal: str | None) -> CommandResult:
    """Return the answer to an act: done, or refused with its reason."""
    return CommandResult(
        command_id=command.command_id,
        answer=Answer.DONE if refusal is None else Answer.REFUSED,
        reason=refusal or "",
        incident_state=case.incident.state.value,
        revision=case.incident.revision,
    )


def unfit(case: Case, command: IncidentAct, city: City) -> str | None:
    """Return why an act cannot be carried out as it was asked, or None."""
    incident = case.incident
    if command.desk is not None and (elsewhere := _not_here(command.desk, incident, city)) is not None:
        return elsewhere
    if command.expected_revision is not None and command.expected_revision != incident.revision:
        return f"it has changed since: revision {incident.revision}, you saw {command.expected_revision}"
    if command.act in NEEDS_REASON and not command.reason.strip():
        return f"{command.act.value} needs a reason"
    if command.act is Act.RECLASSIFY:
        if command.category is None and command.severity is None and command.area_id is None:
            return "reclassify needs a category, a severity or an area"
        if command.category is not None and command.category not in city.category_by_id:
            return f"the city has no category {command.category}"
        if command.area_id is not None and command.area_id not in city.area_by_id:
            return f"the city has no area {command.area_id}"
    if command.act is Act.OFFER and command.unit_id is not None and command.unit_id not in city.unit_by_id:
        return f"the roster has no unit {command.unit_id}"
    return None


def _not_here(desk: NodeName, incident: Incident, city: City) -> str | None:
    """Return why the desk of a room may not act on an incident: it lies in another area or town."""
    room = city.room_by_node.get(desk)
    if room is None:
        return f"the city has no room {desk}"
    town_id = city.town_of(incident.area_id)
    match room.tier:
        case Tier.CENTRE:
            return None
        case Tier.STATION:
            here = room.town_id == town_id
        case Tier.COMMUNITY:
            here = room.area_id == incident.area_id
        case _:
            assert_never(room.tier)
    return None if here else f"{desk} acts in {room.area_id or room.town_id}; the incident lies in {incident.area_id}"


def _carry_out(case: Case, command: IncidentAct, now_us: int, policy: DeskPolicy, city: City) -> str | None:
    """Return None when done, else the reason of the refusal."""
    actor, reason = command.actor, command.reason
    match command.act:
        case Act.ACKNOWLEDGE:
            refused = own(case, actor, now_us, policy)
            if refused is not None:
                return refused.reason
            case.note(now_us, "acknowledged", reason, actor=actor)
        case Act.VERIFY:
            if case.incident.state in FINISHED_STATES:
                return f"the incident is {case.incident.state.value}; reopen it first"
            accept(case, actor=actor, reason=reason, now_us=now_us)
        case Act.CANCEL:
            return _end(case, IncidentEvent.CANCEL, command, now_us)
        case Act.CLOSE:
            return _close(case, command, now_us)
        case Act.REOPEN:
            if case.incident.merged_into is not None:
                return f"it was merged into {case.incident.merged_into}; split that one"
            refused = case.advance(
                IncidentEvent.REOPEN,
                now_us,
                owner=actor,
                owned_us=now_us,
                outcome=None,
                escalation_level=0,
                wanted_units=1,
            )
            if refused is not None:
                return refused.reason
            case.alter(now_us, live_alerts=max(1, case.incident.live_alerts))
            hold(case, now_us, policy)
            case.note(now_us, "reopened", reason, actor=actor)
        case Act.RECLASSIFY:
            _reclassify(case, command, now_us, city, policy)
        case Act.OFFER:
            return _offer(case, command, now_us, policy)
        case Act.RECALL:
            return _recall(case, command, now_us, policy)
        case Act.PASS_ON:
            return _pass_on(case, command, now_us, policy)
        case Act.NOTE:
            case.alter(now_us)
            case.note(now_us, "note", reason, actor=actor)
        case Act.REINFORCE:
            if case.incident.state in FINISHED_STATES:
                return f"the incident is {case.incident.state.value}; reopen it first"
            case.wants_unit = command.unit_id if not case.waiting() else None
            reinforce(case, reason or "asked by the desk", now_us, policy)
        case Act.HAND_OVER | Act.CHECK_IN:
            return _of_unit(case, command, now_us, policy)
        case Act.MERGE | Act.SPLIT:
            raise ValueError(f"{command.act} concerns two incidents: relay/core/regrouping.py")
        case _:
            assert_never(command.act)
    return None


def _pass_on(case: Case, command: IncidentAct, now_us: int, policy: DeskPolicy) -> str | None:
    """Give it to the next officer; the time until the acknowledgement lapses begins anew."""
    owner, giver, taker = case.incident.owner, command.from_owner, command.to_owner
    if not giver or not taker or giver == taker:
        return "pass_on needs from_owner and to_owner, two different people"
    if owner != giver:
        return f"{owner} has it by now" if owner else f"{giver} no longer has it: the acknowledgement lapsed"
    refused = own(case, taker, now_us, policy)
    if refused is not None:
        return refused.reason
    case.note(now_us, "passed_on", command.reason, actor=command.actor, **{"from": giver, "to": taker})
    return None


def _end(case: Case, happening: IncidentEvent, command: IncidentAct, now_us: int, **fields: object) -> str | None:
    refused = case.advance(happening, now_us, **fields)
    if refused is not None:
        return refused.reason
    case.wants_level = None
    word = case.incident.state.value
    case.let_go([*case.waiting(), *case.working()], f"the incident was {word} by the desk", now_us)
    found = (
        {"outcome": case.incident.outcome.value} if happening is IncidentEvent.CLOSE and case.incident.outcome else {}
    )
    case.note(now_us, word, command.reason, actor=command.actor, **found)
    return None


def _close(case: Case, command: IncidentAct, now_us: int) -> str | None:
    outcome = command.outcome if command.outcome is not None else case.incident.outcome
    if outcome is None:
        return "close needs an outcome: what was found"
    verified = case.incident.verified or outcome.value == "confirmed"
    return _end(case, IncidentEvent.CLOSE, command, now_us, outcome=outcome, verified=verified)


def _reclassify(case: Case, command: IncidentAct, now_us: int, city: City, policy: DeskPolicy) -> None:
    if command.area_id is not None:
        before = case.incident.area_id
        case.alter(now_us, area_id=command.area_id, area_given=True)
        case.note(now_us, "moved", command.reason, actor=command.actor, area=[before, command.area_id])
    if command.category is not None or command.severity is not None:
        reclassify(
            case,
            actor=command.actor,
            reason=command.reason,
            now_us=now_us,
            category=city.category(command.category) if command.category is not None else None,
            severity=command.severity,
            policy=policy,
        )


def _offer(case: Case, command: IncidentAct, now_us: int, policy: DeskPolicy) -> str | None:
    incident = case.incident
    if incident.state in FINISHED_STATES:
        return f"the incident is {incident.state.value}; reopen it first"
    if case.has_enough():
        return f"{case.working()[0].unit_id} has it; recall it first, or send another with reinforce"
    # A person asks now: that renews the time in which units may be paged, and says that it is real.
    case.alter(now_us, notify_until_us=renewed_until_us(incident, now_us, policy), verified=True)
    case.let_go(case.waiting(), "the desk asks anew", now_us)
    case.ask_anew = True
    case.wants_unit = command.unit_id
    case.note(now_us, "offer_asked", command.reason, actor=command.actor, unit_id=command.unit_id or "")
    begin_asking(case, now_us)
    return None


def _of_unit(case: Case, command: IncidentAct, now_us: int, policy: DeskPolicy) -> str | None:
    """Say or ask something for a unit at work, as it could itself."""
    chosen = [value for value in case.working() if value.dispatch_id == command.dispatch_id]
    if not chosen:
        return "no dispatch of this incident that is at work has that id"
    unit_id = chosen[0].unit_id
    if command.act is Act.CHECK_IN:
        case.put(replace(chosen[0], checked_us=now_us, revision=chosen[0].revision + 1))
        case.alter(now_us)
        case.note(now_us, "checked_in", command.reason, actor=command.actor, unit_id=unit_id)
        return None
    case.alter(now_us, notify_until_us=renewed_until_us(case.incident, now_us, policy))
    case.note(now_us, "hand_over_asked", command.reason, actor=command.actor, unit_id=unit_id)
    to_be_relieved(case, frozenset({chosen[0].dispatch_id}), now_us)
    case.let_go(case.waiting(), "the desk asks anew", now_us)
    case.ask_anew = True
    case.wants_unit = command.unit_id
    begin_asking(case, now_us)
    return None


def _recall(case: Case, command: IncidentAct, now_us: int, policy: DeskPolicy) -> str | None:
    chosen = [value for value in (*case.waiting(), *case.working()) if value.dispatch_id == command.dispatch_id]
    if not chosen:
        return "no open dispatch of this incident has that id"
    was_working = chosen[0] in case.working()
    case.let_go(chosen, command.reason, now_us)
    case.sent_away = frozenset({chosen[0].unit_id})
    case.alter(now_us)
    case.note(now_us, "recalled", command.reason, actor=command.actor, unit_id=chosen[0].unit_id)
    if was_working:
        case.alter(now_us, wanted_units=max(1, case.incident.wanted_units - 1))
        unit_left(case, now_us, policy)
    if may_page(case.incident, now_us):
        nobody_left(case, now_us, policy)
    return None
