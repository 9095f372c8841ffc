"""Pure checks of who is asking."""

import base64

import pytest
from starlette.datastructures import Headers

from relay.web.access import host_of, is_foreign, is_loopback, shown_token


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.8.9.10", True),
        ("::1", True),
        ("[::1]", True),
        ("localhost", True),
        ("LOCALHOST", True),
        ("0.0.0.0", False),
        ("10.0.0.1", False),
        # a name may point anywhere, also at us
        ("relay.example", False),
        ("localhost.evil.example", False),
        ("", False),
    ],
)
def test_only_addresses_of_this_machine_are_loopback(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


@pytest.mark.parametrize(
    ("header", "host"),
    [("127.0.0.1:7790", "127.0.0.1"), ("[::1]:7790", "::1"), ("Relay.Example", "relay.example"), ("", "")],
)
def test_the_host_header_loses_its_port(header: str, host: str) -> None:
    assert host_of(header) == host


@pytest.mark.parametrize(
    ("origin", "foreign"),
    [
        (None, False),
        ("http://127.0.0.1:7790", False),
        ("http://127.0.0.1:7791", True),
        ("http://evil.example", True),
        # what a sandboxed frame or a file sends
        ("null", True),
    ],
)
def test_an_origin_must_be_the_relay_s_own(origin: str | None, foreign: bool) -> None:
    headers = {"host": "127.0.0.1:7790"} | ({"origin": origin} if origin is not None else {})
    assert is_foreign(Headers(headers)) is foreign


def test_the_token_comes_in_the_header_or_in_a_subprotocol() -> None:
    token = "日本-token-of-sixteen"
    packed = base64.urlsafe_b64encode(token.encode()).decode().rstrip("=")
    assert shown_token(Headers({"authorization": "bearer abc "}), ()) == "abc"
    assert shown_token(Headers({}), ("patrol.v1", f"bearer.{packed}")) == token


@pytest.mark.parametrize("protocol", ["bearer.", "bearer.%%%", "bearer._w", "patrol.v1"])
def test_a_subprotocol_that_is_no_token_shows_none(protocol: str) -> None:
    assert shown_token(Headers({}), (protocol,)) == ""
