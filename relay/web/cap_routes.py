"""What is published as CAP 1.2: an Atom feed of the newest messages (RFC 4287), and each message."""

from typing import Annotated, Final
from xml.etree import ElementTree as ET

from fastapi import APIRouter, Path, Response

from relay.store import cap_messages
from relay.store.cap_messages import CapRow
from relay.web.faults import GUARDED, MALFORMED, NOT_FOUND, NotDoneError
from relay.web.parts import DeskParts
from relay.web.shapes import utc

ATOM_TYPE: Final = "application/atom+xml"
CAP_TYPE: Final = "application/cap+xml"
_ATOM: Final = "http://www.w3.org/2005/Atom"
_NEWEST: Final = 100
_FEED: dict[int | str, dict[str, object]] = {200: {"content": {ATOM_TYPE: {}}}}
_MESSAGE: dict[int | str, dict[str, object]] = {200: {"content": {CAP_TYPE: {}}}}


def cap_routes(parts: DeskParts) -> APIRouter:
    """Return the routes about CAP."""
    router = APIRouter(prefix="/api/v1", tags=["cap"], responses=GUARDED | MALFORMED)

    def refuse_unpublished() -> None:
        if not parts.cap:
            raise NotDoneError(404, "not_found", "this relay publishes no CAP; set cap.enabled")

    @router.get("/cap", response_class=Response, responses=_FEED | NOT_FOUND)
    def read_cap_feed() -> Response:
        """List the CAP messages issued last, the newest first, as an Atom feed."""
        refuse_unpublished()
        with parts.reader.connect() as connection:
            rows = cap_messages.newest(connection, limit=_NEWEST)
        return Response(atom(rows, name=parts.name, now_us=parts.clock.now_us()), media_type=ATOM_TYPE)

    @router.get("/cap/{identifier}", response_class=Response, responses=_MESSAGE | NOT_FOUND)
    def read_cap_message(
        identifier: Annotated[str, Path(pattern=r"^[0-9a-f-]{36}\.[0-9]{1,18}$", description="Its `identifier`")],
    ) -> Response:
        """Give one CAP message as it was issued."""
        refuse_unpublished()
        incident_id, _, number = identifier.partition(".")
        with parts.reader.connect() as connection:
            row = cap_messages.by_number(connection, int(number))
        if row is None or row.incident_id != incident_id:
            raise NotDoneError(404, "not_found", f"there is no CAP message {identifier}")
        return Response(row.body, media_type=CAP_TYPE, headers={"Cache-Control": "public, max-age=31536000, immutable"})

    return router


def atom(rows: list[CapRow], *, name: str, now_us: int) -> bytes:
    """Return the feed."""
    feed = ET.Element("feed", {"xmlns": _ATOM})
    _say(feed, "id", f"urn:video-patrol:{name}:cap")
    _say(feed, "title", f"CAP 1.2, {name}")
    _say(feed, "updated", utc(rows[0].sent_us if rows else now_us).isoformat())
    _say(ET.SubElement(feed, "author"), "name", name)
    for row in rows:
        identifier = f"{row.incident_id}.{row.notification_id}"
        entry = ET.SubElement(feed, "entry")
        _say(entry, "id", f"urn:video-patrol:{name}:cap:{identifier}")
        _say(entry, "title", f"{row.kind} {row.incident_id}")
        _say(entry, "updated", utc(row.sent_us).isoformat())
        ET.SubElement(entry, "link", {"href": f"/api/v1/cap/{identifier}", "type": CAP_TYPE, "rel": "alternate"})
    return ('<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(feed, encoding="unicode")).encode()


def _say(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = text
