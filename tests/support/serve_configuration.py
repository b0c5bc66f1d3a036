"""HAProxy's configuration as Ray Serve renders it for one application, to the standard output.

Usage: serve_configuration.py FOLDER PORT REPLICA_PORT STATS_PORT METRICS_PORT; the folder is the node's.
In a process of its own: Ray's warnings are not ours.
"""

import sys
from pathlib import Path

from ray.serve._private.haproxy import BackendConfig, HAProxyApi, HAProxyConfig, ServerConfig
from ray.serve.config import HTTPOptions


def main(folder: Path, port: int, replica_port: int, stats_port: int, metrics_port: int) -> None:
    backend = BackendConfig(
        name="http-healthpay",
        path_prefix="/",
        app_name="healthpay",
        servers=[ServerConfig(name="replica", host="127.0.0.1", port=replica_port)],
    )
    config = HAProxyConfig(
        http_options=HTTPOptions(host="127.0.0.1", port=port),
        is_head=True,
        has_received_routes=True,
        nbthread=1,
        socket_path=str(folder / "admin.sock"),
        server_state_base=str(folder),
        server_state_file=str(folder / "server-state"),
        metrics_socket_path=str(folder / "metrics.sock"),
        stats_port=stats_port,
        metrics_port=metrics_port,
    )
    api = HAProxyApi(config, {"http-healthpay": backend}, str(folder / "haproxy.cfg"))
    api._generate_config_file_internal()
    print((folder / "haproxy.cfg").read_text(encoding="utf-8"))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
