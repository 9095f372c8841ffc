"""Web Push on the wire, against the standard's own example and an independent reader."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from relay.notify.push import is_push_service
from relay.notify.push_message import (
    LARGEST_PAYLOAD,
    PushKeyError,
    encrypt,
    new_key,
    pack,
    public_text,
    read_key,
    unpack,
    vapid,
)
from tests.support.push_phone import PushPhone, vapid_claims

# RFC 8291, appendix A.
PLAIN = b"When I grow up, I want to be a watermelon"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
THEIRS = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
OWN = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
SEALED = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_"
    "yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def test_the_example_of_the_standard_comes_out() -> None:
    own = ec.derive_private_key(int.from_bytes(unpack(OWN), "big"), ec.SECP256R1())
    assert pack(encrypt(PLAIN, p256dh=THEIRS, auth=AUTH, own=own, salt=unpack(SALT))) == SEALED


def test_a_phone_reads_the_largest_message_and_one_more_byte_is_refused() -> None:
    phone = PushPhone("https://push.example/1")
    keys = phone.subscription()["keys"]
    largest = b'{"a":"' + b"x" * (LARGEST_PAYLOAD - 8) + b'"}'
    assert len(phone.read(encrypt(largest, **keys))["a"]) == LARGEST_PAYLOAD - 8
    with pytest.raises(ValueError, match="do not fit"):
        encrypt(largest + b" ", **keys)


def test_no_two_messages_are_alike() -> None:
    keys = PushPhone("https://push.example/1").subscription()["keys"]
    assert encrypt(b"{}", **keys) != encrypt(b"{}", **keys)


@pytest.mark.parametrize(
    ("p256dh", "auth"),
    [("", AUTH), (THEIRS, ""), (THEIRS[:-4], AUTH), ("B" + "A" * 86, AUTH), ("!" * 87, AUTH), (THEIRS, "ä" * 22)],
)
def test_keys_that_are_none_are_refused(p256dh: str, auth: str) -> None:
    with pytest.raises(PushKeyError):
        encrypt(b"{}", p256dh=p256dh, auth=auth)


def test_vapid_says_who_pushes_to_whom_and_how_long_that_holds() -> None:
    key = read_key(new_key())
    header = vapid(key, "https://push.example:8443/a/b?c", subject="mailto:duty@city.example", now_s=1_000)
    claims, signed_by = vapid_claims(header)
    assert claims == {"aud": "https://push.example:8443", "exp": 1_000 + 43_200, "sub": "mailto:duty@city.example"}
    assert signed_by == public_text(key)


@pytest.mark.parametrize("pem", [b"", b"-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n"])
def test_a_file_that_holds_no_key_is_refused(pem: bytes) -> None:
    with pytest.raises(PushKeyError, match="push-key"):
        read_key(pem)


@pytest.mark.parametrize(
    ("endpoint", "allowed"),
    [
        ("https://push.example/1", True),
        ("https://PUSH.example:443/1", True),
        ("https://a.wns.example/1", True),
        ("https://wns.example/1", False),
        ("https://evilwns.example/1", False),
        ("http://push.example/1", False),  # unencrypted, and no loopback
        ("http://127.0.0.1:5000/1", True),
        ("http://169.254.169.254/latest", False),  # what a subscription must never reach
        ("https://push.example@evil.example/1", False),
        ("https://user@push.example/1", False),
        ("file:///etc/passwd", False),
        ("https://[::1", False),
    ],
)
def test_a_subscription_leads_to_push_services_alone(endpoint: str, allowed: bool) -> None:
    assert is_push_service(endpoint, ("push.example", "*.wns.example", "127.0.0.1")) is allowed
