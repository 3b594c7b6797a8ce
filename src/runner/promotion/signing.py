"""A bundle may be signed: somebody vouches for its checksums with an Ed25519 key, whoever hands the bundle on.

Checksums say that a bundle is what was written, the ledger that it was promoted here, a signature by whom it was
released. The cryptography is a library's (the extra `sign`).
"""

import base64
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from components.errors import ConfigError, DataError
from components.optional import installation
from runner.bundle.layout import SIGNATURE, SUMS, read_verified
from runner.recording import testimony
from runner.recording.ledger import Ledger
from runner.storage.disk import write_atomically

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

PACKAGE = "cryptography"
PURPOSE = b"assay bundle\n"
"""Stands before what is signed, so that no signature made for something else fits."""


def sign(folder: Path, key: Path, ledger: Ledger) -> str:
    """Signs a version with a private key in PEM; gives the fingerprint of its public half. Raises ConfigError for a
    key that is none, DataError for a bundle that is not whole."""
    read_verified(folder)
    private = _private(key)
    public = _raw(private.public_key())
    signature = private.sign(PURPOSE + (folder / SUMS).read_bytes())
    content = {"public_key": base64.b64encode(public).decode(), "signature": base64.b64encode(signature).decode()}
    write_atomically(folder / SIGNATURE, json.dumps(content, indent=1).encode() + b"\n")
    by = testimony.digest(public)
    sums = testimony.digests(folder, [SUMS])[SUMS]
    testimony.note(ledger, testimony.SIGNED, sums, {"name": folder.parent.name, "version": folder.name, "by": by})
    return by


def signed_by(folder: Path, trusted: Path | None = None) -> str | None:
    """Fingerprint of the key that signed a version; None where nobody did. trusted: a public key in PEM, which it must
    be. Raises DataError for a signature that does not fit, or another's."""
    wanted = None if trusted is None else _raw(_public(trusted))
    if not (folder / SIGNATURE).is_file():
        if wanted is not None:
            raise DataError(f"{folder}: is not signed; ask whoever released it for a signed one")
        return None
    try:
        content = json.loads((folder / SIGNATURE).read_bytes())
        public, signature = (base64.b64decode(content[name], validate=True) for name in ("public_key", "signature"))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise DataError(f"{folder / SIGNATURE}: is no signature; remove it, or restore it from a copy") from None
    if wanted is not None and public != wanted:
        raise DataError(
            f"{folder / SIGNATURE}: signed by {testimony.digest(public)[:16]}, not by the key that is trusted"
        )
    if not _fits(public, signature, PURPOSE + (folder / SUMS).read_bytes()):
        raise DataError(f"{folder / SIGNATURE}: does not fit the bundle; it was signed as another, or by nobody")
    return testimony.digest(public)


def _fits(public: bytes, signature: bytes, message: bytes) -> bool:
    ed25519 = _library()
    from cryptography.exceptions import InvalidSignature

    try:
        ed25519.Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _private(file: Path) -> "Ed25519PrivateKey":
    ed25519 = _library()
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(file.read_bytes(), password=None)
    except (OSError, ValueError, TypeError):
        key = None
    if not isinstance(key, ed25519.Ed25519PrivateKey):
        raise ConfigError(f"{file}: no Ed25519 key; make one with: openssl genpkey -algorithm ed25519 -out {file}")
    private: Ed25519PrivateKey = key
    return private


def _public(file: Path) -> "Ed25519PublicKey":
    ed25519 = _library()
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(file.read_bytes())
    except (OSError, ValueError, TypeError):
        key = None
    if not isinstance(key, ed25519.Ed25519PublicKey):
        raise ConfigError(f"{file}: no public Ed25519 key; openssl pkey -in KEY -pubout writes it")
    public: Ed25519PublicKey = key
    return public


def _raw(public: "Ed25519PublicKey") -> bytes:
    return public.public_bytes_raw()


def _library() -> Any:
    """Raises ConfigError where the extra is not installed."""
    try:
        from cryptography.hazmat.primitives.asymmetric import ed25519
    except ImportError:
        raise ConfigError(f"signatures need a library; {installation((PACKAGE,))}") from None
    return ed25519
