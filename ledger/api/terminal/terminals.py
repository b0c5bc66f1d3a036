"""All terminals that are connected to one edge replica."""

import asyncio
import logging
from typing import TYPE_CHECKING

from ledger.api.edge import Edge
from ledger.api.observing import Watch
from ledger.api.rights import NOBODY, bound_pharmacy, bound_terminal
from ledger.messages.commands import Caller
from ledger.metrics import EdgeMetrics
from ledger.ports import StoreUnavailable

if TYPE_CHECKING:
    from ledger.api.terminal.session import Session

_log = logging.getLogger(__name__)


class Terminals:
    """Who is connected, and who of them may not be any more."""

    def __init__(self, edge: Edge, watch: Watch, metrics: EdgeMetrics) -> None:
        self.edge = edge
        self.watch = watch
        self._metrics = metrics
        self._sessions: set[Session] = set()
        self._watching: asyncio.Task[None] | None = None

    @property
    def full(self) -> bool:
        return len(self._sessions) >= self.edge.settings.terminal_sockets_max

    def came(self, session: "Session") -> None:
        """At its handshake, before it is known who it is."""
        self._sessions.add(session)
        self._metrics.terminal_came()
        if self._watching is None:
            self._watching = asyncio.create_task(self._watch(), name="revoked terminals")

    def left(self, session: "Session") -> None:
        self._sessions.discard(session)
        self._count(session)
        closing = session.closed_with
        self._metrics.terminal_left("gone" if closing is None else str(closing.code))
        if not self._sessions and self._watching is not None:
            self._watching.cancel()
            self._watching = None

    def _count(self, session: "Session") -> None:
        """Many at once: counting each by itself would cost as much as answering it."""
        for (command, outcome), count in session.counts.items():
            self._metrics.command(command, outcome, count)
        session.counts.clear()

    def is_terminal(self, caller: Caller) -> bool:
        """Whether the token speaks for one terminal of one pharmacy, and for nobody else."""
        return bound_pharmacy(caller) not in (None, NOBODY) and bound_terminal(caller) not in (None, NOBODY)

    async def is_revoked(self, caller: Caller) -> bool:
        """Where the store is away, nobody is kept from selling: the next look at all terminals finds out."""
        assert caller.pharmacy_id is not None, "it speaks for a pharmacy"
        assert caller.terminal_id is not None, "it speaks for a terminal"
        terminal = (caller.pharmacy_id, caller.terminal_id)
        try:
            return terminal in await self.edge.reads.pharmacies.revoked([terminal])
        except StoreUnavailable:
            return False

    async def _watch(self) -> None:
        """One question for all terminals at once."""
        while True:
            await asyncio.sleep(self.edge.settings.terminal_revocations_every_s)
            for session in self._sessions:
                self._count(session)
            try:
                await self.close_revoked()
            except StoreUnavailable as error:
                _log.warning("revoked terminals cannot be looked for: %s", error)
            except Exception:
                # Its end would leave every later revocation unseen.
                _log.exception("revoked terminals cannot be looked for")

    async def close_revoked(self) -> None:
        """Closes the sockets of terminals that were revoked. Raises `StoreUnavailable`."""
        by_terminal: dict[tuple[str, str], list[Session]] = {}
        for session in self._sessions:
            caller = session.caller
            if caller is not None and caller.pharmacy_id is not None and caller.terminal_id is not None:
                by_terminal.setdefault((caller.pharmacy_id, caller.terminal_id), []).append(session)
        if not by_terminal:
            return
        for terminal in await self.edge.reads.pharmacies.revoked(list(by_terminal)):
            for session in by_terminal[terminal]:
                session.revoke()
