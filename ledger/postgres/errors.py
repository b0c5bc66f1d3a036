"""What a failure of PostgreSQL means to a caller: nothing was written, or nobody knows."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from ledger.ports import BadData, OutcomeUnknown, StoreUnavailable

# The server says itself that it rolled back: too slow, no lock, no room, no connection left, not yet (or no longer) up.
_ROLLED_BACK = (
    asyncpg.QueryCanceledError,
    asyncpg.LockNotAvailableError,
    asyncpg.InsufficientResourcesError,
    asyncpg.CannotConnectNowError,
    asyncpg.TransactionRollbackError,
    asyncpg.TransactionTimeoutError,
    asyncpg.ReadOnlySQLTransactionError,
)
# `InternalClientError`: what asyncpg says between a server's last word and the end of the line.
_CONNECTION_LOST = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)
_UNREACHABLE = (*_ROLLED_BACK, *_CONNECTION_LOST, asyncpg.OperatorInterventionError)


@asynccontextmanager
async def reading() -> AsyncIterator[None]:
    """Turns every way in which the database is away into `StoreUnavailable`: a read can always be repeated."""
    try:
        yield
    except asyncpg.DataError as error:
        raise BadData(str(error)) from error
    except _UNREACHABLE as error:
        raise StoreUnavailable(str(error) or type(error).__name__) from error


@asynccontextmanager
async def writing() -> AsyncIterator[None]:
    """Tells apart what surely was not written from what may have been."""
    try:
        yield
    except (asyncpg.DataError, UnicodeEncodeError) as error:
        raise BadData(str(error)) from error
    except _ROLLED_BACK as error:
        raise StoreUnavailable(str(error)) from error
    except (*_CONNECTION_LOST, asyncpg.OperatorInterventionError, asyncpg.IntegrityConstraintViolationError) as error:
        # A violated constraint of the events means that our picture of the partition is wrong: it is loaded anew.
        raise OutcomeUnknown(str(error) or type(error).__name__) from error
