"""``python -m relay --config FILE``: the relay. Exit code 2 with one sentence for what a person can mend."""

import argparse
import sys
from pathlib import Path

from relay.app.relay_program import RelayProgram
from relay.errors import RefusedError
from relay.ops import logging
from relay.settings.errors import SettingsError
from relay.settings.toml_file import load_settings

BAD_INPUT = 2


def run_relay(config: Path, *, database: str = "") -> int:
    """Run the relay of a configuration until it is told to end; return the process's exit code.

    ``database`` is a URL that takes the place of the one in the file.
    """
    try:
        settings = load_settings(config, database=database)
        logging.configure(form=settings.log.form, level=settings.log.level)
        return RelayProgram(settings).run()
    except (SettingsError, RefusedError) as error:
        sys.stderr.write(f"{error}\n")
        return BAD_INPUT


def main() -> int:
    """Parse the arguments and run."""
    parser = argparse.ArgumentParser(prog="python -m relay", description=__doc__)
    parser.add_argument("--config", type=Path, required=True, help="TOML; see config/relay.example.toml")
    parser.add_argument("--database", default="", help="URL of the store instead of [database] url")
    given = parser.parse_args()
    return run_relay(given.config, database=given.database)


if __name__ == "__main__":
    sys.exit(main())
