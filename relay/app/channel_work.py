"""The channels' part of one transaction: plans sends beside what caused them, claims attempts, notes what they came to.

What a claim finds is the newest state of the store, and the same transaction stores the attempt: so nothing is sent
for an incident that somebody has already taken when the claim is made.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol
from urllib.parse import urlsplit

from msgspec.structs import replace
from sqlalchemy import Connection

from patrol_wire.ids import AreaId, DispatchId, IncidentId, UnitId
from relay.core.attempts import EVENTS, TAKEN, RetryPolicy, Verdict, next_try_us
from relay.core.cases import Case
from relay.core.channels import (
    DESK_LANE,
    ChannelPlan,
    Job,
    Occasion,
    Receiver,
    Rung,
    concerns,
    first_rung_of_offer,
    is_news,
    next_rung,
    overtaken,
    unheard,
)
from relay.core.city import City
from relay.core.commands import CommandResult, EndAttempt, NoteReceipt, PushSubscribe, PushUnsubscribe, TakeAttempt
from relay.core.dispatches import Answer
from relay.core.incidents import Incident, IncidentState
from relay.core.notifications import CENTRE, Channel, Notification, NotificationEvent, NotificationState
from relay.store import cap_messages, channel_jobs, notifications, push_subscriptions
from relay.store.cap_messages import CapRow
from relay.store.channel_jobs import RungRow
from relay.store.push_subscriptions import Subscription, subscription_id_of
from relay.store.sequences import Numbers

_DONE: Final = CommandResult(answer=Answer.DONE)
_FAILED: Final = frozenset({NotificationState.FAILED_PERMANENT, NotificationState.SUPERSEDED})
CAP_FEED: Final = "cap-feed"
"""Recipient of what is published as CAP."""


class CapRender(Protocol):
    """Makes a CAP message (relay/publish/cap.py)."""

    def __call__(
        self, incident: Incident, city: City, *, number: int, sent_us: int, before: Sequence[CapRow]
    ) -> tuple[str, str]:
        """Return its kind and its XML."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CapRules:
    """What is published as CAP 1.2."""

    business: Receiver
    """Which incidents are published at all."""
    speaks: Callable[[Incident, Sequence[CapRow]], bool]
    """Whether there is anything to say after what was issued before."""
    render: CapRender


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRules:
    """What the configuration says of the channels, for the writer. The default: there are none."""

    plan: ChannelPlan = field(default_factory=ChannelPlan)
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    cap: CapRules | None = None
    """None: nothing is published as CAP."""


NO_CHANNELS: Final = ChannelRules()


class Cases(Protocol):
    """The cases of the transaction (relay/app/casebook.py)."""

    cases: dict[IncidentId, Case]

    def load_cases(self, incident_ids: Iterable[str]) -> None:
        """Load incidents with their dispatches."""


