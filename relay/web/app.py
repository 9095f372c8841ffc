"""Puts the relay's web together: API, live feed, page, token, and one form for every refusal."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from patrol_web.files import mount_files
from relay.web.access import Guard
from relay.web.area_routes import area_routes
from relay.web.cap_routes import cap_routes
from relay.web.city_routes import city_routes
from relay.web.count_routes import count_routes
from relay.web.desk_routes import desk_routes
from relay.web.faults import answer_faults
from relay.web.force_routes import force_routes
from relay.web.incident_routes import incident_routes
from relay.web.live import LiveHub
from relay.web.live_socket import live_routes
from relay.web.media_routes import media_routes
from relay.web.page_routes import page_routes
from relay.web.parts import DeskParts
from relay.web.push_routes import push_routes
from relay.web.reads import DeskReads
from relay.web.site_routes import health_routes, site_routes
from relay.web.suppression_routes import suppression_routes
from relay.web.tabulation_routes import tabulation_routes
from relay.web.watch_routes import watch_routes

API_VERSION = "1.0"


def make_desk(parts: DeskParts) -> FastAPI:
    """Return the desk's application; serving it (with its lifespan) is the caller's work.

    ``app.state.live`` is the LiveHub: give its ``hint`` every commit's hint.
    """
    reads = DeskReads(parts.reader, parts.cities)
    hub = LiveHub(parts, reads)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with hub.running():
            yield

    app = FastAPI(
        title="Video patrol relay",
        version=API_VERSION,
        description="Incidents, units, rooms and counts of the city. The live feed is a WebSocket at /api/v1/live; "
        "its messages are described in docs/reference/api.md.",
        docs_url=None,  # the pages of FastAPI load scripts from outside
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        lifespan=lifespan,
    )
    app.state.live = hub
    app.include_router(incident_routes(parts, reads))
    app.include_router(force_routes(parts))
    app.include_router(watch_routes(parts))
    app.include_router(suppression_routes(parts))
    app.include_router(desk_routes(parts))
    app.include_router(site_routes(parts, reads))
    app.include_router(count_routes(parts))
    app.include_router(area_routes(parts))
    app.include_router(tabulation_routes(parts))
    app.include_router(media_routes(parts, reads))
    app.include_router(city_routes(parts))
    app.include_router(push_routes(parts))
    app.include_router(cap_routes(parts))
    app.include_router(health_routes(parts, reads, lambda: hub.pages))
    app.include_router(live_routes(hub))
    app.include_router(page_routes(parts))
    mount_files(app)
    answer_faults(app)
    app.add_middleware(Guard, token=parts.token)
    return app
