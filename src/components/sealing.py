"""Bytes that only a key opens, and that nobody can change unseen: AES-256-GCM, by the package `cryptography`.

A sealed file is a line MAGIC, a line of JSON that anybody may read (the header, which is authenticated too), a nonce of
12 bytes and the ciphertext.
"""

import base64
import binascii
import json
import os
from collections.abc import Mapping
from typing import Any

from components.errors import ConfigError, DataError

MAGIC = b"assay sealed 1\n"
DISTRIBUTION = "cryptography"
KEY_BYTES, NONCE_BYTES = 32, 12


def new_key() -> str:
    """A key as a text that fits into an environment variable."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return base64.urlsafe_b64encode(AESGCM.generate_key(bit_length=8 * KEY_BYTES)).decode()


def key_of(variable: str) -> bytes:
    """The key that an environment variable holds. Raises ConfigError where there is none."""
    text = os.environ.get(variable, "")
    if not text:
        raise ConfigError(
            f"{variable}: holds no key; set it to the one that python -m runner seal --new-key printed, or have the "
            "one do this who keeps it"
        )
    try:
        key = base64.urlsafe_b64decode(text)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise ConfigError(f"{variable}: is no key; python -m runner seal --new-key prints one")
    return key


def sealed(data: bytes, header: Mapping[str, Any], key: bytes) -> bytes:
    """The content of a sealed file."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    line = json.dumps(header, sort_keys=True).encode() + b"\n"
    nonce = os.urandom(NONCE_BYTES)
    return MAGIC + line + nonce + AESGCM(key).encrypt(nonce, data, MAGIC + line)


def header_of(content: bytes, where: str) -> dict[str, Any]:
    """What anybody may read of a sealed file. Raises DataError where it is none."""
    line, end, _ = content.removeprefix(MAGIC).partition(b"\n")
    try:
        header = json.loads(line) if content.startswith(MAGIC) and end else None
    except ValueError:
        header = None
    if not isinstance(header, dict):
        raise DataError(f"{where}: is no sealed file; python -m runner seal writes one")
    return header


def opened(content: bytes, key: bytes, where: str) -> bytes:
    """What was sealed. Raises DataError where the key is another one, or any byte was changed."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    header_of(content, where)
    line, _, rest = content.removeprefix(MAGIC).partition(b"\n")
    nonce, cipher = rest[:NONCE_BYTES], rest[NONCE_BYTES:]
    try:
        return AESGCM(key).decrypt(nonce, cipher, MAGIC + line + b"\n")
    except (InvalidTag, ValueError):
        raise DataError(f"{where}: does not open: the key is another one, or the file was changed") from None
