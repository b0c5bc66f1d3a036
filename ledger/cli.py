"""The command `ledger`: the server, tokens for it, and the care of its database."""

import argparse
import asyncio
import os
import sys
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

from ledger.clocks import SystemClock
from ledger.exits import Exit
from ledger.operator_commands import add_operator_commands
from ledger.pos.options import add_options as add_pos_options
from ledger.settings import Settings, SettingsError, env_example, load_settings

FAILED = 1
Result = TypeVar("Result")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one subcommand and gives its exit code; arguments that do not parse end the process with 2."""
    arguments = _parser().parse_args(argv)
    try:
        settings = load_settings()
    except SettingsError as error:
        return _refuse(str(error), Exit.SETTINGS)
    command: Callable[[Settings, argparse.Namespace], int] = arguments.command
    return command(settings, arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ledger", description="HealthPay Ledger")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="the server, with its databases, until Ctrl-C")
    run.set_defaults(command=_run)
    run.add_argument("--demo", action="store_true", help="with demo data and a simulated network of pharmacies")
    token = commands.add_parser("token", help="a token for the local server; prints nothing else")
    token.set_defaults(command=_token)
    token.add_argument("--role", required=True)
    for name in ("sub", "user", "pharmacy", "terminal", "provider", "plan", "scope"):
        token.add_argument(f"--{name}")
    token.add_argument("--ttl-h", type=float, help="hours until it ends (12)")
    migrate = commands.add_parser("migrate", help="brings the database's schema up to date")
    migrate.set_defaults(command=_migrate)
    add_operator_commands(commands, _with_database)
    move = commands.add_parser("move", help="partitions to another host, live: ledger move medcard/3 host-1")
    move.set_defaults(command=_move)
    move.add_argument("partition", nargs="+", help="such as medcard/3")
    move.add_argument("host", help="one that the placement or HEALTHPAY_HOSTS names")
    shown = commands.add_parser("settings", help="every setting with its meaning and default, as in .env.example")
    shown.set_defaults(command=_settings)
    pos = commands.add_parser("pos", help="simulated pharmacy terminals at work on the local server, with a live view")
    pos.set_defaults(command=_pos)
    add_pos_options(pos)
    docs = commands.add_parser("docs", help="brings the API's reference, OpenAPI and the GraphQL schema up to date")
    docs.set_defaults(command=_docs)
    docs.add_argument("file", nargs="?", type=Path, default=Path("docs/API.md"))
    docs.add_argument("--release", action="store_true", help="keep the documents as those of this version's release")
    return parser


# The commands import what they need when they are called: `token` should not wait for database drivers.


def _settings(_: Settings, __: argparse.Namespace) -> int:
    print(env_example(), end="")
    return Exit.OK


def _docs(_: Settings, arguments: argparse.Namespace) -> int:
    from ledger.api.client_code import write_client_code
    from ledger.api.documents import write_documents
    from ledger.api.reference import filled

    file: Path = arguments.file
    try:
        file.write_text(filled(file.read_text(encoding="utf-8")), encoding="utf-8")
        write_documents(file.parent, release=arguments.release)
        write_client_code()
    except (OSError, ValueError) as error:
        return _refuse(f"{file} cannot be brought up to date: {error}", FAILED)
    return Exit.OK


def _run(settings: Settings, arguments: argparse.Namespace) -> int:
    if arguments.demo and (settings.mode == "production" or settings.database_url is not None):
        # What stands in a log is never taken out again.
        return _refuse("the demo writes into the embedded database of a local server only", Exit.SETTINGS)
    if arguments.demo and settings.tls_cert is not None:
        return _refuse("the demo speaks plain HTTP to its server: run it without HEALTHPAY_TLS_CERT", Exit.SETTINGS)
    from ledger.supervisor import run

    return run(settings, with_demo=arguments.demo)


def _token(settings: Settings, arguments: argparse.Namespace) -> int:
    from ledger.tokens import LIFETIME_H, TokenRequest, UnknownRole, sign

    request = TokenRequest(
        role=arguments.role,
        sub=arguments.sub,
        user_id=arguments.user,
        pharmacy_id=arguments.pharmacy,
        terminal_id=arguments.terminal,
        provider_id=arguments.provider,
        plan_id=arguments.plan,
        scope=arguments.scope,
        lifetime_h=LIFETIME_H if arguments.ttl_h is None else arguments.ttl_h,
    )
    try:
        print(sign(request, settings, SystemClock().now()))
    except UnknownRole as error:
        return _refuse(str(error), Exit.SETTINGS)
    except OSError as error:
        return _refuse(f"the secret cannot be read: {error.filename}: {error.strerror}", FAILED)
    return Exit.OK


def _migrate(settings: Settings, _: argparse.Namespace) -> int:
    from ledger.bootstrap import migrate

    for name in _with_database(settings, migrate):
        print(f"applied {name}")
    return Exit.OK


def _pos(settings: Settings, arguments: argparse.Namespace) -> int:
    from ledger.pos.command import run

    return run(settings, arguments)


def _move(settings: Settings, arguments: argparse.Namespace) -> int:
    from ledger.embedded import EmbeddedPostgres
    from ledger.operators import move
    from ledger.runtime.moving import AlreadyThere, Moved, move_text, partition_named

    named = {text: partition_named(text) for text in dict.fromkeys(arguments.partition)}
    partitions = [partition for partition in named.values() if partition is not None]
    if len(partitions) < len(named):
        unnamed = next(text for text, partition in named.items() if partition is None)
        return _refuse(f"unknown_partition: {unnamed} is no topic/number, such as medcard/3", FAILED)
    runs = settings.database_url is not None or EmbeddedPostgres.running_dsn(settings.data_dir) is not None
    who = f"uid {os.geteuid()}"
    answers = _with_database(
        settings, lambda with_dsn: move(with_dsn, partitions, arguments.host, who=who, hosts_run=runs)
    )
    code: int = Exit.OK
    for answer in answers:
        if isinstance(answer, Moved | AlreadyThere):
            print(move_text(answer))
        else:
            code = _refuse(move_text(answer), FAILED)
    return code


def _with_database(settings: Settings, work: Callable[[Settings], Coroutine[Any, Any, Result]]) -> Result:
    """Does the work on the database of the settings: one's own, the running server's, or the embedded one at rest.

    Ends the process with a message where there is none.
    """
    from ledger.embedded import EmbeddedError
    from ledger.ports import StoreUnavailable

    try:
        return _worked(settings, work)
    except (EmbeddedError, StoreUnavailable, OSError) as error:
        raise SystemExit(_refuse(f"the database cannot be used: {error}", FAILED)) from None


def _worked(settings: Settings, work: Callable[[Settings], Coroutine[Any, Any, Result]]) -> Result:
    from pydantic import SecretStr

    from ledger.embedded import EmbeddedPostgres

    def on(dsn: str) -> Result:
        return asyncio.run(work(settings.model_copy(update={"database_url": SecretStr(dsn)})))

    if settings.database_url is not None:
        return asyncio.run(work(settings))
    running = EmbeddedPostgres.running_dsn(settings.data_dir)
    if running is not None:
        return on(running)
    server = EmbeddedPostgres(settings.data_dir)
    server.start()
    try:
        return on(server.dsn())
    finally:
        server.stop()


def _refuse(why: str, code: int) -> int:
    print(f"ledger: {why}", file=sys.stderr)
    return code
