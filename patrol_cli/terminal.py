"""``patrol terminal``: a unit's terminal on the command line, by a person or simulated."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from patrol_cli.outcome import fail
from patrol_cli.terminal_auto import AutoPilot, Pace

if TYPE_CHECKING:
    from patrol_cli.terminal_loop import TerminalLoop
    from patrol_cli.terminal_screen import JsonScreen, PeopleScreen

Relays = Annotated[
    list[str],
    typer.Option(help="The relay's gate for terminals, tcp://HOST:PORT; again for each relay on the same store."),
]


def register(app: typer.Typer) -> None:
    """Add ``patrol terminal``."""
    app.command()(terminal)


def terminal(
    *,
    relay: Relays,
    relay_key: Annotated[str, typer.Option(help="The relay's public key (Z85), or the path of its .pub file.")],
    key_file: Annotated[Path, typer.Option(help="This unit's .key file; its node is the unit.")],
    state: Annotated[
        Path | None, typer.Option(help="File for cursor and unanswered commands; survives a kill. Default: none.")
    ] = None,
    auto: Annotated[
        Pace | None, typer.Option(case_sensitive=False, help="Answer like a person, marked as simulated.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Makes the pauses of --auto repeatable.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object per line instead of panels.")] = False,
) -> None:
    """Receive offers, accept, go, arrive and clear; survives disconnects and restarts of the relay."""
    from random import Random

    from patrol_cli.key_files import read_secret_key, relay_key_of
    from patrol_cli.terminal_loop import TerminalLoop
    from patrol_cli.terminal_screen import JsonScreen, PeopleScreen
    from patrol_cli.terminal_state import TerminalStateError, TerminalStateFile
    from patrol_wire.keys import KeyFileError
    from relay.ops.clock import MachineClock

    clock = MachineClock()
    try:
        pair = read_secret_key(key_file)
        server_key = relay_key_of(relay_key)
    except KeyFileError as error:
        fail(str(error))
    make_screen = JsonScreen if as_json else PeopleScreen
    screen = make_screen(node=pair.node, clock=clock, simulated=auto is not None)
    try:
        loop = TerminalLoop(
            endpoints=tuple(relay),
            relay_key=server_key,
            pair=pair,
            state=TerminalStateFile(state, node=pair.node),
            clock=clock,
            show=screen.show,
        )
    except (TerminalStateError, ValueError) as error:
        fail(str(error))
    try:
        _serve(loop, screen, AutoPilot(auto, Random(seed)) if auto is not None else None)  # noqa: S311  # not secrets
    except OSError as error:
        fail(f"state file {state}: {error.strerror}; the terminal stops because it could not keep its promises")
    finally:
        loop.close()


def _serve(loop: "TerminalLoop", screen: "PeopleScreen | JsonScreen", pilot: "AutoPilot | None") -> None:
    """Follow the pilot, or the keyboard without one, until the person quits or a signal ends the terminal."""
    import signal
    from threading import Event

    from patrol_cli.terminal_hands import Hands
    from patrol_cli.terminal_keys import Keyboard, single_keys

    ending = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ending.set())
    hands = Hands(loop, screen)
    keyboard = Keyboard() if pilot is None else None
    with single_keys():
        while not ending.is_set() and not hands.wants_to_quit:
            loop.turn(also=keyboard.descriptor if keyboard is not None else None)
            loop.shown()
            if pilot is not None:
                hands.follow(pilot.press(loop.book, loop.clock.monotonic_s()))
            elif keyboard is not None:
                hands.follow_keys(keyboard)
