"""RTP payloads back to NAL units, written from RFC 6184 and RFC 7798 for the tests."""

from collections.abc import Sequence


def depacketise_h264(payloads: Sequence[bytes]) -> list[bytes]:
    """Return the units of payloads without losses; fails on anything that RFC 6184 mode 1 does not allow."""
    units: list[bytes] = []
    open_unit: bytearray | None = None
    for payload in payloads:
        if payload[0] & 0x1F != 28:
            assert open_unit is None, "a unit began inside a fragmented one"
            units.append(payload)
            continue
        start, end = bool(payload[1] & 0x80), bool(payload[1] & 0x40)
        assert not (start and end), "RFC 6184 §5.8: one fragment must not be start and end"
        if start:
            assert open_unit is None, "a fragmented unit began inside another"
            open_unit = bytearray([payload[0] & 0xE0 | payload[1] & 0x1F])
        assert open_unit is not None, "a fragment without a start"
        open_unit += payload[2:]
        if end:
            units.append(bytes(open_unit))
            open_unit = None
    assert open_unit is None, "a fragmented unit without an end"
    return units


def depacketise_h265(payloads: Sequence[bytes]) -> list[bytes]:
    """Return the units of payloads without losses (RFC 7798 without DONL)."""
    units: list[bytes] = []
    open_unit: bytearray | None = None
    for payload in payloads:
        if payload[0] >> 1 & 0x3F != 49:
            assert open_unit is None, "a unit began inside a fragmented one"
            units.append(payload)
            continue
        start, end, kind = bool(payload[2] & 0x80), bool(payload[2] & 0x40), payload[2] & 0x3F
        assert not (start and end), "RFC 7798 §4.4.3: one fragment must not be start and end"
        if start:
            assert open_unit is None, "a fragmented unit began inside another"
            open_unit = bytearray([payload[0] & 0x81 | kind << 1, payload[1]])
        assert open_unit is not None, "a fragment without a start"
        open_unit += payload[3:]
        if end:
            units.append(bytes(open_unit))
            open_unit = None
    assert open_unit is None, "a fragmented unit without an end"
    return units
