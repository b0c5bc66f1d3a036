"""The subcommands of `ledger` for read models and the audit."""

import argparse
import sys
import time
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

from ledger.exits import Exit
from ledger.settings import Settings

FAILED = 1

Work = Callable[[Settings], Coroutine[Any, Any, Any]]
OnDatabase = Callable[[Settings, Work], Any]
"""Does work on the database of the settings."""

Command = Callable[[Settings, argparse.Namespace, OnDatabase], int]

# The commands import what they need when they are called, as those of `ledger.cli` do.


def add_operator_commands(commands: Any, on_database: OnDatabase) -> None:
    """To the subparsers of `ledger`."""

    def add(name: str, text: str, command: Command) -> Any:
        parser = commands.add_parser(name, help=text)
        parser.set_defaults(command=lambda settings, arguments: _guarded(command, settings, arguments, on_database))
        return parser

    verify = add("verify", "the audit of the whole log and the read models", _verify)
    verify.add_argument("--json", action="store_true", help="the report for machines, on the standard output")
    verify.add_argument("--against", type=Path, metavar="FILE", help="also against a kept print of `ledger heads`")
    verify.add_argument("--without-folds", action="store_true", help="leaves out the row by row comparison")
    add("heads", "prints the log's heads, to be kept elsewhere", _heads)
    for name, text in (("pause", "stops the projector of a group of read models"), ("resume", "lets it go on")):
        add(name, text, partial(_pause, name == "pause")).add_argument("group", metavar="GROUP")
    replay = add("replay-dead-letters", "applies what was parked, in the log's order", _replay)
    replay.add_argument("--group", default="", metavar="NAME")
    replay.add_argument("--aggregate", default="", metavar="ID")
    rebuild = add("rebuild", "builds read models anew beside the live ones, and puts them in their place", _rebuild)
    rebuild.add_argument("group", metavar="GROUP")
    rebuild.add_argument("--resume", action="store_true", help="goes on with an interrupted build")


def _guarded(
    command: Command,
    settings: Settings,
    arguments: argparse.Namespace,
    on_database: OnDatabase,
) -> int:
    from ledger.audit.kept_heads import UnreadableHeads
    from ledger.following import AlreadyAtWork, Halted
    from ledger.operators import UnknownGroup

    try:
        return command(settings, arguments, on_database)
    except (UnknownGroup, UnreadableHeads) as error:
        return _refuse(str(error), Exit.SETTINGS)
    except (AlreadyAtWork, Halted) as error:
        return _refuse(str(error), FAILED)


def _verify(settings: Settings, arguments: argparse.Namespace, on_database: OnDatabase) -> int:
    import msgspec

    from ledger import operators
    from ledger.audit.kept_heads import parse_heads

    kept = parse_heads(arguments.against.read_text(encoding="utf-8")) if arguments.against else ()
    report = on_database(
        settings, lambda there: operators.verify(there, _say("verify"), kept, not arguments.without_folds)
    )
    if arguments.json:
        print(msgspec.json.encode(report.public()).decode())
    else:
        print(report.text())
    return Exit.OK if report.sound else FAILED


def _heads(settings: Settings, _: argparse.Namespace, on_database: OnDatabase) -> int:
    from ledger.by_hand import heads

    print(on_database(settings, heads), end="")
    return Exit.OK


def _pause(paused: bool, settings: Settings, arguments: argparse.Namespace, on_database: OnDatabase) -> int:
    from ledger import operators

    name = arguments.group
    changed = on_database(settings, lambda there: operators.pause(there, name, paused))
    state = "paused" if paused else "at work"
    print(f"{name} is {state}" if changed else f"{name} was {state} already")
    return Exit.OK


def _replay(settings: Settings, arguments: argparse.Namespace, on_database: OnDatabase) -> int:
    from ledger import operators

    replays = on_database(settings, lambda there: operators.replay(there, arguments.group, arguments.aggregate))
    for each in replays:
        done = f"not replayed: {each.error}" if each.error else f"{each.events} events applied"
        print(f"{each.letter.key.aggregate_id} in {each.letter.key.partition}: {done}")
    if not replays:
        print("nothing is parked")
    return FAILED if any(each.error for each in replays) else Exit.OK


def _rebuild(settings: Settings, arguments: argparse.Namespace, on_database: OnDatabase) -> int:
    from ledger import operators

    began = time.monotonic()
    built = on_database(
        settings, lambda there: operators.rebuild(there, arguments.group, _say("rebuild"), arguments.resume)
    )
    parked = f"; {built.parked} aggregates are parked" if built.parked else ""
    print(f"{arguments.group}: built from {built.events:,} events in {time.monotonic() - began:.1f} s{parked}")
    return Exit.OK


def _say(who: str) -> Callable[[str], None]:
    """To the standard error: one line rewritten in place on a terminal, else one a second at the most."""
    live, last = sys.stderr.isatty(), [0.0]

    def say(text: str) -> None:
        if live:
            print(f"\r\x1b[2K{who}: {text}", end="", file=sys.stderr, flush=True)
        elif time.monotonic() - last[0] >= 1.0:
            last[0] = time.monotonic()
            print(f"{who}: {text}", file=sys.stderr, flush=True)

    return say


def _refuse(why: str, code: int) -> int:
    print(f"ledger: {why}", file=sys.stderr)
    return code
