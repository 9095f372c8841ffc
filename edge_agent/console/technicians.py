"""Who may change what is drawn on the pictures: technicians, by name and PIN.

A room knows its operators by name alone, and nobody has to prove one to press a flag. What changes the room for
everybody wants proof: the file ``console.technicians_file`` holds a line for each technician, the name and a hash of
the PIN (``patrol technician`` writes it). Signed on is a browser tab, for half an hour after its last act.
"""

import hashlib
import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Final

from edge_agent.ops.clock import Clock
from edge_agent.settings.errors import SettingsError

SHORTEST_PIN: Final = 6
LONGEST_PIN: Final = 200
IDLE_S: Final = 1_800.0
_TRIES: Final = 5
_PAUSE_S: Final = 60.0
"""After so many wrong PINs in a row nobody signs on under that name for so long: a guess a minute gets nowhere."""
_MOST_SESSIONS: Final = 32
_MOST_NAMES: Final = 256
_COST, _BLOCK, _LANES = 2**14, 8, 1
"""scrypt: 16 MB and some 50 ms a guess (RFC 7914)."""
_MEMORY: Final = 64 * 1024 * 1024
_LINE: Final = re.compile(r"^([a-z0-9][a-z0-9._-]{0,63}) scrypt\$(\d+)\$(\d+)\$(\d+)\$([0-9a-f]+)\$([0-9a-f]+)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedOn:
    """A technician is signed on."""

    name: str
    token: str
    """Shown with every act; known to that tab alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSignedOn:
    """Nobody is."""

    code: str
    """``pin_wrong``, ``pin_wait`` or ``no_technicians``."""
    sentence: str


@dataclass(slots=True)
class _Session:
    name: str
    used_s: float


@dataclass(slots=True)
class _Tries:
    wrong: int = 0
    free_s: float = float("-inf")


class Technicians:
    """The technicians of the room; any thread."""

    def __init__(self, file: str, *, clock: Clock) -> None:
        """``file`` is empty when the room has no technicians. Raises SettingsError when it cannot be used."""
        self._file = file
        self._clock = clock
        self._lock = Lock()
        self._sessions: dict[str, _Session] = {}
        self._tries: dict[str, _Tries] = {}
        read_technicians(file)

    @property
    def is_empty(self) -> bool:
        """Whether the room has no technicians."""
        return not self._file

    def sign_on(self, name: str, pin: str) -> SignedOn | NotSignedOn:
        """Check a PIN; takes some 50 ms whether the name is known or not. Raises SettingsError."""
        if self.is_empty:
            return NotSignedOn(
                code="no_technicians", sentence="this room has no technicians: console.technicians_file is empty"
            )
        with self._lock:  # one after another: guessing in parallel is no faster
            now_s = self._clock.instant()
            tries = self._tries.setdefault(name, _Tries())
            if now_s < tries.free_s:
                wait_s = round(tries.free_s - now_s)
                return NotSignedOn(code="pin_wait", sentence=f"too many wrong PINs for {name}; try again in {wait_s} s")
            known = read_technicians(self._file)
            if not matches(known.get(name, _NOBODY), pin) or name not in known:
                tries.wrong += 1
                if tries.wrong % _TRIES == 0:
                    tries.free_s = now_s + _PAUSE_S
                self._forget_tries()
                return NotSignedOn(code="pin_wrong", sentence="name and PIN do not fit together")
            del self._tries[name]
            token = secrets.token_urlsafe(32)
            self._sessions[token] = _Session(name=name, used_s=now_s)
            while len(self._sessions) > _MOST_SESSIONS:
                del self._sessions[next(iter(self._sessions))]
            return SignedOn(name=name, token=token)

    def sign_off(self, token: str) -> None:
        """End a session; nothing happens when it is over already."""
        with self._lock:
            self._sessions.pop(token, None)

    def who(self, token: str) -> str | None:
        """Return whose session a token is, and prolong it; None when it is nobody's."""
        now_s = self._clock.instant()
        with self._lock:
            session = self._sessions.get(token)
            if session is None:
                return None
            if now_s - session.used_s > IDLE_S:
                del self._sessions[token]
                return None
            session.used_s = now_s
            return session.name

    def _forget_tries(self) -> None:
        while len(self._tries) > _MOST_NAMES:
            del self._tries[next(iter(self._tries))]


def read_technicians(file: str) -> dict[str, str]:
    """Return name → hash of a technicians file; empty for no file. Raises SettingsError."""
    if not file:
        return {}
    try:
        lines = Path(file).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"console.technicians_file {file}: cannot be read ({error}); write it with patrol technician"
        ) from error
    found: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        if _LINE.match(line.strip()) is None:
            raise SettingsError(
                f"console.technicians_file {file}, line {number}: is no name and hash; write it with patrol technician"
            )
        name, _, hashed = line.strip().partition(" ")
        found[name] = hashed
    return found


def write_technician(file: Path, name: str, pin: str | None) -> None:
    """Put a technician's line into the file, in place of an older one; None takes the technician out.

    The file is replaced as a whole, readable for its owner alone. Raises SettingsError.
    """
    known = read_technicians(str(file)) if file.exists() else {}
    known.pop(name, None)
    if pin is not None:
        known[name] = hashed(pin)
    text = "".join(f"{each} {line}\n" for each, line in known.items())
    beside = file.with_name(file.name + ".new")
    try:
        with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        if file.exists():
            beside.chmod(file.stat().st_mode & 0o777)
        beside.replace(file)
    except OSError as error:
        raise SettingsError(f"{file}: cannot be written ({error.strerror}); check the path") from error


def hashed(pin: str) -> str:
    """Return the hash of a PIN under a salt of its own."""
    salt = secrets.token_bytes(16)
    return f"scrypt${_COST}${_BLOCK}${_LANES}${salt.hex()}${_scrypt(pin, salt, _COST, _BLOCK, _LANES).hex()}"


def matches(line: str, pin: str) -> bool:
    """Whether a PIN belongs to a hash; compared in constant time."""
    _, cost, block, lanes, salt, expected = line.split("$")
    found = _scrypt(pin, bytes.fromhex(salt), int(cost), int(block), int(lanes))
    return secrets.compare_digest(found.hex(), expected)


def _scrypt(pin: str, salt: bytes, cost: int, block: int, lanes: int) -> bytes:
    return hashlib.scrypt(pin.encode(), salt=salt, n=cost, r=block, p=lanes, maxmem=_MEMORY, dklen=32)


_NOBODY: Final = f"scrypt${_COST}${_BLOCK}${_LANES}${'00' * 16}${'00' * 32}"
