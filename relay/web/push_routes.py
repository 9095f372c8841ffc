"""Web Push over HTTP: the key browsers subscribe with, subscribing, and what a phone confirms."""

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field

from patrol_wire.ids import CommandId, IncidentId, UnitId
from relay.core.commands import NoteReceipt, PushSubscribe, PushUnsubscribe
from relay.notify.push import is_push_service
from relay.notify.push_message import PushKeyError, browser_keys
from relay.web.command_answers import answer_of
from relay.web.faults import GUARDED, MALFORMED, NOT_FOUND, NotDoneError
from relay.web.parts import DeskParts
from relay.web.shapes import Asked, Given

UnitInPath = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[a-z0-9][a-z0-9._-]*$")]
Endpoint = Annotated[str, Field(min_length=9, max_length=2_000, description="The push service's URL of this browser")]


class PushKeys(Asked):
    """``keys`` of a PushSubscription."""

    p256dh: Annotated[str, Field(max_length=128)]
    auth: Annotated[str, Field(max_length=64)]


class PushAsked(Asked):
    """``PushSubscription.toJSON()`` as the browser gives it."""

    endpoint: Endpoint
    keys: PushKeys
    expirationTime: float | None = None  # noqa: N815  # the name is the browser's


class PushEnded(Asked):
    """Which subscription ends."""

    endpoint: Endpoint


class ReceiptAsked(Asked):
    """What the phone did with a wake-up."""

    seen: bool = Field(False, description="True: a person had it on the screen; else the phone has it")


class PushKeyShape(Given):
    """The key browsers subscribe with."""

    application_server_key: str = Field(description="base64url; empty: this relay pushes nothing")


class PushDone(Given):
    """What became of it; durable when this is answered."""

    answer: str


def push_routes(parts: DeskParts) -> APIRouter:
    """Return the routes about Web Push."""
    router = APIRouter(prefix="/api/v1", tags=["push"], responses=GUARDED | MALFORMED)

    @router.get("/push-key", response_model=PushKeyShape)
    def read_push_key() -> PushKeyShape:
        """Give the key that browsers subscribe with."""
        return PushKeyShape(application_server_key=parts.push_key)

    @router.post("/units/{unit_id}/push-subscriptions", response_model=PushDone, responses=NOT_FOUND)
    async def subscribe(unit_id: UnitInPath, asked: PushAsked) -> PushDone:
        """Let a unit's browser be woken when its terminal is silent. Sent again it renews the keys."""
        if not parts.push_key:
            raise NotDoneError(404, "not_found", "this relay pushes nothing; set channels.push.key_file")
        if UnitId(unit_id) not in parts.city.unit_by_id:
            raise NotDoneError(404, "not_found", f"there is no unit {unit_id}")
        if not is_push_service(asked.endpoint, parts.push_hosts):
            raise NotDoneError(422, "malformed", "endpoint: is of no push service in channels.push.hosts; add its host")
        try:
            browser_keys(asked.keys.p256dh, asked.keys.auth)
        except PushKeyError as error:
            raise NotDoneError(422, "malformed", f"keys: {error}") from error
        command = PushSubscribe(
            unit_id=UnitId(unit_id), endpoint=asked.endpoint, p256dh=asked.keys.p256dh, auth=asked.keys.auth
        )
        result = await answer_of(parts, command, CommandId(""), subject=f"unit {unit_id}")
        return PushDone(answer=result.answer.value)

    @router.delete("/units/{unit_id}/push-subscriptions", response_model=PushDone, responses=NOT_FOUND)
    async def unsubscribe(unit_id: UnitInPath, asked: PushEnded) -> PushDone:
        """End a subscription: on logging out, or off duty."""
        command = PushUnsubscribe(unit_id=UnitId(unit_id), endpoint=asked.endpoint)
        result = await answer_of(parts, command, CommandId(""), subject="such subscription")
        return PushDone(answer=result.answer.value)

    @router.post("/notifications/{key}/receipt", response_model=PushDone, responses=NOT_FOUND)
    async def confirm(
        key: Annotated[str, Path(pattern=r"^[0-9a-f-]{36}\.[0-9]{1,18}$", description="`key` of the wake-up")],
        asked: ReceiptAsked,
    ) -> PushDone:
        """Confirm a wake-up: no further channel is tried for it."""
        incident_id, _, number = key.partition(".")
        command = NoteReceipt(notification_id=int(number), incident_id=IncidentId(incident_id), seen=asked.seen)
        result = await answer_of(parts, command, CommandId(""), subject=f"notification {key}")
        return PushDone(answer=result.answer.value)

    return router
