"""The HTTP control API: what the cameras do, and faults on demand. Bound to loopback; it has no login."""

from typing import Annotated, Any, Protocol

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict, Field

from patrol_sim.errors import FaultError, SourceError


class FaultOrder(BaseModel):
    """What to do to a camera; without ``for_s`` it lasts until it is taken away."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    fault: Annotated[str, Field(max_length=64)]
    value: float | Annotated[str, Field(max_length=128)] | None = None
    for_s: float | None = None


class FaultView(BaseModel):
    """A fault at work."""

    fault: str
    value: float | str | None
    ends_in_s: float | None


class CameraView(BaseModel):
    """One camera's figures. Truth times are seconds of the loop: position_s modulo duration_s."""

    name: str
    url: str
    codec: str
    width: int
    height: int
    fps: float
    clients: int
    duration_s: float
    position_s: float | None
    counts: dict[str, int]
    faults: list[FaultView]


class Site(Protocol):
    """The server as the control API uses it; every method runs on the event loop."""

    def camera_views(self) -> list[CameraView]:
        """Return every camera."""
        ...

    def has_camera(self, name: str) -> bool:
        """Tell whether the camera exists."""
        ...

    async def begin_fault(self, name: str, fault: str, value: float | str | None, for_s: float | None) -> CameraView:
        """Begin a fault; raises FaultError or SourceError."""
        ...

    def end_fault(self, name: str, fault: str | None) -> CameraView:
        """End one fault or all; raises FaultError."""
        ...

    def truth(self, name: str, *, with_frames: bool) -> dict[str, object] | None:
        """Return a generated scene's truth, None for a recording."""
        ...


def build_control(site: Site) -> FastAPI:
    """Return the application."""
    app = FastAPI(title="video patrol: simulated cameras", docs_url=None, redoc_url=None)

    def known(name: str) -> str:
        if not site.has_camera(name):
            raise HTTPException(404, f"no camera {name!r}")
        return name

    @app.get("/cameras")
    async def cameras() -> list[CameraView]:
        """Return every camera with its figures."""
        return site.camera_views()

    @app.get("/cameras/{name}/truth")
    async def truth(name: str, frames: bool = False) -> dict[str, Any]:
        """Return what a generated scene shows and when."""
        table = site.truth(known(name), with_frames=frames)
        if table is None:
            raise HTTPException(404, f"camera {name!r} shows a recording; its truth is not known here")
        return table

    @app.post("/cameras/{name}/faults")
    async def begin(name: str, order: FaultOrder) -> CameraView:
        """Begin a fault; an active one of the same name is replaced."""
        try:
            return await site.begin_fault(known(name), order.fault, order.value, order.for_s)
        except (FaultError, SourceError) as error:
            raise HTTPException(422, str(error)) from error

    @app.delete("/cameras/{name}/faults")
    async def end_all(name: str) -> CameraView:
        """End every fault of a camera."""
        return site.end_fault(known(name), None)

    @app.delete("/cameras/{name}/faults/{fault}")
    async def end(name: str, fault: str) -> CameraView:
        """End one fault."""
        try:
            return site.end_fault(known(name), fault)
        except FaultError as error:
            raise HTTPException(404, str(error)) from error

    return app
