"""Every setting of the server, read once from `HEALTHPAY_*` variables, a `.env` file, or secret files (`…_FILE`).

The only room that reads the environment. An unknown `HEALTHPAY_*` name is refused, so that a typing error cannot
silently leave a default in force.
"""

import os
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator, model_validator

PREFIX = "HEALTHPAY_"
BOOLEANS = ("True", "False")
SECRETS = ("jwt_secret", "master_key", "database_url", "redis_url")
LOOPBACK = ("127.0.0.1", "localhost")


class SettingsError(Exception):
    """The settings cannot be used; the text names each variable and what is wrong with it."""


def _setting(default: Any, meaning: str, **bounds: Any) -> Any:
    return Field(default, description=meaning, **bounds)


class Settings(BaseModel):
    """The settings of one process; frozen. Units stand in the names, secrets never show in a repr."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: Literal["local", "production"] = _setting("local", "`production` refuses secrets and doors made for a laptop")
    host: str = _setting("127.0.0.1", "address the edge listens on")
    port: int = _setting(3000, "port the edge listens on", ge=1, le=65535)
    data_dir: Path = _setting(Path(".healthpay"), "where the embedded databases and generated secrets live")

    database_url: SecretStr | None = _setting(
        None, "PostgreSQL DSN; unset: the embedded server under the data directory"
    )
    redis_url: SecretStr | None = _setting(None, "Redis or Valkey URL; unset: the embedded Valkey")
    database_pool_max: int = _setting(4, "connections of one process to PostgreSQL at the most", ge=1, le=100)
    database_acquire_timeout_ms: int = _setting(
        5_000, "how long a statement waits for one of the connections before the answer is `unavailable`", ge=50
    )
    statement_timeout_ms: int = _setting(5_000, "longest statement on the log or a read model", ge=100)
    lock_timeout_ms: int = _setting(2_000, "longest wait for a partition's row lock", ge=50)

    partitions: int = _setting(8, "partitions of each topic; fixed when the database is made", ge=1, le=4096)
    hosts: int = _setting(1, "aggregate hosts that partitions are first laid out on", ge=1, le=1024)
    append_lanes: int = _setting(1, "appends in flight at once in one host; more cores may want more", ge=1, le=16)
    batch_commands_max: int = _setting(300, "commands in one append", ge=1, le=5_000)
    host_mailbox_max: int = _setting(20_000, "commands waiting in one host before it answers overloaded", ge=1)
    aggregate_mailbox_max: int = _setting(
        5_000, "commands waiting for one aggregate before it answers overloaded", ge=1
    )
    aggregates_resident_max: int = _setting(200_000, "aggregates kept in memory by one host", ge=1)
    passivate_after_s: float = _setting(900.0, "idle time after which an aggregate leaves memory", gt=0)
    snapshot_every_events: int = _setting(500, "events after which an aggregate's state is kept, to start from", ge=1)
    command_timeout_ms: int = _setting(10_000, "how long the edge waits for a command's answer", ge=100)

    feed_poll_interval_ms: int = _setting(20, "how often followers look at the log when no hint comes", ge=1)
    feed_batch_events_max: int = _setting(1_000, "events of all partitions applied in one transaction", ge=1, le=10_000)
    min_position_wait_ms: int = _setting(2_000, "how long a query waits for the position it asks for", ge=0)

    jwt_secret: SecretStr | None = _setting(
        None, "HS256 secret, 32 bytes or more; unset: made once under the data directory"
    )
    jwt_issuer: str = _setting("healthpay-ledger", "`iss` that tokens must carry")
    jwt_audience: str = _setting("healthpay-ledger", "`aud` that tokens must carry")
    master_key: SecretStr | None = _setting(
        None, "base64 of the 32 bytes that wrap the keys of persons; unset: made once under the data directory"
    )
    jwt_jwks: str | None = _setting(
        None, "https address or file of the issuer's JWKS; set: tokens are RS256, ES256 or EdDSA, and HS256 is refused"
    )
    jwt_jwks_refresh_s: float = _setting(300.0, "how often the issuer's keys are read again", gt=0)
    rate_limit_per_hour: int = _setting(1_000, "requests an hour of a caller without a limit of its own", ge=1)
    rate_limit_pharmacy_per_hour: int = _setting(20_000, "requests an hour of a PHARMACY's terminal", ge=1)
    rate_limit_operator_per_hour: int = _setting(10_000, "requests an hour of an OPERATOR", ge=1)
    rate_limit_service_per_hour: int = _setting(100_000, "requests an hour of a SERVICE", ge=1)
    rate_limit_admin_per_hour: int = _setting(100_000, "requests an hour of an ADMIN", ge=1)
    tls_cert: Path | None = _setting(
        None, "PEM file of the certificate and those up to its issuer's; set: the port speaks HTTPS, and nothing else"
    )
    tls_key: Path | None = _setting(None, "PEM file of the certificate's key, without a passphrase")
    redirect_port: int | None = _setting(
        None, "port where plain HTTP is sent on to HTTPS, beside TLS of our own", ge=1, le=65535
    )
    hsts_max_age_s: int = _setting(31_536_000, "how long browsers stay with HTTPS; 0: they are not told to", ge=0)
    tls_terminated: bool = _setting(
        False, "declares that TLS ends in front of this server (production needs that or HEALTHPAY_TLS_CERT)"
    )
    trusted_proxies: tuple[str, ...] = _setting(
        (), "addresses or networks of proxies whose X-Forwarded-For and -Proto are believed, comma separated"
    )
    head_timeout_s: int = _setting(10, "longest wait for a request's head", ge=1)
    body_timeout_s: float = _setting(
        10.0, "longest wait for a request's body, which holds a place in the replica", gt=0
    )
    client_silence_max_s: int = _setting(60, "how long a connection may say nothing amid an exchange", ge=1)
    tunnel_timeout_s: int = _setting(3_600, "how long a websocket may say nothing, both ways", ge=1)
    socket_drain_s: int = _setting(120, "how long connections outlive the proxy that a new one replaced", ge=1)
    connections_max: int = _setting(4_096, "connections at once, idle ones included", ge=16, le=100_000)
    cors_origins: tuple[str, ...] = _setting((), "origins allowed by CORS, comma separated")
    playground: bool = _setting(True, "the GraphQL playground and introspection; off in production")
    docs: bool = _setting(True, "the OpenAPI page at /docs")
    network: Literal["open", "closed"] = _setting("open", "`closed`: only contracted pharmacies may claim")

    terminal_sockets_max: int = _setting(3_000, "terminals connected to one edge replica", ge=1)
    terminal_window: int = _setting(200, "commands that one terminal may have unanswered", ge=1, le=5_000)
    terminal_frame_bytes_max: int = _setting(262_144, "largest frame of a terminal", ge=4_096, le=16_777_216)
    terminal_frame_messages_max: int = _setting(200, "messages in one frame of a terminal", ge=1, le=5_000)
    terminal_silence_max_s: float = _setting(
        60.0, "how long a terminal may neither say hello, answer a ping nor read its answers", gt=0
    )
    terminal_revocations_every_s: float = _setting(
        2.0, "how often connected terminals are looked for among the revoked", gt=0
    )

    edge_ongoing_max: int = _setting(2_000, "requests in work in one edge replica", ge=1)
    body_bytes_max: int = _setting(1_048_576, "largest request body", ge=1_024)
    graphql_depth_max: int = _setting(12, "deepest GraphQL selection", ge=1)
    graphql_fields_max: int = _setting(500, "most GraphQL fields, aliases counted, in one request", ge=1)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = _setting("INFO", "least level that is logged")
    bench_door: bool = _setting(False, "adds the empty endpoint that the benchmark compares with")

    @model_validator(mode="before")
    @classmethod
    def _comma_lists(cls, values: dict[str, Any]) -> dict[str, Any]:
        for name in ("cors_origins", "trusted_proxies"):
            text = values.get(name)
            if isinstance(text, str):
                values[name] = tuple(part.strip() for part in text.split(",") if part.strip())
        return values

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(str(ip_network(text, strict=False)) for text in texts)

    @model_validator(mode="after")
    def _tls_is_whole(self) -> Self:
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("HEALTHPAY_TLS_CERT and HEALTHPAY_TLS_KEY come together")
        if self.redirect_port is not None and self.tls_cert is None:
            raise ValueError("HEALTHPAY_REDIRECT_PORT needs HEALTHPAY_TLS_CERT: there is no HTTPS to send anybody to")
        if self.redirect_port == self.port:
            raise ValueError("HEALTHPAY_REDIRECT_PORT must be another port than HEALTHPAY_PORT")
        return self

    @model_validator(mode="after")
    def _enough_connections(self) -> Self:
        if self.database_pool_max < self.append_lanes + 1:
            raise ValueError("HEALTHPAY_DATABASE_POOL_MAX must be above HEALTHPAY_APPEND_LANES")
        return self

    @model_validator(mode="after")
    def _keys_come_safely(self) -> Self:
        where = urlsplit(self.jwt_jwks or "")
        if where.scheme == "http" and where.hostname not in LOOPBACK:
            raise ValueError("HEALTHPAY_JWT_JWKS must be an https address or a file")
        return self

    @model_validator(mode="after")
    def _fit_for_production(self) -> Self:
        if self.mode == "production":
            replaced = {"jwt_secret"} if self.jwt_jwks else set()
            missing = [name for name in SECRETS if getattr(self, name) is None and name not in replaced]
            if missing:
                raise ValueError("production needs " + ", ".join(PREFIX + name.upper() for name in missing))
            if self.tls_cert is None and not self.tls_terminated:
                raise ValueError(
                    "production needs TLS: HEALTHPAY_TLS_CERT and HEALTHPAY_TLS_KEY, "
                    "or a declared terminator in front: HEALTHPAY_TLS_TERMINATED=true"
                )
            if self.playground:
                raise ValueError("production needs HEALTHPAY_PLAYGROUND=false")
        return self


def load_settings(environment: Mapping[str, str] | None = None, env_file: Path = Path(".env")) -> Settings:
    """The settings of this process: `HEALTHPAY_*` of the environment over those of `env_file`.

    Raises `SettingsError` naming every unknown, malformed or unreadable variable at once.
    """
    found = {**_of_file(env_file), **(os.environ if environment is None else environment)}
    values = {name[len(PREFIX) :].lower(): text for name, text in found.items() if name.startswith(PREFIX) and text}
    _read_secret_files(values)
    unknown = sorted(set(values) - set(Settings.model_fields))
    if unknown:
        raise SettingsError("unknown settings: " + ", ".join(PREFIX + name.upper() for name in unknown))
    try:
        return Settings(**values)
    except ValidationError as error:
        raise SettingsError("; ".join(_complaint(dict(item)) for item in error.errors(include_input=False))) from None


def env_example() -> str:
    """The text of `.env.example`: every variable with its meaning and its default, commented out."""
    lines = ["# Every setting of the server; `ledger settings` prints this text. Secrets may come from files: …_FILE."]
    for name, field in Settings.model_fields.items():
        default = "" if field.default is None else field.default
        shown = ",".join(default) if isinstance(default, tuple) else str(default)
        lines += [
            "",
            f"# {field.description}",
            f"# {PREFIX}{name.upper()}={shown.lower() if shown in BOOLEANS else shown}",
        ]
    return "\n".join(lines) + "\n"


def _of_file(env_file: Path) -> dict[str, str]:
    return {name: text for name, text in dotenv_values(env_file).items() if text is not None}


def _read_secret_files(values: dict[str, Any]) -> None:
    for name in SECRETS:
        path = values.pop(f"{name}_file", None)
        if path is None:
            continue
        try:
            values[name] = Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SettingsError(f"{PREFIX}{name.upper()}_FILE cannot be read: {error.strerror}") from None


def _complaint(item: dict[str, Any]) -> str:
    where = ".".join(str(part) for part in item["loc"])
    said = str(item["msg"]).removeprefix("Value error, ")
    return f"{PREFIX}{where.upper()}: {said}" if where else said
