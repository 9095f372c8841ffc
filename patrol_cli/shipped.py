"""Where the files that travel with the product are: the demo city, the examples, the model catalogue."""

from pathlib import Path


def shipped(name: str) -> Path:
    """Return the folder ``config`` or ``models``, from the wheel when installed, else from the checkout."""
    package = Path(__file__).parent
    installed = package / "_shipped" / name
    return installed if installed.is_dir() else package.parent / name
