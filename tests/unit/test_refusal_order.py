"""The table of refusals says what the deciders' code says: the same refusals, and in the order of the code."""

import ast
import inspect
import textwrap
import typing
from collections.abc import Iterator
from functools import cache
from types import FunctionType, ModuleType
from typing import Any

import pytest

from ledger.api.commands import COMMANDS
from ledger.api.table import NotAvailable, Row
from ledger.domain.kinds import Refusal
from ledger.domain.medcard import commands as card_commands
from ledger.domain.medcard import decide as card_decide
from ledger.domain.medcard import refusals as card_refusals
from ledger.domain.payment import commands as payment_commands
from ledger.domain.payment import decide as payment_decide
from ledger.domain.payment import refusals as payment_refusals
from ledger.domain.pharmacy import commands as pharmacy_commands
from ledger.domain.pharmacy import decide as pharmacy_decide
from ledger.domain.pharmacy import refusals as pharmacy_refusals
from ledger.domain.refusal_order import BY_AGGREGATE, REFUSALS
from ledger.domain.wallet import commands as wallet_commands
from ledger.domain.wallet import decide as wallet_decide
from ledger.domain.wallet import refusals as wallet_refusals

MODULES: dict[str, tuple[ModuleType, Any, ModuleType]] = {
    "wallet": (wallet_commands, wallet_decide, wallet_refusals),
    "payment": (payment_commands, payment_decide, payment_refusals),
    "medcard": (card_commands, card_decide, card_refusals),
    "pharmacy": (pharmacy_commands, pharmacy_decide, pharmacy_refusals),
}
CASES = [(aggregate, command) for aggregate, commands in BY_AGGREGATE.items() for command in commands]


@pytest.mark.parametrize(("aggregate", "command"), CASES, ids=[command.__name__ for _, command in CASES])
def test_a_decider_checks_in_the_order_of_the_table(aggregate: str, command: type) -> None:
    decider = MODULES[aggregate][1]
    assert once([*before_dispatch(decider, command), *named_in(handler(decider, command))]) == REFUSALS[command]


def before_dispatch(decider: Any, command: type) -> Iterator[type[Refusal]]:
    """What an aggregate that does not exist answers, and a closed card to all that needs an open one."""
    missing = None if is_creation(decider, command) else decider.decide(None, object.__new__(command), None)
    if missing is not None:
        yield type(missing)
    if command in typing.get_args(card_commands.NeedsOpenCard):
        yield card_refusals.CardClosed


def handler(decider: Any, command: type) -> FunctionType:
    if is_creation(decider, command):
        return getattr(decider, "_create", None) or getattr(decider, "_initiate", None) or decider._register
    found: FunctionType = decider._decide.dispatch(command)
    return found


def is_creation(decider: Any, command: type) -> bool:
    return decider._decide.dispatch(command) is decider._decide.dispatch(object)


def once(refusals: list[type[Refusal]]) -> tuple[type[Refusal], ...]:
    return tuple(dict.fromkeys(refusals))


@cache
def named_in(function: FunctionType) -> tuple[type[Refusal], ...]:
    """The refusals that a function's code names, line by line, those of the functions that it calls in their places."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    assert isinstance(tree, ast.FunctionDef)
    found: list[type[Refusal]] = []
    for node in (node for statement in tree.body for node in in_order(statement)):
        value = resolved(node, function.__globals__)
        if isinstance(value, type) and issubclass(value, Refusal) and value is not Refusal:
            found.append(value)
        elif isinstance(value, FunctionType) and value.__module__.startswith("ledger.domain") and value != function:
            found.extend(named_in(value))
    return once(found)


def in_order(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    for child in ast.iter_child_nodes(node):
        yield from in_order(child)


def resolved(node: ast.AST, names: dict[str, Any]) -> Any:
    """What a name, or a module's name with one of its own, stands for."""
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        owner = names.get(node.value.id)
        return getattr(owner, node.attr, None) if isinstance(owner, ModuleType) else None
    return None


@pytest.mark.parametrize("aggregate", MODULES)
def test_every_command_and_every_refusal_is_in_the_table(aggregate: str) -> None:
    commands, _, refusals = MODULES[aggregate]
    table = BY_AGGREGATE[aggregate]
    assert set(table) == set(typing.get_args(commands.Command))
    classes = {value for value in vars(refusals).values() if isinstance(value, type) and issubclass(value, Refusal)}
    assert {refusal for each in table.values() for refusal in each} == classes - {Refusal}


@pytest.mark.parametrize(
    "refusal",
    dict.fromkeys(refusal for refusals in REFUSALS.values() for refusal in refusals),
    ids=lambda refusal: f"{refusal.__module__.split('.')[2]}-{refusal.__name__}",
)
def test_every_refusal_says_what_it_means(refusal: type[Refusal]) -> None:
    """A dataclass without a docstring shows its fields in place of one."""
    assert refusal.__doc__
    assert not refusal.__doc__.startswith(refusal.__name__)
    assert refusal.__doc__.endswith(".")


BUILT = [row for row in COMMANDS.values() if row.refusals != (NotAvailable,)]


@pytest.mark.parametrize("row", BUILT, ids=lambda row: row.name)
def test_a_row_of_the_doors_names_the_refusals_of_its_commands(row: Row) -> None:
    shapes = [row.shape, *([row.with_args] if row.with_args is not None else [])]
    returned = [typing.get_type_hints(shape.to_command)["return"] for shape in shapes]
    commands = [part for hint in returned for part in (typing.get_args(hint) or (hint,)) if part in REFUSALS]
    assert commands
    assert row.refusals == once([refusal for command in commands for refusal in REFUSALS[command]])