class ChannelWork:
    """See the module; ``connection`` is inside the transaction. Empty plans cost nothing."""

    def __init__(
        self,
        connection: Connection,
        *,
        city: City,
        rules: ChannelRules,
        numbers: Numbers,
        now_us: int,
    ) -> None:
        self._connection = connection
        self._city = city
        self._rules = rules
        self._numbers = numbers
        self._now_us = now_us
        self._page = tuple(rules.plan.listening(Occasion.PAGE))
        self._news = tuple(rules.plan.listening(Occasion.NEWS))
        self._planned: list[tuple[int, Notification, Job | None]] = []
        self._phones: dict[str, list[tuple[str, str]]] = {}
        self._issued: list[CapRow] = []
        self._open: dict[int, Job] = {}
        self._ladders: dict[int, list[RungRow]] = {}
        self._newest: dict[tuple[str, str], int] = {}
        self._not_told: dict[tuple[IncidentId, Occasion], list[str]] = defaultdict(list)

    # --- planning -------------------------------------------------------------------------------------------

    def plan(self, changed: Sequence[Case], first: int, told: Sequence[Notification]) -> None:
        """Plan what the channels are to send for these changes; ``told`` are the notifications from ``first`` on."""
        rules = self._rules
        if self._page or rules.plan.push or rules.plan.hook:
            self._plan_pages(changed, first, told)
        if self._news or rules.cap is not None:
            self._plan_news([case for case in changed if is_news(case.before, case.incident)])
        self._store_planned()

    def _plan_pages(self, changed: Sequence[Case], first: int, told: Sequence[Notification]) -> None:
        incident_of = {case.incident.incident_id: case.incident for case in changed}
        offers: list[tuple[int, Notification]] = []
        for number, value in enumerate(told, first):
            if value.recipient == CENTRE:
                incident = incident_of[value.incident_id]
                occasion = Occasion.PAGE if incident.state is IncidentState.NEW else Occasion.ALARM
                for receiver in self._page:
                    if concerns(receiver, incident, self._town(incident)):
                        rung = Rung(receiver.name, self._now_us)
                        self._add(incident.incident_id, occasion, rung, reason=value.reason)
            elif value.channel is Channel.MAILBOX:
                offers.append((number, value))
        if not offers or not (self._rules.plan.push or self._rules.plan.hook):
            return
        if self._rules.plan.push:
            self._load_phones({value.recipient for _, value in offers})
        for number, value in offers:
            has_push = bool(self._phones.get(value.recipient))
            first_rung = first_rung_of_offer(self._rules.plan, self._now_us, has_push=has_push)
            if first_rung is not None:
                self._add(
                    value.incident_id,
                    Occasion.OFFER,
                    first_rung,
                    reason="its terminal has not confirmed the offer",
                    dispatch_id=value.dispatch_id,
                    unit=value.recipient,
                    ladder=number,
                    rung_number=1,
                )

    def _plan_news(self, changed: Sequence[Case]) -> None:
        for case in changed:
            incident = case.incident
            issued = self._issue(case, self._rules.cap) if self._rules.cap is not None else ""
            for receiver in self._news:
                rung = Rung(receiver.name, self._now_us)
                if receiver.channel is Channel.CAP:
                    if issued:
                        self._add(incident.incident_id, Occasion.NEWS, rung, reason=case.reason, target=issued)
                elif concerns(receiver, incident, self._town(incident)):
                    self._add(incident.incident_id, Occasion.NEWS, rung, reason=case.reason)

    def _issue(self, case: Case, cap: CapRules) -> str:
        """Publish what an incident is now as a CAP message; return its number, or nothing when it is not said."""
        incident = case.incident
        before = () if case.before is None else cap_messages.of_incident(self._connection, incident.incident_id)
        if not before and not concerns(cap.business, incident, self._town(incident)):
            return ""
        if not cap.speaks(incident, before):
            return ""
        number = self._numbers.take("notification")
        told = Notification(
            incident_id=incident.incident_id,
            dispatch_id=None,
            recipient=CAP_FEED,
            channel=Channel.CAP,
            state=NotificationState.SENT,
            reason=case.reason,
            planned_us=self._now_us,
        )
        self._planned.append((number, told, None))
        kind, body = cap.render(incident, self._city, number=number, sent_us=self._now_us, before=before)
        row = CapRow(
            notification_id=number, incident_id=incident.incident_id, kind=kind, sent_us=self._now_us, body=body
        )
        self._issued.append(row)
        return str(number)

    def _town(self, incident: Incident) -> str | None:
        return self._city.town_of(AreaId(incident.area_id))

    def _add(
        self,
        incident_id: IncidentId,
        occasion: Occasion,
        rung: Rung,
        *,
        reason: str,
        dispatch_id: DispatchId | None = None,
        unit: str = "",
        ladder: int = 0,
        rung_number: int = 0,
        target: str = "",
    ) -> None:
        """Plan one rung; of a push, one for each of the unit's subscriptions."""
        receiver = self._rules.plan.receivers.get(rung.receiver)
        channel = receiver.channel if receiver is not None else Channel.DESK
        targets: list[tuple[str, str]] = [(target, DESK_LANE if receiver is None else receiver.name)]
        if channel is Channel.PUSH:
            self._load_phones({unit})
            targets = [(key, f"{rung.receiver} {urlsplit(url).netloc}"[:80]) for key, url in self._phones[unit]]
        recipient = unit or (receiver.name if receiver is not None else CENTRE)
        for address, lane in targets:
            number = self._numbers.take("notification")
            self._planned.append(
                (
                    number,
                    Notification(
                        incident_id=incident_id,
                        dispatch_id=dispatch_id,
                        recipient=recipient,
                        channel=channel,
                        state=NotificationState.PLANNED,
                        reason=reason,
                        planned_us=self._now_us,
                    ),
                    Job(
                        notification_id=number,
                        channel=channel,
                        receiver=rung.receiver,
                        lane=lane,
                        target=address,
                        incident_id=incident_id,
                        dispatch_id=dispatch_id,
                        occasion=occasion,
                        ladder=ladder or number,
                        rung=rung_number,
                        planned_us=self._now_us,
                        due_us=rung.due_us,
                    ),
                )
            )

    def _load_phones(self, units: set[str]) -> None:
        missing = units - self._phones.keys()
        if missing:
            found = push_subscriptions.of_units(self._connection, missing)
            self._phones.update({unit: found.get(UnitId(unit), []) for unit in missing})

    def _store_planned(self) -> None:
        if not self._planned:
            return
        # The numbers are in a row: whoever else takes some does so in another phase of the transaction.
        first = self._planned[0][0]
        notifications.insert(self._connection, first, [(value, None) for _, value, _ in self._planned])
        channel_jobs.insert(self._connection, [job for _, _, job in self._planned if job is not None])
        cap_messages.insert(self._connection, self._issued)
        self._planned.clear()
        self._issued.clear()

    # --- attempts -------------------------------------------------------------------------------------------

    def load(self, asked: Sequence[TakeAttempt | EndAttempt], book: Cases) -> None:
        """Load what these commands are about."""
        if not asked:
            return
        self._open = channel_jobs.load_open(self._connection, [command.notification_id for command in asked])
        jobs = tuple(self._open.values())
        book.load_cases([job.incident_id for job in jobs])
        self._ladders = channel_jobs.ladders(self._connection, {job.ladder for job in jobs})
        news = {job.incident_id for job in jobs if job.occasion is Occasion.NEWS}
        self._newest = channel_jobs.newest_news(self._connection, news) if news else {}

    def take(self, command: TakeAttempt, cases: Mapping[IncidentId, Case]) -> CommandResult:
        """Claim an attempt, or say why it is not to be made."""
        job = self._open.get(command.notification_id)
        if job is None:
            return CommandResult(answer=Answer.ALREADY_DONE, reason="done, or in another relay's hand")
        if job.held_until_us > self._now_us:
            return CommandResult(answer=Answer.ALREADY_DONE, reason=f"{job.held_by} has it in hand")
        case = cases[job.incident_id]
        why = self._overtaken(job, case)
        if why is not None:
            self._finish(job, NotificationEvent.SUPERSEDE, why)
            return CommandResult(answer=Answer.REFUSED, reason=why)
        if job.channel is Channel.DESK:
            self._report(job, case)
            return CommandResult(answer=Answer.ALREADY_DONE, reason="the desk was told")
        self._climb(job, case)
        held = replace(job, tries=job.tries + 1, held_by=command.holder, held_until_us=command.held_until_us)
        self._open[job.notification_id] = held
        channel_jobs.store(self._connection, [(held, False)])
        attempt = (held.notification_id, held.tries, command.holder, self._now_us)
        channel_jobs.begin_attempts(self._connection, [attempt])
        return replace(_DONE, revision=held.tries)

    def end(self, command: EndAttempt) -> CommandResult:
        """Note what an attempt came to, and plan the next one when it is worth it."""
        answered = command.answered
        ended = (self._now_us, answered.verdict.value, answered.reason[:500], answered.receipt[:500])
        channel_jobs.end_attempts(self._connection, [(*ended, command.notification_id, command.number)])
        job = self._open.get(command.notification_id)
        if answered.verdict is Verdict.GONE and job is not None and job.target:
            push_subscriptions.end(self._connection, job.target, reason=answered.reason, now_us=self._now_us)
        if job is None or job.held_by != command.holder or job.tries != command.number:
            return CommandResult(answer=Answer.LATE_NOTED, reason="another attempt has begun, or it is settled")
        event = EVENTS[answered.verdict]
        if answered.verdict is not Verdict.REFUSED_FOR_NOW:
            self._finish(job, event, answered.reason)
            if answered.verdict not in TAKEN:
                self._fail(job)
            return _DONE
        due_us = next_try_us(job.tries, answered, command.share, self._now_us, self._rules.retry)
        again = replace(job, due_us=due_us, held_by="", held_until_us=0, came_to=answered.reason[:500])
        self._open[job.notification_id] = again
        channel_jobs.store(self._connection, [(again, False)])
        notifications.advance(self._connection, event, [(job.notification_id, self._now_us)])
        return _DONE

    def subscribe(self, command: PushSubscribe) -> CommandResult:
        """Let a unit's browser be woken."""
        value = Subscription(
            subscription_id=subscription_id_of(command.endpoint),
            unit_id=command.unit_id,
            endpoint=command.endpoint,
            p256dh=command.p256dh,
            auth=command.auth,
        )
        fresh = push_subscriptions.put(self._connection, value, now_us=self._now_us)
        return _DONE if fresh else CommandResult(answer=Answer.ALREADY_DONE)

    def unsubscribe(self, command: PushUnsubscribe) -> CommandResult:
        """End what a unit's browser asked for: on logging out, or off duty."""
        subscription_id = subscription_id_of(command.endpoint)
        ended = push_subscriptions.end(
            self._connection,
            subscription_id,
            reason="unsubscribed",
            now_us=self._now_us,
            unit_id=command.unit_id,
        )
        return _DONE if ended else CommandResult(answer=Answer.UNKNOWN, reason="there is no such subscription")

    def confirm(self, command: NoteReceipt) -> CommandResult:
        """Note that a phone has it; what the ladder has still above is overtaken then."""
        known = notifications.by_number(self._connection, command.notification_id)
        if known is None or known.incident_id != command.incident_id:
            return CommandResult(answer=Answer.UNKNOWN, reason="there is no such notification")
        event = NotificationEvent.SEE if command.seen else NotificationEvent.DELIVER
        notifications.advance(self._connection, event, [(command.notification_id, self._now_us)])
        return _DONE

    def tell_desk(self, cases: Mapping[IncidentId, Case]) -> None:
        """Write into the incidents whom nobody reached; called once, after the commands."""
        for (incident_id, occasion), sentences in self._not_told.items():
            case = cases[incident_id]
            case.alter(self._now_us)
            case.note_aside(self._now_us, "not_reached", " · ".join(sentences)[:2_000])
            if occasion is Occasion.OFFER:  # of a page this would page again, over the channel that failed
                case.tell_centre(self._now_us, f"not reached: {sentences[0]}"[:500])
        self._not_told.clear()
        self._store_planned()

    def _overtaken(self, job: Job, case: Case) -> str | None:
        if job.receiver and job.receiver not in self._rules.plan.receivers:
            return f"{job.receiver} is not in this relay's [channels]; relays on one database need the same"
        rows = self._ladders.get(job.ladder, ())
        return overtaken(
            job,
            case.incident,
            case.dispatches.get(job.dispatch_id) if job.dispatch_id is not None else None,
            # That the desk was told of the failure ends no receiver's tries.
            [(row.notification_id, row.state) for row in rows if row.receiver or row.rung == 0],
            newer_news=self._newest.get((job.incident_id, job.receiver), 0) > job.notification_id,
            plan=self._rules.plan,
            now_us=self._now_us,
        )

    def _climb(self, job: Job, case: Case) -> None:
        """Plan the rung above the one that is being tried, once."""
        rows = self._ladders.setdefault(job.ladder, [])
        if any(row.rung > job.rung for row in rows):
            return
        began_us = rows[0].planned_us if rows else job.planned_us
        rung = next_rung(job, self._rules.plan, ladder_began_us=began_us)
        if rung is None:
            return
        dispatch = case.dispatches.get(job.dispatch_id) if job.dispatch_id is not None else None
        self._add(
            job.incident_id,
            job.occasion,
            rung,
            reason=f"{job.receiver} has not settled it" if rung.receiver else "nobody was reached",
            dispatch_id=job.dispatch_id,
            unit=dispatch.unit_id if dispatch is not None and rung.receiver else "",
            ladder=job.ladder,
            rung_number=job.rung + 1,
        )
        number = self._planned[-1][0]
        rows.append(RungRow(number, rung.receiver, job.rung + 1, NotificationState.PLANNED, "", self._now_us))

    def _report(self, job: Job, case: Case) -> None:
        """Nobody was reached: keep what each rung came to for the incident's history."""
        rows = [row for row in self._ladders.get(job.ladder, ()) if row.notification_id != job.notification_id]
        sentence = unheard([(row.receiver or "terminal", row.state, row.came_to) for row in rows])
        dispatch = case.dispatches.get(job.dispatch_id) if job.dispatch_id is not None else None
        if dispatch is not None:
            sentence = f"{dispatch.unit_id}: {sentence}"
        self._not_told[job.incident_id, job.occasion].append(sentence)
        self._finish(job, NotificationEvent.SEND, sentence)

    def _finish(self, job: Job, event: NotificationEvent, reason: str) -> None:
        del self._open[job.notification_id]
        channel_jobs.store(self._connection, [(replace(job, came_to=reason[:500]), True)])
        notifications.advance(self._connection, event, [(job.notification_id, self._now_us)])

    def _fail(self, job: Job) -> None:
        """Let the rung above be tried now, unless another of the same rung may still make it."""
        rows = self._ladders.get(job.ladder, ())
        beside = [row for row in rows if row.rung == job.rung and row.notification_id != job.notification_id]
        if all(row.state in _FAILED for row in beside):
            channel_jobs.bring_forward(self._connection, job.ladder, rung=job.rung, now_us=self._now_us)
