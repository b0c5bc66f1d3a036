"""Personal fields, sealed with AES-GCM under the key of the person they speak of.

Pure: the keys come from the caller, who took them from the `KeyRing`.
"""

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ledger.domain.kinds import Erased

NONCE_BYTES = 12
KEY_BYTES = 32

DataKeys = Mapping[str, AESGCM]
"""The keys of persons by their id; a person without one has been erased."""


class SealBroken(Exception):
    """A sealed field was changed, moved, or sealed under another key: the log or the key store is damaged."""


class Sealed(msgspec.Struct, frozen=True):
    """A sealed field as it is stored: base64 of nonce and cipher text, and whose key opens it."""

    sealed: str
    person: str


def seal(clear: bytes, person: str, bound_to: str, keys: DataKeys, nonce: Callable[[int], bytes]) -> Sealed:
    """Seals a field; `bound_to` names its aggregate and field, so that a box cannot be moved to another place.

    A person without a key has been erased: then nothing is kept. `nonce` gives that many fresh random bytes.
    """
    if person not in keys:
        return Sealed("", person)
    fresh = nonce(NONCE_BYTES)
    box = keys[person].encrypt(fresh, clear, bound_to.encode())
    return Sealed(b64encode(fresh + box).decode(), person)


def unseal(box: Sealed, bound_to: str, keys: DataKeys) -> bytes | Erased:
    """The clear bytes, or `Erased` where the person's key is gone. Raises `SealBroken`."""
    key = keys.get(box.person)
    if key is None or not box.sealed:
        return Erased()
    raw = b64decode(box.sealed)
    try:
        return key.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], bound_to.encode())
    except InvalidTag:
        raise SealBroken(f"a field of {bound_to} does not open with the key of its person") from None


def seal_binding(aggregate_id: str, field: str) -> str:
    """What a sealed field is bound to."""
    return f"{aggregate_id}/{field}"
