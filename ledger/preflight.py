"""What must hold before anything is started: free ports, a certificate, a database that answers if one was named."""

import asyncio
import socket
import time
from datetime import datetime
from urllib.parse import urlsplit

import asyncpg

from ledger.certificates import CertificateError, read_certificate
from ledger.embedded.process import WhileWaiting
from ledger.exits import Exit, StartFailure
from ledger.settings import Settings

DATABASE_TIMEOUT_S = 10.0
RETRY_INTERVAL_S = 0.5


def check_doors(settings: Settings, now: datetime) -> list[str]:
    """What a person should know of doors that can be opened. Raises `StartFailure` where one of them cannot."""
    for port in (settings.port, settings.redirect_port):
        if port is not None:
            check_port(settings.host, port)
    concerns = []
    if settings.tls_cert is not None and settings.tls_key is not None:
        try:
            concerns.append(read_certificate(settings.tls_cert, settings.tls_key).concern(now))
        except CertificateError as error:
            raise StartFailure(Exit.SETTINGS, str(error)) from None
    if settings.tls_terminated and not settings.trusted_proxies:
        concerns.append("HEALTHPAY_TRUSTED_PROXIES names no proxy: every client has the terminator's address")
    return [concern for concern in concerns if concern]


def check_port(host: str, port: int) -> None:
    """Raises `StartFailure` unless we could listen on the port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections that linger from the last run
        try:
            door.bind((host, port))
            door.listen(1)
        except OSError as error:
            raise StartFailure(Exit.PORT_TAKEN, _port_complaint(host, port, error)) from None


def _port_complaint(host: str, port: int, error: OSError) -> str:
    other = port + 1 if 1024 <= port < 65535 else 3000
    if isinstance(error, PermissionError):
        return f"port {port} on {host} is not for this user; choose another with make run PORT={other}"
    if isinstance(error, socket.gaierror) or error.strerror == "Cannot assign requested address":
        return f"this machine has no address {host}: set HEALTHPAY_HOST"
    return f"port {port} on {host} is taken; choose another with make run PORT={other}"


def check_database(dsn: str, while_waiting: WhileWaiting, timeout_s: float = DATABASE_TIMEOUT_S) -> None:
    """Raises `StartFailure` unless the database answers within the time; the text holds no password."""
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            asyncio.run(_ask(dsn))
            return
        except (OSError, asyncpg.CannotConnectNowError) as error:  # not there yet, or still starting
            if time.monotonic() > deadline:
                raise StartFailure(Exit.DATABASE_UNREACHABLE, _database_complaint(dsn, error)) from None
        except (asyncpg.PostgresError, asyncpg.InterfaceError, ValueError) as error:
            raise StartFailure(Exit.DATABASE_UNREACHABLE, _database_complaint(dsn, error)) from None
        while_waiting()
        time.sleep(RETRY_INTERVAL_S)


async def _ask(dsn: str) -> None:
    connection = await asyncpg.connect(dsn, timeout=3.0)
    await connection.close(timeout=3.0)


def _database_complaint(dsn: str, error: Exception) -> str:
    why = str(error) or type(error).__name__
    try:
        parts = urlsplit(dsn)
        where = f"{parts.hostname or 'localhost'}:{parts.port or 5432}{parts.path}"
        why = why.replace(parts.password, "***") if parts.password else why
    except ValueError:
        return "HEALTHPAY_DATABASE_URL is not a PostgreSQL address"
    return f"PostgreSQL at {where} (HEALTHPAY_DATABASE_URL) cannot be used: {why}"
