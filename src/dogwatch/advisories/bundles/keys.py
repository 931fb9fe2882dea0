"""Ed25519 keys in PEM files, as `openssl genpkey -algorithm ed25519` and `openssl pkey -pubout` write them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from dogwatch.model.errors import ConfigError

TRUSTED_KEYS = "DOGWATCH_BUNDLE_KEYS"
SIGNING_KEY = "--key"

_MOST_BYTES = 1024 * 1024  # thousands of keys; more is a device or the wrong file
_PUBLIC_KEY = re.compile(rb"-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----", re.DOTALL)


def name_key(key: Ed25519PublicKey) -> str:
    """Return what a key is called in a bundle: the SHA-256 of its 32 bytes, in hexadecimal."""
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()


def read_signing_key(path: Path) -> Ed25519PrivateKey:
    """Return the private key of a PEM file.

    Raises:
        ConfigError: it cannot be read, asks for a password, or is none of Ed25519.
    """
    try:
        key = load_pem_private_key(_read(path, SIGNING_KEY), password=None)
    except TypeError as locked:
        raise ConfigError(SIGNING_KEY, f"{path}: the key asks for a password; one without is needed") from locked
    except (ValueError, UnsupportedAlgorithm) as refused:
        raise ConfigError(SIGNING_KEY, f"{path}: not a private key in PEM") from refused
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigError(SIGNING_KEY, f"{path}: not an Ed25519 key (openssl genpkey -algorithm ed25519)")
    return key


def read_trusted_keys(path: Path) -> Mapping[str, Ed25519PublicKey]:
    """Return the public keys of a PEM file by their names; it may hold several, one after the other.

    Raises:
        ConfigError: it cannot be read, holds none, or one that is none of Ed25519.
    """
    blocks = _PUBLIC_KEY.findall(_read(path, TRUSTED_KEYS))
    if not blocks:
        raise ConfigError(TRUSTED_KEYS, f"{path}: no public key in PEM (openssl pkey -in KEY -pubout)")
    keys: dict[str, Ed25519PublicKey] = {}
    for block in blocks:
        try:
            key = load_pem_public_key(block)
        except (ValueError, UnsupportedAlgorithm) as refused:
            raise ConfigError(TRUSTED_KEYS, f"{path}: a public key that cannot be read") from refused
        if not isinstance(key, Ed25519PublicKey):
            raise ConfigError(TRUSTED_KEYS, f"{path}: a public key of another kind than Ed25519")
        keys[name_key(key)] = key
    return keys


def _read(path: Path, setting: str) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except OSError as refused:
        raise ConfigError(setting, f"{path}: {refused.strerror}") from refused
    if len(content) > _MOST_BYTES:
        raise ConfigError(setting, f"{path}: longer than {_MOST_BYTES} bytes; not a file of keys")
    return content
