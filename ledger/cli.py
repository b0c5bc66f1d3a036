"""The command `ledger`: the server, tokens for it, and the care of its database."""

import argparse
import asyncio
import sys
from collections.abc import Callable, Sequence

from ledger.clocks import SystemClock
from ledger.exits import Exit
from ledger.settings import Settings, SettingsError, load_settings

FAILED = 1


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
    token = commands.add_parser("token", help="a token for the local server; prints nothing else")
    token.set_defaults(command=_token)
    token.add_argument("--role", required=True)
    for name in ("sub", "user", "pharmacy", "terminal", "provider", "plan", "scope"):
        token.add_argument(f"--{name}")
    token.add_argument("--ttl-h", type=float, help="hours until it ends (12)")
    migrate = commands.add_parser("migrate", help="brings the database's schema up to date")
    migrate.set_defaults(command=_migrate)
    return parser


# The commands import what they need when they are called: `token` should not wait for database drivers.


def _run(settings: Settings, _: argparse.Namespace) -> int:
    from ledger.supervisor import run

    return run(settings)


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

    asyncio.run(migrate(settings))
    return Exit.OK


def _refuse(why: str, code: int) -> int:
    print(f"ledger: {why}", file=sys.stderr)
    return code
