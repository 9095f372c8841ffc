"""Key files and peer lists: what is written is read back, what is wrong is named."""

import pytest

from patrol_wire.ids import NodeName, Role
from patrol_wire.keys import (
    KeyFileError,
    KeyPair,
    KeyState,
    Peer,
    format_key_pair,
    format_peers,
    parse_key_pair,
    parse_peers,
)

PUBLIC = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"
SECRET = "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs"


@pytest.mark.parametrize("secret", [SECRET, None])
def test_a_key_file_survives_the_round_trip(secret: str | None) -> None:
    pair = KeyPair(node=NodeName("room-1"), public_key=PUBLIC, secret_key=secret)
    assert parse_key_pair(format_key_pair(pair)) == pair


def test_a_peer_list_survives_the_round_trip() -> None:
    peers = (
        Peer(node=NodeName("room-1"), role=Role.ROOM, public_key=PUBLIC, area="t01-c03"),
        Peer(node=NodeName("unit-9"), role=Role.TERMINAL, public_key=SECRET, state=KeyState.REVOKED),
    )
    assert parse_peers(format_peers(peers)) == peers


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("node = ", "not TOML"),
        (f'node = "Room 1"\npublic_key = "{PUBLIC}"', "node is missing or not a name"),
        ('node = "room-1"\npublic_key = "short"', "public_key is missing or not 40 characters"),
        (f'node = "room-1"\npublic_key = "{PUBLIC}"\nsecret_key = 4', "secret_key is missing or not 40"),
        (f'node = "room-1"\npublic_key = "{PUBLIC}"\ncolour = "red"', "unknown key 'colour'"),
    ],
)
def test_a_bad_key_file_is_refused_with_what_is_wrong(text: str, says: str) -> None:
    with pytest.raises(KeyFileError, match=says):
        parse_key_pair(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[peer", "not TOML"),
        ("[peers]", "unknown key 'peers'"),
        (f'[[peer]]\nnode = "a"\nrole = "king"\npublic_key = "{PUBLIC}"', "number 1"),
        ('[[peer]]\nnode = "a"\nrole = "room"\npublic_key = "x"', "a: public_key is not 40"),
        (
            (
                f'[[peer]]\nnode = "a"\nrole = "room"\npublic_key = "{PUBLIC}"\n'
                f'[[peer]]\nnode = "b"\nrole = "room"\npublic_key = "{PUBLIC}"'
            ),
            "b: has the same public_key as a",
        ),
    ],
)
def test_a_bad_peer_list_is_refused_naming_the_entry(text: str, says: str) -> None:
    with pytest.raises(KeyFileError, match=says):
        parse_peers(text)
