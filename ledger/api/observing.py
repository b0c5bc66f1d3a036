"""What is kept of every request: figures, and its line on the audit trail, where it needs one."""

import logging
from collections import Counter
from datetime import datetime, timedelta

from ledger.api.client_address import ClientAddresses
from ledger.api.commands import COMMANDS
from ledger.api.errors import Problem
from ledger.api.rest.exchange import Doing, Exchange, Reply
from ledger.api.rights import Role
from ledger.auditing import AuditRecord, AuditTrail, TrailFull
from ledger.metrics import EdgeMetrics
from ledger.ports import Clock, Ids

REFUSED_LOGINS = frozenset({"token_expired", "token_invalid"})
OPERATORS = frozenset({Role.ADMIN, Role.OPERATOR, Role.APPROVER})
"""Whose commands are on the trail; the log itself names who gave every other one."""
PERSONAL_READS = frozenset(
    {
        "medCard",
        "medCards",
        "beneficiaries",
        "prescriptionClaim",
        "prescriptionClaims",
        "insuranceClaim",
        "insuranceClaims",
        "pharmacyClaims",
        "pharmacyRejections",
        "eventHistory",
        "medCardAt",
        "payment",
        "payments",
    }
)
"""Queries that show personal or health data."""

REFUSED_LOGINS_PER_MINUTE_MAX, OF_ONE_ADDRESS_MAX = 600, 60
"""Nobody's rate counts a login that is refused: beyond these the metrics count on, and the trail is left to others."""

ON_WHAT_CHARS_MAX = 128
"""Ids are shorter; what a client sent in the place of one is as long as it likes."""

_log = logging.getLogger(__name__)


class Watch:
    """The `Observer` of the edge. A read whose line cannot be kept is refused."""

    def __init__(
        self, trail: AuditTrail, metrics: EdgeMetrics, clock: Clock, ids: Ids, addresses: ClientAddresses
    ) -> None:
        self._trail = trail
        self._metrics = metrics
        self._clock = clock
        self._ids = ids
        self._addresses = addresses
        self._newest = clock.now()
        self._minute = 0
        self._logins: Counter[str] = Counter()
        """Refused logins of the minute that are on the trail, by address."""

    def answered(self, exchange: Exchange, path: str, reply: Reply, seconds: float) -> None:
        """Raises `Problem` where the trail is full and a read of personal data would go unrecorded."""
        code = reply.code
        self._metrics.answered(path, exchange.scope["method"], reply.status, code, seconds)
        doings = exchange.doings
        if not doings:
            if code in REFUSED_LOGINS and self._has_room_for_login(self._addresses.of(exchange)):
                self._note(exchange, Doing("login", path, code))
            return
        for doing in doings:
            if not doing.outcome:
                doing.outcome = code
            if doing.what in COMMANDS:
                self._metrics.command(doing.what, doing.outcome)
            if self._matters(exchange, doing):
                self._note(exchange, doing)

    def refused(self, exchange: Exchange, doing: Doing) -> None:
        """What a socket was refused, which began with this exchange."""
        if doing.outcome not in REFUSED_LOGINS or self._has_room_for_login(self._addresses.of(exchange)):
            self._note(exchange, doing)

    def _has_room_for_login(self, address: str) -> bool:
        minute = int(self._clock.monotonic() // 60)
        if minute != self._minute:
            self._minute, self._logins = minute, Counter()
        if self._logins.total() >= REFUSED_LOGINS_PER_MINUTE_MAX or self._logins[address] >= OF_ONE_ADDRESS_MAX:
            return False
        self._logins[address] += 1
        return True

    def _matters(self, exchange: Exchange, doing: Doing) -> bool:
        if doing.outcome == "forbidden":
            return True
        if doing.what in PERSONAL_READS:
            return doing.outcome == "ok"
        caller = exchange.caller
        return caller is not None and caller.role in OPERATORS and doing.what in COMMANDS

    def _note(self, exchange: Exchange, doing: Doing) -> None:
        caller = exchange.caller
        record = AuditRecord(
            id=self._ids.new_id(),
            at=self._moment(),
            who="" if caller is None else caller.principal,
            role="" if caller is None else caller.role,
            what=doing.what,
            on_what=_written(doing.on_what),
            outcome=doing.outcome,
            ip=self._addresses.of(exchange),
            request_id=exchange.request_id,
        )
        try:
            self._trail.note(record)
        except TrailFull:
            _log.error("no room on the audit trail: %s by %s", doing.what, record.who)
            if doing.what in PERSONAL_READS:
                raise Problem("overloaded", "the audit trail cannot be written as fast as it grows") from None

    def _moment(self) -> datetime:
        """Later than that of the record before: the trail is read in the order in which it was written."""
        self._newest = max(self._clock.now(), self._newest + timedelta(microseconds=1))
        return self._newest


def _written(on_what: str) -> str:
    """As the trail takes it: short, and without the characters that no database takes."""
    short = on_what[:ON_WHAT_CHARS_MAX]
    return short if short.isprintable() else "".join(each if each.isprintable() else "?" for each in short)
