"""Web Push on the wire: the payload only the browser can read (RFC 8188, 8291) and who we are (VAPID, RFC 8292).

Pure but for the keys and salt that are drawn; sending is push.py's.
"""

import base64
import json
import os
from typing import Final
from urllib.parse import urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

RECORD_BYTES: Final = 4_096
LARGEST_PAYLOAD: Final = 3_993
"""What fits one record beside header, padding and tag; push services need take no more (RFC 8291 §4)."""
_POINT_BYTES: Final = 65
_AUTH_BYTES: Final = 16
_SALT_BYTES: Final = 16
_VALID_S: Final = 12 * 3_600
"""A token is good for half a day; RFC 8292 allows a day at most."""
_CURVE: Final = ec.SECP256R1()


class PushKeyError(ValueError):
    """A key of Web Push that cannot be used: one sentence saying what is wrong."""


def new_key() -> bytes:
    """Return a fresh VAPID key as PEM."""
    return ec.generate_private_key(_CURVE).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def read_key(pem: bytes) -> ec.EllipticCurvePrivateKey:
    """Return the key of a PEM text; raises PushKeyError."""
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise PushKeyError("is no private key in PEM; make one with: patrol relay push-key FILE") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != _CURVE.name:
        raise PushKeyError("is no key on the curve P-256; make one with: patrol relay push-key FILE")
    return key


def public_text(key: ec.EllipticCurvePrivateKey) -> str:
    """Return the public key as browsers want it: ``applicationServerKey``."""
    return pack(_point(key.public_key()))


def encrypt(
    payload: bytes,
    *,
    p256dh: str,
    auth: str,
    own: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes | None = None,
) -> bytes:
    """Return the body in ``aes128gcm``; raises PushKeyError for a subscription whose keys are none.

    ``own`` and ``salt`` are drawn afresh for each message; only a test vector gives them.
    """
    if len(payload) > LARGEST_PAYLOAD:
        raise ValueError(f"{len(payload)} bytes do not fit a push message of {LARGEST_PAYLOAD}")
    theirs, secret = browser_keys(p256dh, auth)
    own = own if own is not None else ec.generate_private_key(_CURVE)
    salt = salt if salt is not None else os.urandom(_SALT_BYTES)
    ours = _point(own.public_key())
    shared = own.exchange(ec.ECDH(), theirs)
    material = _derive(secret, shared, b"WebPush: info\0" + _point(theirs) + ours, 32)
    key = _derive(salt, material, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derive(salt, material, b"Content-Encoding: nonce\0", 12)
    header = salt + RECORD_BYTES.to_bytes(4, "big") + bytes([len(ours)]) + ours
    return header + AESGCM(key).encrypt(nonce, payload + b"\x02", None)  # 2: the last record


def browser_keys(p256dh: str, auth: str) -> tuple[ec.EllipticCurvePublicKey, bytes]:
    """Return the keys of a subscription; raises PushKeyError."""
    try:
        point, secret = unpack(p256dh), unpack(auth)
        if len(point) != _POINT_BYTES or len(secret) != _AUTH_BYTES:
            raise ValueError(f"{len(point)} and {len(secret)} bytes, wanted {_POINT_BYTES} and {_AUTH_BYTES}")
        return ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, point), secret
    except ValueError as error:
        raise PushKeyError(f"p256dh and auth are not the keys of a subscription ({error})") from error


def vapid(key: ec.EllipticCurvePrivateKey, endpoint: str, *, subject: str, now_s: int) -> str:
    """Return the Authorization header that says who pushes."""
    parts = urlsplit(endpoint)
    claims = {"aud": f"{parts.scheme}://{parts.netloc}", "exp": now_s + _VALID_S, "sub": subject}
    signed = ".".join(pack(json.dumps(part, separators=(",", ":")).encode()) for part in (_JWT_HEADER, claims))
    r, s = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    token = f"{signed}.{pack(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"
    return f"vapid t={token}, k={public_text(key)}"


_JWT_HEADER: Final = {"typ": "JWT", "alg": "ES256"}


def pack(raw: bytes) -> str:
    """Return base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unpack(text: str) -> bytes:
    """Return the bytes of base64url with or without padding; raises ValueError."""
    return base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), altchars=b"-_", validate=True)


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)


def _derive(salt: bytes, material: bytes, what: bytes, length: int) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=length, salt=salt, info=what).derive(material)
