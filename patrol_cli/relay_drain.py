"""``patrol relay drain``: have a running relay send its rooms, terminals and consumers to another one on its store."""

import json
import re
import time
from pathlib import Path
from threading import Event
from typing import Annotated, Final

import typer

from patrol_cli.durable_file import write_durably
from patrol_cli.outcome import fail

_ENDPOINT: Final = re.compile(r"tcp://(?:[^\s:/\[\]]+|\[[0-9a-fA-F:.]+\]):[1-9][0-9]{0,4}")
_LOOK_EVERY_S: Final = 0.1
_NOT_DRAINED: Final = 1
Endpoints = list[str] | None


def register(group: typer.Typer) -> None:
    """Add ``drain`` to ``patrol relay``."""

    @group.command()
    def drain(
        *,
        config: Annotated[Path, typer.Option("--config", help="The TOML file of the relay that is to be left.")],
        rooms: Annotated[Endpoints, typer.Option(help="Where rooms go, tcp://HOST:PORT; again for more.")] = None,
        terminals: Annotated[Endpoints, typer.Option(help="Where terminals go.")] = None,
        counts: Annotated[Endpoints, typer.Option(help="Where consumers of counts go.")] = None,
        reason: Annotated[str, typer.Option(help="What they are told.")] = "this relay is being serviced",
        undo: Annotated[bool, typer.Option("--undo", help="Serve again; so does a restart.")] = False,
        within_s: Annotated[float, typer.Option(min=0.1, help="How long to wait until nobody is left.")] = 15.0,
    ) -> None:
        """Send everybody to another relay on the same store, and wait until they are gone; then this one may stop."""
        order = _order_file(config)
        if undo:
            order.unlink(missing_ok=True)
            typer.echo("the relay serves again within a second; who is elsewhere stays there")
            return
        elsewhere = {
            name: given for name, given in (("rooms", rooms), ("terminals", terminals), ("counts", counts)) if given
        }
        if not elsewhere:
            fail("where to? give --rooms, --terminals and --counts of the other relay")
        for endpoint in (each for given in elsewhere.values() for each in given):
            if not _ENDPOINT.fullmatch(endpoint):
                fail(f"{endpoint!r} is no endpoint; write it as tcp://HOST:PORT")
        left_file = order.with_name(_drained())
        if not order.parent.is_dir():
            fail(f"{order.parent}: there is no such folder; the relay does not run here")
        left_file.unlink(missing_ok=True)
        write_durably(order, json.dumps({"elsewhere": elsewhere, "reason": reason[:500]}).encode())
        left = _await_empty(left_file, list(elsewhere), within_s)
        if left is None:
            fail(f"the relay of {config} did not take the order within {within_s:g} s; does it run?")
        stayed = {name: count for name, count in left.items() if count and name in elsewhere}
        if stayed:
            told = ", ".join(f"{count} at {name}" for name, count in stayed.items())
            typer.echo(f"not drained: {told}; no other relay takes them, so they are served here")
            raise typer.Exit(_NOT_DRAINED)
        typer.echo("drained: nobody is left; the relay may be stopped")


def _await_empty(path: Path, gates: list[str], within_s: float) -> dict[str, int] | None:
    """Return the sessions left at the gates, as soon as there are none or at the deadline; None: it never said."""
    deadline_s = time.monotonic() + within_s
    pause = Event()
    left: dict[str, int] | None = None
    while time.monotonic() < deadline_s:
        try:
            left = json.loads(path.read_bytes())
        except FileNotFoundError:
            left = None
        if left is not None and not any(left.get(gate, 0) for gate in gates):
            return left
        pause.wait(_LOOK_EVERY_S)
    return left


def _order_file(config: Path) -> Path:
    from relay.ops.orders_file import DRAIN_FILE
    from relay.settings.errors import SettingsError
    from relay.settings.toml_file import load_settings

    try:
        return load_settings(config).paths.run_dir / DRAIN_FILE
    except SettingsError as error:
        fail(str(error))


def _drained() -> str:
    from relay.ops.orders_file import DRAINED_FILE

    return DRAINED_FILE
