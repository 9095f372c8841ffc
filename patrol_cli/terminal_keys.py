"""What a person types at a terminal: single keys on a real one, words per line from a pipe."""

import os
import sys
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from patrol_wire.ids import Outcome, Step

_STEP_KEYS: Final = {
    "a": Step.ACCEPT,
    "e": Step.EN_ROUTE,
    "s": Step.ON_SCENE,
    "d": Step.DECLINE,
    "k": Step.CHECK_IN,
    "+": Step.ASSIST,
    "h": Step.HAND_OVER,
}
_OUTCOME_KEYS: Final = {"1": Outcome.CONFIRMED, "2": Outcome.NOTHING_FOUND, "3": Outcome.FALSE_ALARM}
_MAX_LINE_BYTES: Final = 4_096


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What the person wants. A step without words acts on the chosen dispatch."""

    step: Step | None = None
    outcome: Outcome | None = None
    wants_outcome: bool = False
    """Clear was pressed: the next key says how it was found."""
    next_dispatch: bool = False
    quit: bool = False


class KeyReader:
    """Turns characters into wishes; remembers only that an outcome is awaited."""

    def __init__(self) -> None:
        self._asked = False

    def read(self, characters: str) -> Iterator[Typed]:
        """Yield what each key means; keys without a meaning are passed over."""
        for key in characters.lower():
            if self._asked:
                self._asked = False
                if key in _OUTCOME_KEYS:
                    yield Typed(step=Step.CLEAR, outcome=_OUTCOME_KEYS[key])
                continue
            if key in _STEP_KEYS:
                yield Typed(step=_STEP_KEYS[key])
            elif key == "c":
                self._asked = True
                yield Typed(wants_outcome=True)
            elif key == "n":
                yield Typed(next_dispatch=True)
            elif key in ("q", "\x03", "\x04"):
                yield Typed(quit=True)


def read_line(line: str) -> Typed | None:
    """Return what a line means: a step's word, ``clear OUTCOME``, ``next`` or ``quit``; None for anything else."""
    words = line.split()
    match words:
        case ["quit"]:
            return Typed(quit=True)
        case ["next"]:
            return Typed(next_dispatch=True)
        case ["clear", outcome] if outcome in list(Outcome):
            return Typed(step=Step.CLEAR, outcome=Outcome(outcome))
        case [word] if word in list(Step) and word != Step.CLEAR:
            return Typed(step=Step(word))
        case _:
            return None


class Keyboard:
    """Standard input, read without waiting; its descriptor can be polled."""

    def __init__(self) -> None:
        self.descriptor: int | None = sys.stdin.fileno()
        self._is_terminal = sys.stdin.isatty()
        self._keys = KeyReader()
        self._line = b""

    def typed(self) -> Iterator[Typed]:
        """Yield what was typed; call when the descriptor is readable."""
        if self.descriptor is None:
            return
        try:
            raw = os.read(self.descriptor, _MAX_LINE_BYTES)
        except OSError:
            raw = b""
        if not raw:
            self.descriptor = None  # the pipe ended: the terminal goes on without a keyboard
            return
        if self._is_terminal:
            yield from self._keys.read(raw.decode("utf-8", "ignore"))
            return
        *lines, rest = (self._line + raw).split(b"\n")
        self._line = rest[-_MAX_LINE_BYTES:]
        for line in lines:
            wish = read_line(line.decode("utf-8", "replace"))
            if wish is not None:
                yield wish


@contextmanager
def single_keys() -> Iterator[None]:
    """Let a real terminal give each key at once; as it was afterwards."""
    if not sys.stdin.isatty():
        yield
        return
    before = termios.tcgetattr(sys.stdin)
    try:
        tty.setcbreak(sys.stdin)
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)
