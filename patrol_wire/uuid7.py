"""UUIDv7 (RFC 9562 §5.7) from values the caller measured, so that decisions stay pure."""

from typing import Final

RANDOM_BYTES: Final = 8


def uuid7(unix_us: int, randomness: bytes) -> str:
    """Return a time-ordered UUID from UTC microseconds and 8 random bytes.

    Milliseconds fill the 48-bit time field and the microseconds within them the 12 bits of rand_a
    (RFC 9562 §6.2 method 3), so ids of one source sort by time below a millisecond.
    """
    if len(randomness) != RANDOM_BYTES:
        raise ValueError(f"uuid7 needs {RANDOM_BYTES} random bytes, got {len(randomness)}")
    millis, micros = divmod(unix_us, 1_000)
    rand_a = (micros * 4096) // 1000
    rand_b = int.from_bytes(randomness, "big") & ((1 << 62) - 1)
    value = (millis & ((1 << 48) - 1)) << 80 | 0x7 << 76 | rand_a << 64 | 0b10 << 62 | rand_b
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
