"""A relay's desk and channel worker as a process that is killed: ``python -m … STORE_FOLDER TOML_FILE``."""

import sys
import threading
from pathlib import Path

from tests.support.channel_site import ChannelSite


def main(folder: Path, toml: Path) -> None:
    """Raise one alert and serve until the end."""
    with ChannelSite(folder, folder, toml.read_text(encoding="utf-8")) as site:
        site.alert(1)
        threading.Event().wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
