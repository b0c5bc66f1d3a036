"""The edge as one ASGI application."""

from functools import cache
from importlib import resources
from typing import Any

import msgspec
from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp

from ledger import __version__
from ledger.api.auth import Tokens
from ledger.api.client_address import ClientAddresses
from ledger.api.edge import Edge, EdgePorts
from ledger.api.errors import OK
from ledger.api.graphql.door import GraphQLDoor
from ledger.api.limits import RateLimits
from ledger.api.network import Network
from ledger.api.observing import Watch
from ledger.api.positions import PositionWaits
from ledger.api.rest.batch import PATH as BATCH_PATH
from ledger.api.rest.batch import batch_handler
from ledger.api.rest.commands import command_handler
from ledger.api.rest.exchange import Exchange, Handler, Methods, Reply, not_found
from ledger.api.rest.health import health_handlers
from ledger.api.rest.metrics import Vitals, metrics_handler
from ledger.api.rest.openapi import openapi_document
from ledger.api.rest.pages import page_handler
from ledger.api.rest.queries import query_handler
from ledger.api.rest.table import COMMAND_ROUTES, QUERY_ROUTES
from ledger.api.standing import HealthChecks, Standing
from ledger.api.terminal.route import PATH as TERMINAL_PATH
from ledger.api.terminal.route import TerminalRoute
from ledger.api.terminal.terminals import Terminals
from ledger.metrics import EdgeMetrics
from ledger.ports import Clock, CommandDoor, Ids
from ledger.settings import Settings

_CORS_HEADERS = ("Authorization", "Content-Type", "Idempotency-Key", "If-Match", "Min-Position", "X-Request-ID")
_CORS_EXPOSED = (
    "ETag",
    "Idempotency-Replayed",
    "Ledger-Position",
    "Link",
    "Location",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "X-Request-ID",
)


class LeanApi(FastAPI):
    """FastAPI without the middleware that it puts around every route.

    Our routes answer their own failures, read their own bounded bodies and open no files, so that the stack only costs:
    about half of the CPU time of a request.
    """

    def build_middleware_stack(self) -> ASGIApp:
        app: ASGIApp = self.router
        for middleware, arguments, options in reversed(self.user_middleware):
            app = middleware(app, *arguments, **options)
        return app


def build_app(
    settings: Settings,
    door: CommandDoor,
    ports: EdgePorts,
    clock: Clock,
    ids: Ids,
    health: HealthChecks,
    vitals: Vitals,
    *,
    own_proxy: bool = False,
) -> FastAPI:
    """All doors over the given ports. Opens nothing and starts nothing.

    `own_proxy`: the HAProxy that we configure stands in front, and says where requests come from.
    """
    addresses = ClientAddresses(settings.trusted_proxies, believed=own_proxy or settings.tls_terminated)
    edge = Edge(
        settings=settings,
        door=door,
        log=ports.log,
        reads=ports.reads,
        keys=ports.keys,
        trail=ports.trail,
        clock=clock,
        ids=ids,
        tokens=Tokens(settings, ports.signing_keys, clock),
        rates=RateLimits(settings, ports.limiter),
        network=Network(ports.reads.pharmacies, clock, closed=settings.network == "closed"),
        standing=Standing(health, ports.log, ports.reads.projections, clock),
        positions=PositionWaits(ports.reads.progress, ports.log, settings.min_position_wait_ms / 1000),
    )
    document = _document(settings.partitions)
    app = LeanApi(
        title="HealthPay Ledger",
        version=__version__,
        routes=_routes(edge, health, vitals, msgspec.json.encode(document), addresses),
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False},
        middleware=_middleware(settings),
    )
    app.openapi = lambda: document  # type: ignore[method-assign]
    app.router.default = not_found(ids)
    return app


@cache
def _document(partitions: int) -> dict[str, Any]:
    """The same for every edge of a process."""
    return openapi_document(partitions)


def _middleware(settings: Settings) -> list[Middleware]:
    if not settings.cors_origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=list(settings.cors_origins),
            allow_methods=["GET", "POST", "PATCH", "DELETE"],
            allow_headers=list(_CORS_HEADERS),
            expose_headers=list(_CORS_EXPOSED),
        )
    ]


def _routes(
    edge: Edge, health: HealthChecks, vitals: Vitals, openapi: bytes, addresses: ClientAddresses
) -> list[BaseRoute]:
    """One route for each path, the claim's first: routes are tried in order."""
    by_path: dict[str, dict[str, Handler]] = {}
    for command in COMMAND_ROUTES:
        by_path.setdefault(command.path, {})[command.method] = command_handler(edge, command)
    for query in QUERY_ROUTES:
        by_path.setdefault(query.path, {})["GET"] = query_handler(edge, query)
    by_path[BATCH_PATH] = {"POST": batch_handler(edge)}
    by_path["/graphql"] = GraphQLDoor(edge).handlers()
    for path, handler in health_handlers(health).items():
        by_path[path] = {"GET": handler}
    metrics = EdgeMetrics()
    by_path["/metrics"] = {"GET": metrics_handler(metrics, vitals)}
    by_path["/openapi.json"] = {"GET": _fixed(openapi, "application/json")}
    if edge.settings.docs:
        page = resources.files("ledger.api.rest").joinpath("docs.html").read_bytes()
        by_path["/docs"] = {"GET": page_handler(page)}
    if edge.settings.bench_door:
        by_path["/_bench/empty"] = {"GET": _fixed(b"{}", "application/json")}
    watch = Watch(edge.trail, metrics, edge.clock, edge.ids, addresses)
    return [
        *(Route(_pattern(path), Methods(path, edge.ids, watch, handlers)) for path, handlers in by_path.items()),
        WebSocketRoute(TERMINAL_PATH, TerminalRoute(Terminals(edge, watch, metrics))),
    ]


def _pattern(path: str) -> str:
    """An idempotency key may hold slashes, which arrive decoded; ids do not."""
    return path.replace("{key}", "{key:path}")


def _fixed(body: bytes, content_type: str) -> Handler:
    async def handle(_exchange: Exchange) -> Reply:
        return Reply(OK, body, content_type=content_type)

    return handle
