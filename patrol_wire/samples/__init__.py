"""Golden encodings of every message and record, frozen per protocol version in ``v1/``."""
