"""From commands to cases: what terminals and the desk ask for, each answered once and for all."""

from collections.abc import Sequence
from typing import Final, assert_never

from msgspec.structs import replace
from sqlalchemy import Connection

from patrol_wire.ids import CommandId, DispatchId, IncidentId, UnitId
from relay.app.casebook import Casebook
from relay.core.candidates import UnitNow
from relay.core.cases import Case
from relay.core.city import City
from relay.core.commands import (
    Act,
    CommandResult,
    DeskCommand,
    EndAttempt,
    IncidentAct,
    MailboxMark,
    Mark,
    MarksReached,
    MediaDropped,
    MediaKept,
    MediaPlaced,
    NoteReceipt,
    PeerKeyTold,
    PublishMonth,
    PushSubscribe,
    PushUnsubscribe,
    RefusalsCounted,
    Retabulate,
    SilenceEnd,
    SilenceSet,
    TakeAttempt,
    UnitDuty,
    UnitPosition,
    UnitSeen,
    UnitStep,
    WatchAgain,
)
from relay.core.desk_acts import answered, take_act, unfit
from relay.core.dispatches import Answer
from relay.core.media import ContentState
from relay.core.ownership import watch_again
from relay.core.policy import MICROS, DeskPolicy
from relay.core.regrouping import MOST_TO_SPLIT, merge, split, with_twins
from relay.core.releases import Asked
from relay.core.silences import Silence
from relay.core.silences import unfit as unfit_silence
from relay.core.unit_steps import take_step
from relay.store import commands as command_rows
from relay.store import dispatches, mailboxes, media, media_places, notifications, peer_keys, refusals, silences
from relay.store.mailboxes import MailboxMarks
from relay.store.notifications import MarkedRange

_DONE: Final = CommandResult(answer=Answer.DONE)
_Named = UnitStep | IncidentAct | UnitDuty | SilenceSet | SilenceEnd | PublishMonth | Retabulate
"""Commands that are known by their id and kept with their answer."""
_Kept = tuple[CommandId, str, str, str, CommandResult]


