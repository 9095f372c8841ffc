"""The hands at a terminal: which dispatch is chosen, and what a key or the simulated person does to it."""

import select

from patrol_cli.terminal_auto import SIMULATED, Press
from patrol_cli.terminal_keys import Keyboard, Typed
from patrol_cli.terminal_loop import TerminalLoop
from patrol_cli.terminal_screen import JsonScreen, PeopleScreen
from patrol_wire.messages import DispatchView


class Hands:
    """Acts on the terminal's loop; owns the choice of the dispatch."""

    def __init__(self, loop: TerminalLoop, screen: PeopleScreen | JsonScreen) -> None:
        self._loop = loop
        self._screen = screen
        self._chosen: str | None = None
        self.wants_to_quit = False

    def follow(self, press: Press | None) -> None:
        """Do what the simulated person decided."""
        if press is not None:
            self._loop.press(press.dispatch_id, press.step, outcome=press.outcome, reason=SIMULATED)

    def follow_keys(self, keyboard: Keyboard) -> None:
        """Do what was typed, if anything was."""
        if keyboard.descriptor is None or not select.select([keyboard.descriptor], [], [], 0)[0]:
            return
        for wish in keyboard.typed():
            self._do(wish)

    def _do(self, wish: Typed) -> None:
        view = self._current()
        if wish.quit:
            self.wants_to_quit = True
        elif wish.next_dispatch:
            self._choose_next()
            self._screen.hint(self._current())
        elif view is None:
            self._screen.hint(None)
        elif wish.wants_outcome:
            self._screen.ask_outcome()
        elif wish.step is not None:
            self._loop.press(view.dispatch_id, wish.step, outcome=wish.outcome)

    def _current(self) -> DispatchView | None:
        """Return the chosen dispatch, else the one being worked on, else the oldest offer."""
        views = self._loop.book.dispatches
        if self._chosen is not None and self._chosen in views:
            return views[self._chosen]
        working = [view for view in views.values() if view.state != "offered"]
        return next(iter([*working, *views.values()]), None)

    def _choose_next(self) -> None:
        ids = list(self._loop.book.dispatches)
        view = self._current()
        if view is not None:
            self._chosen = ids[(ids.index(view.dispatch_id) + 1) % len(ids)]
