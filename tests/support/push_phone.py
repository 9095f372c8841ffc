"""A phone with Web Push: its keys, and reading what a push service hands it, by RFC 8188, 8291 and 8292 alone."""

import base64
import hashlib
import hmac
import json
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CURVE = ec.SECP256R1()


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _expand(salt: bytes, material: bytes, what: bytes, length: int) -> bytes:
    """HKDF with SHA-256 for at most one block (RFC 5869)."""
    key = hmac.digest(salt, material, hashlib.sha256)
    return hmac.digest(key, what + b"\x01", hashlib.sha256)[:length]


class PushPhone:
    """One browser's subscription."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._key = ec.generate_private_key(CURVE)
        self._public = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self._auth = bytes(range(16))

    def subscription(self) -> dict[str, Any]:
        """Return what the browser's ``toJSON()`` gives."""
        return {
            "endpoint": self.endpoint,
            "expirationTime": None,
            "keys": {"p256dh": b64(self._public), "auth": b64(self._auth)},
        }

    def read(self, body: bytes) -> dict[str, Any]:
        """Decrypt a push message."""
        salt, size, length = body[:16], int.from_bytes(body[16:20], "big"), body[20]
        theirs, sealed = body[21 : 21 + length], body[21 + length :]
        assert len(sealed) <= size
        shared = self._key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, theirs))
        material = _expand(self._auth, shared, b"WebPush: info\0" + self._public + theirs, 32)
        key = _expand(salt, material, b"Content-Encoding: aes128gcm\0", 16)
        nonce = _expand(salt, material, b"Content-Encoding: nonce\0", 12)
        plain = AESGCM(key).decrypt(nonce, sealed, None)
        assert plain.endswith(b"\x02"), "the last record is marked"
        found: dict[str, Any] = json.loads(plain[:-1])
        return found


def vapid_claims(authorization: str) -> tuple[dict[str, Any], str]:
    """Check the signature of a VAPID header; return its claims and the key that signed."""
    scheme, _, rest = authorization.partition(" ")
    assert scheme == "vapid"
    parts = dict(part.strip().split("=", 1) for part in rest.split(","))
    header, claims, signature = parts["t"].split(".")
    assert json.loads(unb64(header)) == {"typ": "JWT", "alg": "ES256"}
    raw = unb64(signature)
    point = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, unb64(parts["k"]))
    signed = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    point.verify(signed, f"{header}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    found: dict[str, Any] = json.loads(unb64(claims))
    return found, parts["k"]
