"""The certificate that TLS is served with: read from its files, checked, and put together as the proxy takes it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

SOON = timedelta(days=14)
"""A certificate that ends within this is spoken of: renewals are meant to come earlier."""


class CertificateError(Exception):
    """The files cannot be served with; the text names the setting, the file and what is wrong."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate with its chain and its key, in one PEM text without empty lines."""

    bundle: bytes = field(repr=False)
    fingerprint: str
    """SHA-1 of the certificate in upper-case hex, as HAProxy shows it: a name, on which no safety rests."""
    begins: datetime
    ends: datetime

    def concern(self, now: datetime) -> str:
        """What an operator should know about its dates; empty where nothing."""
        if now < self.begins:
            return f"the certificate is not valid before {self.begins:%Y-%m-%d %H:%M} UTC"
        if now >= self.ends:
            return f"the certificate has expired, on {self.ends:%Y-%m-%d %H:%M} UTC"
        if self.ends - now < SOON:
            return f"the certificate expires soon, on {self.ends:%Y-%m-%d %H:%M} UTC"
        return ""


def read_certificate(cert: Path, key: Path) -> Certificate:
    """The pair in these files. Raises `CertificateError`."""
    chain = _chain(cert)
    private = _key(key)
    leaf = chain[0]
    if _public(leaf.public_key()) != _public(private.public_key()):
        raise CertificateError(
            f"HEALTHPAY_TLS_KEY: {key} is not the key of the first certificate in HEALTHPAY_TLS_CERT, {cert}"
        )
    parts = [each.public_bytes(serialization.Encoding.PEM) for each in chain]
    parts.append(
        private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return Certificate(
        bundle=b"".join(parts),
        fingerprint=leaf.fingerprint(hashes.SHA1()).hex().upper(),
        begins=leaf.not_valid_before_utc,
        ends=leaf.not_valid_after_utc,
    )


def _chain(cert: Path) -> Sequence[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(_read("HEALTHPAY_TLS_CERT", cert))
    except ValueError:
        raise CertificateError(f"HEALTHPAY_TLS_CERT: {cert} holds no certificate in PEM") from None


def _key(key: Path) -> PrivateKeyTypes:
    try:
        return serialization.load_pem_private_key(_read("HEALTHPAY_TLS_KEY", key), password=None)
    except TypeError:
        raise CertificateError(f"HEALTHPAY_TLS_KEY: {key} is locked by a passphrase; give one without") from None
    except ValueError:
        raise CertificateError(f"HEALTHPAY_TLS_KEY: {key} holds no key in PEM") from None


def _read(setting: str, path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CertificateError(f"{setting}: {path} cannot be read: {error.strerror}") from None


def _public(key: object) -> bytes:
    encoded: bytes = key.public_bytes(  # type: ignore[attr-defined]  # every kind of public key has it
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return encoded
