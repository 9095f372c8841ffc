"""The build hook: makes the pages' scripts before the wheel, or the checkout's installation, is put together."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).resolve().parent))

from patrol_web.bundling import bring_up_to_date


class PageScripts(BuildHookInterface):  # type: ignore[type-arg]  # the settings of a builder do not concern us
    """Found by hatchling through [tool.hatch.build.targets.wheel.hooks.custom]."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make ``patrol_web/static/bundle``; a checkout also gets what its checks need."""
        bring_up_to_date(Path(self.root) / "patrol_web", tools_for_checks=version == "editable")
