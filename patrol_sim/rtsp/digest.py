"""Digest access authentication as cameras do it (RFC 2617, RFC 7616): MD5 or SHA-256, with and without qop. Pure."""

import hashlib
import hmac
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_PARAMETER: Final = re.compile(r'([a-zA-Z0-9_-]{1,32})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))\s*(?:,|\Z)')
MAX_CREDENTIALS_BYTES: Final = 4096


class DigestAlgorithm(StrEnum):
    """Hash of the challenge; the value is its name on the wire."""

    MD5 = "MD5"
    SHA_256 = "SHA-256"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who may watch a camera. An empty user name opens it to everyone."""

    username: str
    password: str
    algorithm: DigestAlgorithm = DigestAlgorithm.MD5


def build_challenge(account: Account, *, realm: str, nonce: str) -> str:
    """Return the WWW-Authenticate value."""
    # MD5 is the default of both RFCs; naming it makes some old cameras' clients fail, so only others are named.
    named = "" if account.algorithm is DigestAlgorithm.MD5 else f", algorithm={account.algorithm}"
    return f'Digest realm="{realm}", nonce="{nonce}"{named}'


def read_credentials(header: str) -> dict[str, str] | None:
    """Return the parameters of an Authorization value, names in lower case; None when it is no digest."""
    scheme, _, rest = header[:MAX_CREDENTIALS_BYTES].strip().partition(" ")
    if scheme.lower() != "digest":
        return None
    return {
        found[1].lower(): re.sub(r"\\(.)", r"\1", found[2]) if found[2] is not None else (found[3] or "")
        for found in _PARAMETER.finditer(rest)
    }


def _digest(algorithm: DigestAlgorithm, text: str) -> str:
    if algorithm is DigestAlgorithm.MD5:
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
    return hashlib.sha256(text.encode()).hexdigest()


def expected_response(account: Account, *, realm: str, method: str, credentials: dict[str, str]) -> str:
    """Return the response a client that knows the password computes from these parameters."""
    secret = _digest(account.algorithm, f"{account.username}:{realm}:{account.password}")
    action = _digest(account.algorithm, f"{method}:{credentials.get('uri', '')}")
    nonce = credentials.get("nonce", "")
    if "qop" in credentials:
        count, client = credentials.get("nc", ""), credentials.get("cnonce", "")
        return _digest(account.algorithm, f"{secret}:{nonce}:{count}:{client}:{credentials['qop']}:{action}")
    return _digest(account.algorithm, f"{secret}:{nonce}:{action}")


def is_authorised(account: Account, *, header: str | None, method: str, realm: str, nonce: str) -> bool:
    """Tell whether the Authorization value proves the account's password for this method and our nonce."""
    if not account.username:
        return True
    credentials = read_credentials(header) if header is not None else None
    if credentials is None:
        return False
    named = credentials.get("algorithm", DigestAlgorithm.MD5)
    same_place = (
        credentials.get("username") == account.username
        and credentials.get("realm") == realm
        and hmac.compare_digest(credentials.get("nonce", "").encode(), nonce.encode())
        and named.upper() == account.algorithm
    )
    expected = expected_response(account, realm=realm, method=method, credentials=credentials)
    return same_place and hmac.compare_digest(expected.encode(), credentials.get("response", "").lower().encode())
