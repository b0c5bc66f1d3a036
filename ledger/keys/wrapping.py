"""Data keys wrapped by the master key."""

from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ledger.messages.sealing import KEY_BYTES, NONCE_BYTES

PEPPER_ID = "request pepper"
"""The reserved person whose key is the database's pepper: no id of a person has a blank in it."""


class WrongMasterKey(Exception):
    """The stored keys were wrapped by another master key."""


def wrap(master: AESGCM, person: str, data_key: bytes, random_bytes: Callable[[int], bytes]) -> bytes:
    """A data key, sealed under the master key and bound to its person."""
    nonce = random_bytes(NONCE_BYTES)
    return nonce + master.encrypt(nonce, data_key, person.encode())


def unwrap(master: AESGCM, person: str, wrapped: bytes) -> bytes:
    """The data key. Raises `WrongMasterKey`."""
    try:
        return master.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], person.encode())
    except InvalidTag:
        raise WrongMasterKey(
            "HEALTHPAY_MASTER_KEY is not the key that this database's person keys were made with"
        ) from None


def new_data_key(random_bytes: Callable[[int], bytes]) -> bytes:
    return random_bytes(KEY_BYTES)
