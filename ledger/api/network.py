"""What the registry of pharmacies says to the decider of a claim, which stands with another aggregate."""

from collections import OrderedDict
from collections.abc import Mapping

import msgspec

from ledger.api.rights import bound_pharmacy
from ledger.api.wire import is_aggregate_id
from ledger.domain.pharmacy.state import Status
from ledger.messages.commands import Caller
from ledger.ports import Clock
from ledger.reads.pharmacies import PharmacyReads

FRESH_S = 2.0
"""How long an answer of the registry is used again: a suspension takes effect within this and the read model's lag."""
CACHED_MAX = 20_000

NETWORK_CLOSED, PHARMACY_CONTRACTED = "networkClosed", "pharmacyContracted"


class _Named(msgspec.Struct, rename="camel"):
    pharmacy_id: str | None = None


_named = msgspec.json.Decoder(_Named)


class Network:
    """The registry as this edge knows it. In an open network nobody is asked and nothing is told."""

    def __init__(self, reads: PharmacyReads, clock: Clock, *, closed: bool) -> None:
        self._reads = reads
        self._clock = clock
        self._closed = closed
        self._known: OrderedDict[str, tuple[bool, float]] = OrderedDict()

    @property
    def closed(self) -> bool:
        """Whether claims are taken from contracted pharmacies only."""
        return self._closed

    async def facts(self, caller: Caller, body: bytes) -> Mapping[str, bool]:
        """What travels with a claim. Raises `StoreUnavailable`."""
        pharmacy_id = bound_pharmacy(caller) or _named_in(body)
        return {NETWORK_CLOSED: self._closed, PHARMACY_CONTRACTED: await self.contracted(pharmacy_id)}

    async def contracted(self, pharmacy_id: str | None) -> bool:
        """Whether a pharmacy has a contract now. Raises `StoreUnavailable`."""
        if pharmacy_id is None or not is_aggregate_id(pharmacy_id):
            return False
        now = self._clock.monotonic()
        known = self._known.get(pharmacy_id)
        if known is not None and now - known[1] < FRESH_S:
            return known[0]
        row = await self._reads.pharmacy(pharmacy_id)
        contracted = row is not None and row.status == Status.CONTRACTED
        self._known[pharmacy_id] = contracted, now
        self._known.move_to_end(pharmacy_id)
        if len(self._known) > CACHED_MAX:
            self._known.popitem(last=False)
        return contracted


def _named_in(body: bytes) -> str | None:
    """The pharmacy that a claim names; what is wrong with a body is the host's to say."""
    try:
        return _named.decode(body or b"{}").pharmacy_id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
