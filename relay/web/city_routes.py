"""The city over HTTP: which one is in force, what files would change, importing and exporting.

Reading a whole city takes a second of CPU, so one request at a time does it; handlers run in the pool.
"""

import base64
import binascii
from threading import Lock
from typing import Annotated

from fastapi import APIRouter, Query, Response

from relay.core.city_now import FOLDER
from relay.store import city_versions
from relay.store.city_keeper import CityPreview, CityRefused
from relay.web.city_shapes import (
    CityFiles,
    CityImportAsked,
    CityImported,
    CityPreviewShape,
    CityShape,
    CityVersionShape,
    changes_shape,
    preview_shape,
)
from relay.web.faults import GUARDED, MALFORMED, NOT_FOUND, NotDoneError
from relay.web.parts import CityDesk, DeskParts
from relay.web.shapes import Fault, utc

IMPORT_WITHIN_S = 30.0
_CONFLICT: dict[int | str, dict[str, object]] = {
    409: {"model": Fault, "description": "It does not fit what there is now; nothing was changed"},
}
_ZIP: dict[int | str, dict[str, object]] = {200: {"content": {"application/zip": {}}}}


def city_routes(parts: DeskParts) -> APIRouter:
    """Return the routes about the city."""
    router = APIRouter(prefix="/api/v1/city", tags=["city"], responses=GUARDED | MALFORMED)
    reading = Lock()

    @router.post("/preview", response_model=CityPreviewShape, responses=NOT_FOUND)
    def preview_city(asked: CityFiles) -> CityPreviewShape:
        """Show what the files would add, change and remove, and every fault in them; changes nothing."""
        with reading:
            return preview_shape(_preview(parts, asked))

    @router.post("/import", response_model=CityImported, responses=NOT_FOUND | _CONFLICT)
    def import_city(asked: CityImportAsked) -> CityImported:
        """Put the files in force, each in the place of the file of its kind; answered when it is durable."""
        desk = _desk(parts)
        with reading:
            found = _preview(parts, asked)
            _refuse_unfit(found, asked)
            change = desk.keeper.change(parts.reader, found, author=asked.author, note=asked.note)
            try:
                outcome = desk.submit(change).result(timeout=IMPORT_WITHIN_S)
            except TimeoutError as error:
                what = (
                    f"the store has not answered within {IMPORT_WITHIN_S:.0f} s; look at /api/v1/city before you retry"
                )
                raise NotDoneError(503, "no_answer", what) from error
        if isinstance(outcome, CityRefused):
            raise NotDoneError(409, "refused", outcome.reason)
        return CityImported(version=outcome.version, changes=changes_shape(found), effects=found.effects)

    _read_routes(router, parts)
    return router


def _read_routes(router: APIRouter, parts: DeskParts) -> None:
    @router.get("", response_model=CityShape)
    def read_city() -> CityShape:
        """Tell which city is in force, how large it is and who imported what."""
        now = parts.cities.in_force
        city = now.city
        with parts.reader.connect() as connection:
            versions = city_versions.listed(connection)
        kinds = ("towns", "areas", "grids", "beats", "posts", "rooms", "units", "people", "shifts", "forces")
        return CityShape(
            version=now.version,
            name=city.name,
            name_en=city.name_en,
            sizes={kind: len(getattr(city, kind)) for kind in kinds},
            versions=tuple(
                CityVersionShape(version=each.version, at=utc(each.at_us), author=each.author, note=each.note)
                for each in versions
            ),
        )

    @router.get("/export", response_class=Response, responses=NOT_FOUND | _ZIP)
    def export_city(
        version: Annotated[int | None, Query(ge=FOLDER, le=2**31 - 1, description="Default: the one in force")] = None,
    ) -> Response:
        """Give all files of the city as a ZIP that can be imported again."""
        wanted = version if version is not None else parts.cities.in_force.version
        files = _desk(parts).keeper.files(parts.reader, wanted)
        if not files:
            raise NotDoneError(404, "not_found", f"there is no version {wanted}; see /api/v1/city")
        headers = {"Content-Disposition": f'attachment; filename="city-{wanted}.zip"'}
        return Response(city_versions.pack(files), media_type="application/zip", headers=headers)


def _desk(parts: DeskParts) -> CityDesk:
    if parts.city_desk is None:
        raise NotDoneError(404, "not_found", "this relay cannot import a city")
    return parts.city_desk


def _preview(parts: DeskParts, asked: CityFiles) -> CityPreview:
    keeper = _desk(parts).keeper
    if asked.of_version is not None:
        back = keeper.files(parts.reader, asked.of_version)
        if not back:
            raise NotDoneError(404, "not_found", f"there is no version {asked.of_version}; see /api/v1/city")
        return keeper.preview(parts.reader, parts.cities, back, whole=True)
    given: dict[str, bytes] = {}
    for name, text in asked.files.items():
        try:
            given[name] = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError) as error:
            raise NotDoneError(422, "malformed", f"files.{name}: is not base64 ({error}); encode the file") from error
    return keeper.preview(parts.reader, parts.cities, given)


def _refuse_unfit(found: CityPreview, asked: CityImportAsked) -> None:
    if not found.usable:
        grave = [fault for fault in found.faults if fault.grave]
        more = f" (and {len(grave) - 1} more; the preview shows all)" if len(grave) > 1 else ""
        raise NotDoneError(409, "faulty", f"{grave[0]}{more}" if grave else "no file of the city was given")
    if asked.version is not None and asked.version != found.version:
        what = f"version {found.version} is in force, the preview was of {asked.version}; look at the preview again"
        raise NotDoneError(409, "refused", what)
    if not found.changes:
        raise NotDoneError(409, "nothing_to_do", "the files say what is in force already; nothing was changed")
