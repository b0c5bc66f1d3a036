"""`/metrics`, for Prometheus."""

from collections.abc import Mapping
from typing import Protocol

from ledger.api.errors import OK
from ledger.api.rest.exchange import Exchange, Handler, Reply
from ledger.metrics import CONTENT_TYPE, EdgeMetrics, Families, exposition

EDGE = "edge"


class Vitals(Protocol):
    """What the composition knows of the metrics of its other processes."""

    async def others(self) -> Mapping[str, Families]:
        """By the process's name; empty for one that does not answer."""
        ...


def metrics_handler(own: EdgeMetrics, vitals: Vitals) -> Handler:
    """This replica's metrics, and those of the hosts and the projector."""

    async def handle(_exchange: Exchange) -> Reply:
        text = exposition({EDGE: own.families(), **await vitals.others()})
        return Reply(OK, text, content_type=CONTENT_TYPE)

    return handle
