"""What a gate grants itself follows how many peers its list holds."""

from relay.gate.gate_settings import HANDSHAKE_MS, handshake_ms_for, memory_mb_for


def test_a_small_site_keeps_the_short_handshake() -> None:
    """A pending key is asked again after it: a room that is set up should not wait for half a minute."""
    assert handshake_ms_for(HANDSHAKE_MS, 300) == HANDSHAKE_MS


def test_a_city_that_connects_at_once_is_given_the_time() -> None:
    """10,000 handshakes take longer than 5 s; whoever was cut off would begin again and double the work."""
    assert handshake_ms_for(HANDSHAKE_MS, 10_000) == 20_000


def test_the_cap_grows_with_the_peers_it_must_hold() -> None:
    """At 48 KiB for each connection the fixed 512 MiB fell at 9,000."""
    assert memory_mb_for(512, 0) == 512
    assert memory_mb_for(512, 10_000) == 1_137
