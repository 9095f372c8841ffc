"""``python -m patrol_cli.moved_relay --config FILE --clock FILE``: a relay as in service, its clock moved by a play."""

import argparse
import sys
from pathlib import Path

from patrol_cli.moved_clock import MovedClock
from relay.app.relay_program import RelayProgram
from relay.errors import RefusedError
from relay.ops import logging
from relay.settings.errors import SettingsError
from relay.settings.toml_file import load_settings


def main() -> int:
    """Run until told to end."""
    parser = argparse.ArgumentParser(prog="python -m patrol_cli.moved_relay", description=__doc__)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--clock", type=Path, required=True)
    given = parser.parse_args()
    try:
        settings = load_settings(given.config)
        logging.configure(form=settings.log.form, level=settings.log.level)
        return RelayProgram(settings, clock=MovedClock(given.clock)).run()
    except (SettingsError, RefusedError) as error:
        sys.stderr.write(f"{error}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main())
