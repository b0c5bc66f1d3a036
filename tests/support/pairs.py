"""Certificates and keys that are made when a test needs them."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NOW = datetime.now(UTC)


@dataclass(frozen=True)
class Pair:
    """A certificate of its own issue for localhost, and its key, in files."""

    cert: Path
    key: Path

    @property
    def serial(self) -> int:
        return x509.load_pem_x509_certificate(self.cert.read_bytes()).serial_number

    def renew(self, ends: datetime = NOW + timedelta(days=90), begins: datetime = NOW - timedelta(days=1)) -> None:
        """Another key and certificate in the same files."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))])
        built = (
            x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), begins, ends)
            .add_extension(names, critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        self.cert.write_bytes(built.public_bytes(serialization.Encoding.PEM))
        self.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )

    def lock(self, passphrase: bytes) -> None:
        key = serialization.load_pem_private_key(self.key.read_bytes(), None)
        locked = serialization.BestAvailableEncryption(passphrase)
        self.key.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, locked))

    def trusting(self) -> ssl.SSLContext:
        """A client that takes this certificate and no other."""
        return ssl.create_default_context(cafile=str(self.cert))


def new_pair(folder: Path, name: str = "server", ends: datetime = NOW + timedelta(days=90)) -> Pair:
    pair = Pair(folder / f"{name}.pem", folder / f"{name}.key")
    pair.renew(ends)
    return pair
