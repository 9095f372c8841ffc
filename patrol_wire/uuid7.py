"""UUIDv7 (RFC 9562 §5.7) from values the caller measured, so that decisions stay pure."""

from typing import Final

RANDOM_BYTES: Final = 8
_RAND_B: Final = (1 << 62) - 1
_VARIANT: Final = 0b10 << 62


def uuid7(unix_us: int, randomness: bytes) -> str:
    """Return a time-ordered UUID from UTC microseconds and 8 random bytes.

    Milliseconds fill the 48-bit time field and the microseconds within them the 12 bits of rand_a
    (RFC 9562 §6.2 method 3), so ids of one source sort by time below a millisecond.
    """
    return uuid7_head(unix_us) + uuid7_tail(randomness)


def uuid7_head(unix_us: int) -> str:
    """Return the first half of a UUIDv7, which ids of one microsecond share."""
    millis, micros = divmod(unix_us, 1_000)
    rand_a = (micros * 4096) // 1000
    text = f"{(millis & ((1 << 48) - 1)) << 16 | 0x7 << 12 | rand_a:016x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:]}-"


def uuid7_tail(randomness: bytes) -> str:
    """Return the second half: the variant and 62 random bits."""
    if len(randomness) != RANDOM_BYTES:
        raise ValueError(f"uuid7 needs {RANDOM_BYTES} random bytes, got {len(randomness)}")
    return uuid7_tail_of(int.from_bytes(randomness, "big"))


def uuid7_tail_of(number: int) -> str:
    """Return the second half from the 62 low bits of a number: greater numbers give ids that sort later."""
    text = f"{number & _RAND_B | _VARIANT:016x}"
    return f"{text[:4]}-{text[4:]}"
