"""The API describes itself completely: a model for every answer, one form for every fault, every path documented."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine

from relay.core.city_now import CityNow
from relay.core.commands import DeskBusyError
from relay.core.field import CommitProgress
from relay.ops.clock import MachineClock
from relay.web.app import make_desk
from relay.web.parts import DeskParts, RelayHealth
from tests.support.small_city import small_city

REFERENCE = (Path(__file__).parents[4] / "docs" / "reference" / "api.md").read_text(encoding="utf-8")


def _never(_command: object) -> Any:
    raise DeskBusyError("nothing is asked here")


DESCRIPTION = make_desk(
    DeskParts(
        reader=create_engine("sqlite://"),
        submit=_never,
        cities=CityNow(small_city()),
        clock=MachineClock(),
        progress=lambda: CommitProgress(commits=0, last_commit_us=0),
        health=lambda: RelayHealth(parts={}, gates_running={}),
        name="centre",
        language="en",
        token=None,
    )
).openapi()
OTHER_FORMS = {
    *("text/plain", "text/csv", "image/jpeg", "application/zip"),
    *("application/atom+xml", "application/cap+xml"),
}
OPERATIONS = [
    (method.upper(), path, operation)
    for path, methods in DESCRIPTION["paths"].items()
    for method, operation in methods.items()
]


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=[f"{m} {p}" for m, p, _ in OPERATIONS])
def test_every_answer_has_a_model_and_every_fault_the_same_one(
    method: str, path: str, operation: dict[str, Any]
) -> None:
    assert operation["summary"]
    assert operation["description"]
    for code, answer in operation["responses"].items():
        content = answer["content"]
        if content.keys() & OTHER_FORMS:
            continue
        model = content["application/json"]["schema"].get("$ref", "")
        if code == "200" or path in ("/healthz", "/readyz"):
            assert model.startswith("#/components/schemas/")
            assert not model.endswith("/Fault")
        else:
            assert model == "#/components/schemas/Fault", f"{method} {path} answers {code} with {model or 'no model'}"


def test_what_must_exist_exists() -> None:
    assert {path for _, path, _ in OPERATIONS} == {
        "/api/v1/incidents",
        "/api/v1/incidents/{incident_id}",
        "/api/v1/incidents/{incident_id}/candidates",
        "/api/v1/roster",
        "/api/v1/watch",
        "/api/v1/watch/shifts",
        "/api/v1/watch/shifts.csv",
        "/api/v1/desk/watch",
        "/api/v1/desk/choices",
        "/api/v1/desk/hand-over",
        "/api/v1/units/{unit_id}/duty",
        "/api/v1/silences",
        "/api/v1/silences/preview",
        "/api/v1/silences/{silence_id}/end",
        "/api/v1/alert-budget",
        "/api/v1/incidents/{incident_id}/acts",
        "/api/v1/dispatches",
        "/api/v1/units",
        "/api/v1/rooms",
        "/api/v1/counts",
        "/api/v1/counts/sums",
        "/api/v1/counts/releases",
        "/api/v1/counts/bases",
        "/api/v1/counts/bases/{basis}",
        "/api/v1/counts/tabulation",
        "/api/v1/counts/areas",
        "/api/v1/counts/areas.csv",
        "/api/v1/counts/completeness",
        "/api/v1/index",
        "/api/v1/figures",
        "/api/v1/reconcile",
        "/api/v1/media/{sha256}",
        "/api/v1/city",
        "/api/v1/city/preview",
        "/api/v1/city/import",
        "/api/v1/city/export",
        "/api/v1/dead-letters",
        "/api/v1/cap",
        "/api/v1/cap/{identifier}",
        "/api/v1/push-key",
        "/api/v1/units/{unit_id}/push-subscriptions",
        "/api/v1/notifications/{key}/receipt",
        "/api/v1/refusals",
        "/healthz",
        "/readyz",
        "/metrics",
    }


@pytest.mark.parametrize(("method", "path"), [(method, path) for method, path, _ in OPERATIONS])
def test_the_reference_names_every_operation(method: str, path: str) -> None:
    assert f"`{method} {path}`" in REFERENCE


@pytest.mark.parametrize("model", sorted(DESCRIPTION["components"]["schemas"]))
def test_the_reference_names_every_field_of_every_shape(model: str) -> None:
    for field in DESCRIPTION["components"]["schemas"][model].get("properties", {}):
        assert f"`{field}`" in REFERENCE, f"{model}.{field}"
