"""Digest authentication against the examples of the RFCs."""

import pytest

from patrol_sim.rtsp.digest import Account, DigestAlgorithm, build_challenge, expected_response, is_authorised

NONCE_2617 = "dcd98b7102dd2f0e8b11d0f600bfb0c093"
NONCE_7616 = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"


def test_rfc_2617_section_3_5() -> None:
    account = Account(username="Mufasa", password="Circle Of Life")
    credentials = {"uri": "/dir/index.html", "nonce": NONCE_2617, "qop": "auth", "nc": "00000001", "cnonce": "0a4f113b"}
    response = expected_response(account, realm="testrealm@host.com", method="GET", credentials=credentials)
    assert response == "6629fae49393a05397450978507c4ef1"


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        (DigestAlgorithm.MD5, "8ca523f5e9506fed4657c9700eebdbec"),
        (DigestAlgorithm.SHA_256, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_rfc_7616_section_3_9_1(algorithm: DigestAlgorithm, response: str) -> None:
    account = Account(username="Mufasa", password="Circle of Life", algorithm=algorithm)
    header = (
        'Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", '
        f'algorithm={algorithm}, nonce="{NONCE_7616}", nc=00000001, '
        'cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth, '
        f'response="{response}", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
    )
    told = {"method": "GET", "realm": "http-auth@example.org"}
    assert is_authorised(account, header=header, nonce=NONCE_7616, **told)
    assert not is_authorised(account, header=header, nonce="another", **told), "a nonce of another connection"
    assert not is_authorised(account, header=header.replace("GiTo0v", "GiTo0w"), nonce=NONCE_7616, **told)
    other = Account(username="Mufasa", password="circle of life", algorithm=algorithm)
    assert not is_authorised(other, header=header, nonce=NONCE_7616, **told), "another password"


@pytest.mark.parametrize("header", [None, "", "Basic dTpw", "Digest", 'Digest username="u', "Digest \xff=\xff, ü=ü"])
def test_anything_that_is_no_proof_is_no_proof(header: str | None) -> None:
    account = Account(username="u", password="p")
    assert not is_authorised(account, header=header, method="DESCRIBE", realm="r", nonce="n")


def test_an_open_camera_asks_nobody() -> None:
    assert is_authorised(Account(username="", password=""), header=None, method="DESCRIBE", realm="r", nonce="n")


def test_only_an_unusual_algorithm_is_named() -> None:
    assert build_challenge(Account(username="u", password="p"), realm="r", nonce="n") == 'Digest realm="r", nonce="n"'
    stronger = Account(username="u", password="p", algorithm=DigestAlgorithm.SHA_256)
    assert build_challenge(stronger, realm="r", nonce="n").endswith(", algorithm=SHA-256")