class CommandWork:
    """The commands of one transaction; ``results`` are in their order."""

    def __init__(self, connection: Connection, book: Casebook, *, city: City, policy: DeskPolicy, now_us: int) -> None:
        self._connection = connection
        self._book = book
        self._city = city
        self._policy = policy
        self._now_us = now_us
        self._known: dict[CommandId, tuple[str, CommandResult]] = {}
        self._incident_of: dict[DispatchId, IncidentId] = {}
        self._kept: list[_Kept] = []
        self._marks: dict[UnitId, MailboxMarks] = {}
        self._receipts: list[MarkedRange] = []

    def carry_out(self, asked: Sequence[DeskCommand]) -> list[CommandResult]:
        """Carry out the commands in order and return their answers."""
        if not asked:
            return []
        named = [command for command in asked if isinstance(command, _Named)]
        self._known = command_rows.load(self._connection, [command.command_id for command in named])
        steps = [command.dispatch_id for command in named if isinstance(command, UnitStep)]
        if steps:
            self._incident_of = dispatches.incidents_of(self._connection, steps)
        acts = [command.incident_id for command in named if isinstance(command, IncidentAct)]
        others = [command.into for command in named if isinstance(command, IncidentAct) and command.into is not None]
        lost = [value for command in asked if isinstance(command, WatchAgain) for value in command.incident_ids]
        self._book.load_cases([*self._incident_of.values(), *acts, *others, *lost])
        self._marks = mailboxes.load_marks(
            self._connection,
            [mark.unit_id for command in asked if isinstance(command, MarksReached) for mark in command.marks],
        )
        channels = self._book.channels
        channels.load([command for command in asked if isinstance(command, TakeAttempt | EndAttempt)], self._book)
        told = {command.peer: command.relay_key for command in asked if isinstance(command, PeerKeyTold)}
        peer_keys.note(self._connection, told, self._now_us)
        results = [self._one(command) for command in asked]
        channels.tell_desk(self._book.cases)
        command_rows.insert(self._connection, self._kept, self._now_us)
        marked = dict.fromkeys(UnitId(receipt.unit_id) for receipt in self._receipts)
        mailboxes.update_marks(self._connection, [self._marks[unit_id] for unit_id in marked])
        notifications.mark(self._connection, self._receipts)
        return results

    def _one(self, command: DeskCommand) -> CommandResult:
        match command:
            case UnitStep():
                return self._named(command, command.unit_id, command.step.value, command.dispatch_id)
            case IncidentAct():
                return self._named(command, command.actor, command.act.value, command.incident_id)
            case UnitDuty():
                return self._named(command, command.actor, "duty", command.unit_id)
            case SilenceSet():
                return self._named(command, command.author, "silence", command.command_id)
            case SilenceEnd():
                return self._named(command, command.actor, "end_silence", command.silence_id)
            case WatchAgain():
                return self._watch_again(command)
            case PublishMonth():
                return self._named(command, command.actor, "publish_month", command.month)
            case Retabulate():
                return self._named(command, command.actor, "retabulate", command.month)
            case MarksReached(marks=marks):
                moved = [self._mark(mark) for mark in marks]
                return _DONE if any(moved) else CommandResult(answer=Answer.ALREADY_DONE)
            case UnitPosition():
                return self._position(command)
            case UnitSeen():
                return self._seen(command)
            case MediaKept():
                return self._keep(command)
            case MediaDropped():
                media.drop(self._connection, command.sha256s, reason=command.reason, now_us=self._now_us)
                return _DONE
            case MediaPlaced():
                media_places.tell(self._connection, command.folder, command.web_url, self._now_us)
                return _DONE
            case TakeAttempt():
                return self._book.channels.take(command, self._book.cases)
            case EndAttempt():
                return self._book.channels.end(command)
            case PushSubscribe():
                return self._book.channels.subscribe(command)
            case PushUnsubscribe():
                return self._book.channels.unsubscribe(command)
            case NoteReceipt():
                return self._book.channels.confirm(command)
            case RefusalsCounted():
                refusals.add(self._connection, command.tallies, self._now_us)
                return _DONE
            case PeerKeyTold():
                return _DONE  # noted for all of them at once
            case _:
                assert_never(command)

    def _keep(self, command: MediaKept) -> CommandResult:
        fresh = media.keep(
            self._connection,
            media.Content(
                sha256=command.sha256,
                media_type=command.media_type,
                size_bytes=command.size_bytes,
                state=ContentState.STORED,
                folder=command.folder,
                node=command.node,
                stored_us=self._now_us,
            ),
        )
        return _DONE if fresh else CommandResult(answer=Answer.ALREADY_DONE)

    def _named(self, command: _Named, actor: str, step: str, subject: str) -> CommandResult:
        before = self._known.get(command.command_id)
        if before is not None:
            if before[0] != actor[:64]:
                reason = "this command id was used by somebody else"
                return CommandResult(command_id=command.command_id, answer=Answer.REFUSED, reason=reason)
            return before[1]
        match command:
            case UnitStep():
                result = self._step(command)
            case IncidentAct():
                result = self._act(command)
            case UnitDuty():
                result = self._duty(command)
            case SilenceSet():
                result = self._silence(command)
            case SilenceEnd():
                result = self._end_silence(command)
            case PublishMonth():
                result = self._publish(command)
            case Retabulate():
                result = self._retabulate(command)
            case _:
                assert_never(command)
        self._known[command.command_id] = (actor[:64], result)
        self._kept.append((command.command_id, actor, step, subject, result))
        return result

    def _step(self, command: UnitStep) -> CommandResult:
        incident_id = self._incident_of.get(command.dispatch_id)
        case = self._book.cases.get(incident_id) if incident_id is not None else None
        if case is None:
            return CommandResult(command_id=command.command_id, answer=Answer.UNKNOWN, reason="no such dispatch")
        result = take_step(case, command, self._now_us, self._policy)
        self._book.settle(case)
        return result

    def _act(self, command: IncidentAct) -> CommandResult:
        case = self._book.cases.get(command.incident_id)
        if case is None:
            return CommandResult(command_id=command.command_id, answer=Answer.UNKNOWN, reason="no such incident")
        match command.act:
            case Act.MERGE:
                result = self._merge(case, command)
            case Act.SPLIT:
                result = self._split(case, command)
            case _:
                result = take_act(case, command, self._now_us, self._policy, self._city)
        self._book.settle(case)
        return replace(result, revision=case.incident.revision)

    def _merge(self, case: Case, command: IncidentAct) -> CommandResult:
        into = self._book.cases.get(command.into) if command.into is not None else None
        refusal = unfit(case, command, self._city)
        if refusal is None and into is None:
            refusal = "merge needs an incident that exists in into"
        if refusal is None and into is not None:
            refusal = merge(
                case, into, actor=command.actor, reason=command.reason, now_us=self._now_us, policy=self._policy
            )
            if refusal is None:
                self._book.move_alerts(case.incident.incident_id, into.incident.incident_id)
                self._book.settle(into)
        return answered(case, command, refusal)

    def _split(self, case: Case, command: IncidentAct) -> CommandResult:
        refusal = unfit(case, command, self._city)
        if refusal is None and case.incident.alert_count > MOST_TO_SPLIT:
            refusal = f"it has more than {MOST_TO_SPLIT} alerts; it cannot be split"
        if refusal is not None:
            return answered(case, command, refusal)
        leaving, staying = with_twins(command.alert_ids, self._book.alerts_of(case.incident.incident_id))
        other = split(
            case,
            IncidentId(self._book.new_id()),
            leaving=leaving,
            staying=staying,
            actor=command.actor,
            reason=command.reason,
            now_us=self._now_us,
            city=self._city,
            policy=self._policy,
        )
        if isinstance(other, str):
            return answered(case, command, other)
        for alert in leaving:
            self._book.change_alert(replace(alert, incident_id=other.incident.incident_id))
        self._book.open(other)
        self._book.settle(other)
        return replace(answered(case, command, None), reason=f"split off as {other.incident.incident_id}")

    def _duty(self, command: UnitDuty) -> CommandResult:
        unit = self._book.force.unit(command.unit_id)
        if unit is None:
            return CommandResult(command_id=command.command_id, answer=Answer.UNKNOWN, reason="no such unit")
        if command.on_duty != unit.on_duty:
            # What lies between this and the next sign of it counts only for what comes: off duty nobody patrols.
            self._book.watch.duty_changed(command.unit_id, self._now_us)
        self._book.force.change_unit(replace(unit, on_duty=command.on_duty, duty_us=self._now_us))
        return CommandResult(command_id=command.command_id, answer=Answer.DONE)

    def _silence(self, command: SilenceSet) -> CommandResult:
        silence = Silence(
            silence_id=command.command_id,
            kind=command.kind,
            author=command.author[:64],
            reason=command.reason,
            scope=command.scope,
            from_us=max(command.from_us, self._now_us),
            until_us=command.until_us,
            set_us=self._now_us,
        )
        refused = unfit_silence(silence, self._now_us)
        if refused is not None:
            return CommandResult(command_id=command.command_id, answer=Answer.REFUSED, reason=refused)
        silences.put(self._connection, silence)
        return CommandResult(command_id=command.command_id, answer=Answer.DONE)

    def _end_silence(self, command: SilenceEnd) -> CommandResult:
        known = silences.by_id(self._connection, command.silence_id)
        if known is None:
            return CommandResult(command_id=command.command_id, answer=Answer.UNKNOWN, reason="no such silence")
        if known.ended_us is not None or known.until_us <= self._now_us:
            return CommandResult(command_id=command.command_id, answer=Answer.ALREADY_DONE, reason="it is over")
        silences.end(self._connection, command.silence_id, actor=command.actor, now_us=self._now_us)
        return CommandResult(command_id=command.command_id, answer=Answer.DONE)

    def _watch_again(self, command: WatchAgain) -> CommandResult:
        for incident_id in command.incident_ids:
            case = self._book.cases.get(incident_id)
            if case is not None:
                watch_again(case, self._now_us, self._policy)
                self._book.settle(case)
        return _DONE

    def _publish(self, command: PublishMonth) -> CommandResult:
        refused = self._book.publish(command.month, Asked(actor=command.actor, reason=command.reason))
        if refused is not None:
            return CommandResult(command_id=command.command_id, answer=Answer.REFUSED, reason=refused)
        return CommandResult(command_id=command.command_id, answer=Answer.DONE, reason=f"release 1 of {command.month}")

    def _retabulate(self, command: Retabulate) -> CommandResult:
        reason = ""
        if command.basis != self._city.basis:
            reason = f"basis {self._city.basis} is in force, you saw {command.basis}; look at the differences again"
        elif not command.reason.strip():
            reason = "counting a month anew needs a reason"
        if reason:
            return CommandResult(command_id=command.command_id, answer=Answer.REFUSED, reason=reason)
        moved = self._book.retabulate(command.month, Asked(actor=command.actor, reason=command.reason))
        told = f"{moved} incidents of {command.month} moved to where basis {self._city.basis} places them"
        answer = Answer.DONE if moved else Answer.ALREADY_DONE
        return CommandResult(command_id=command.command_id, answer=answer, reason=told)

    def _mark(self, mark: MailboxMark) -> bool:
        """Take one mark; tell whether it says anything new."""
        marks = self._marks.get(mark.unit_id) or MailboxMarks(unit_id=mark.unit_id)
        upto = min(mark.cursor, marks.head)
        match mark.mark:
            case Mark.SENT:
                before, moved = marks.sent, replace(marks, sent=upto)
            case Mark.DELIVERED:
                before, moved = marks.delivered, replace(marks, delivered=upto)
            case Mark.SEEN:
                before, moved = marks.seen, replace(marks, seen=upto)
            case _:
                assert_never(mark.mark)
        if upto <= before:
            return False
        self._marks[mark.unit_id] = moved
        at_us = self._now_us if mark.mark is Mark.SENT else min(mark.at_us, self._now_us)
        self._receipts.append(MarkedRange(mark.unit_id, mark.mark, before, upto, at_us))
        return True

    def _position(self, command: UnitPosition) -> CommandResult:
        unit = self._book.force.unit(command.unit_id)
        if unit is None:
            return CommandResult(answer=Answer.UNKNOWN, reason="no such unit")
        # A device whose clock runs ahead must not pin its position for ever.
        fixed_us = min(command.fixed_us, self._now_us)
        if unit.fix_us is not None and fixed_us < unit.fix_us:
            return CommandResult(answer=Answer.LATE_NOTED, reason="a newer fix is known")
        oldest_us = self._now_us - int(self._policy.past_tolerance_s * MICROS)
        self._book.force.change_unit(
            replace(
                unit,
                lon=command.lon,
                lat=command.lat,
                fix_us=max(fixed_us, oldest_us),
                accuracy_m=command.accuracy_m,
                last_seen_us=self._now_us,
            )
        )
        if unit.on_duty:
            self._book.watch.patrol(command.unit_id, fixed_us, (command.lon, command.lat))
        return _DONE

    def _seen(self, command: UnitSeen) -> CommandResult:
        unit = self._book.force.unit(command.unit_id)
        if unit is None:
            return CommandResult(answer=Answer.UNKNOWN, reason="no such unit")
        if unit.on_duty:
            self._book.watch.patrol(command.unit_id, min(command.at_us, self._now_us), self._place_of(unit))
        return _DONE

    def _place_of(self, unit: UnitNow) -> tuple[float, float] | None:
        """Where a unit is taken to be: its fix while that is fresh, else its post, as when it is asked."""
        oldest_us = self._now_us - int(self._policy.fix_max_age_s * MICROS)
        if unit.lon is not None and unit.lat is not None and unit.fix_us is not None and unit.fix_us >= oldest_us:
            return (unit.lon, unit.lat)
        spec = self._city.unit_by_id.get(unit.unit_id)
        return spec.place if spec is not None else None
