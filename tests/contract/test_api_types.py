"""The pages' types of the two APIs are those of the programs as they are now."""

import pytest

from patrol_web.bundling import bring_up_to_date
from tests.support.api_types import PLACE, descriptions, types_of


@pytest.mark.timeout(240)
@pytest.mark.parametrize("program", ["room", "relay"])
def test_the_types_of_the_pages_are_those_of_the_program(program: str) -> None:
    bring_up_to_date(tools_for_checks=True)
    written = (PLACE / f"{program}.d.ts").read_text(encoding="utf-8")
    assert written == types_of(program, descriptions()[program]), "run: python -m tests.support.api_types"
