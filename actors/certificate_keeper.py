"""Keeps HAProxy on the newest certificate: the running process takes up changed files, and no connection ends."""

import logging
import os
import re
import socket
from datetime import date
from pathlib import Path

from ledger.certificates import CertificateError, read_certificate
from ledger.ports import Clock

COMMAND_TIMEOUT_S = 2.0
ANSWER_BYTES_MAX = 65_536
_FINGERPRINT = re.compile(r"^SHA1 FingerPrint: ([0-9A-F]{40})$", re.MULTILINE)

_log = logging.getLogger(__name__)


class CertificateKeeper:
    """`bundle`: the file that HAProxy's configuration names; `sockets`: the folder of whose folders each has one.

    A pair of files is looked at as a whole and then copied, so that a HAProxy that starts between the renewal of the
    certificate and that of its key finds the old pair.
    """

    def __init__(self, cert: Path, key: Path, bundle: Path, sockets: Path, clock: Clock) -> None:
        """Raises `CertificateError`."""
        self._cert, self._key = cert, key
        self._bundle = bundle
        self._sockets = sockets
        self._clock = clock
        self._seen = self._stamp()
        self._current = read_certificate(cert, key)
        self._warned_on: date | None = None
        self._write()

    def look(self) -> None:
        """Takes up what has changed; what hinders that is logged, and tried again at the next look."""
        stamp = self._stamp()
        if stamp != self._seen:
            self._seen = stamp
            try:
                self._current = read_certificate(self._cert, self._key)
            except CertificateError as error:
                _log.error("the certificate in use stays: %s", error)
            else:
                self._write()
                self._warned_on = None
        self._warn()
        for address in self._sockets.glob("*/admin.sock"):
            try:
                self._bring(address)
            except (OSError, CertificateError) as error:
                _log.warning("HAProxy did not take the certificate: %s", error)

    def _bring(self, address: Path) -> None:
        """Also heals what a look before could not, and a HAProxy that started from the file before."""
        shown = _FINGERPRINT.search(_asked(address, f"show ssl cert {self._bundle}"))
        if shown is not None and shown[1] == self._current.fingerprint:
            return
        pem = self._current.bundle.decode()
        said = _asked(address, f"set ssl cert {self._bundle} <<\n{pem}")
        said += _asked(address, f"commit ssl cert {self._bundle}")
        if "Success!" not in said:
            _asked(address, f"abort ssl cert {self._bundle}")
            raise CertificateError(" ".join(said.split()))
        _log.info("HAProxy serves the certificate that ends on %s", self._current.ends)

    def _warn(self) -> None:
        """Once a day."""
        now = self._clock.now()
        concern = self._current.concern(now)
        if concern and self._warned_on != now.date():
            self._warned_on = now.date()
            _log.warning("%s: %s", self._cert, concern)

    def _write(self) -> None:
        new = self._bundle.with_suffix(".new")
        new.touch(mode=0o600)
        new.write_bytes(self._current.bundle)
        os.replace(new, self._bundle)

    def _stamp(self) -> tuple[object, ...]:
        """Another one when either file was written or replaced; renewals often turn a link."""
        return tuple(_stamp_of(path) for path in (self._cert, self._key))


def _stamp_of(path: Path) -> tuple[int, ...]:
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_ino, found.st_mtime_ns, found.st_size


def _asked(address: Path, command: str) -> str:
    """HAProxy's answer to a command. Raises `OSError`."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(COMMAND_TIMEOUT_S)
        line.connect(str(address))
        line.sendall(f"{command}\n".encode())
        parts: list[bytes] = []
        while part := line.recv(ANSWER_BYTES_MAX):
            parts.append(part)
    return b"".join(parts).decode(errors="replace")
