"""Roles, and what each may do: read from `rights.toml` once, and checked."""

import tomllib
from collections.abc import Mapping
from enum import StrEnum
from importlib import resources

from ledger.messages.commands import Caller


class Role(StrEnum):
    ADMIN = "ADMIN"
    OPERATOR = "OPERATOR"
    APPROVER = "APPROVER"
    PHARMACY = "PHARMACY"
    PROVIDER = "PROVIDER"
    INSURER = "INSURER"
    MEMBER = "MEMBER"
    AUDITOR = "AUDITOR"
    SERVICE = "SERVICE"


Rights = Mapping[str, frozenset[str]]
"""Name of a command or query -> the roles that may use it."""


def _load() -> dict[str, Rights]:
    tables = tomllib.loads(resources.files("ledger.api").joinpath("rights.toml").read_text("utf-8"))
    assert set(tables) == {"commands", "queries"}, "rights.toml has two tables"
    known = set(Role)
    for table in tables.values():
        for name, roles in table.items():
            assert set(roles) <= known, f"rights.toml: an unknown role may {name}"
            assert Role.ADMIN in roles, f"rights.toml: an ADMIN may everything, and so {name}"
    return {kind: {name: frozenset(roles) for name, roles in table.items()} for kind, table in tables.items()}


_rights = _load()
COMMAND_RIGHTS: Rights = _rights["commands"]
QUERY_RIGHTS: Rights = _rights["queries"]


def may_give(caller: Caller, command: str) -> bool:
    """Whether a caller may give a command at all; of which objects is another question."""
    return _may(COMMAND_RIGHTS, caller, command)


def may_query(caller: Caller, query: str) -> bool:
    """Whether a caller may ask a query at all; what of its rows is another question."""
    return _may(QUERY_RIGHTS, caller, query)


SECOND_EYES = frozenset({"approveLimitChange", "rejectLimitChange"})
"""Commands of the second of four eyes, who is an APPROVER or an ADMIN: no scope names them."""

NOBODY = "\x7f"
"""An id that nothing has: whom a caller is bound to whose token lacks the claim that its role lives from."""


def bound_user(caller: Caller) -> str | None:
    """The one user for whom the caller acts and whose objects it sees; None: it is bound to nobody."""
    return _bound(caller, Role.MEMBER, caller.user_id)


def bound_pharmacy(caller: Caller) -> str | None:
    return _bound(caller, Role.PHARMACY, caller.pharmacy_id)


def bound_terminal(caller: Caller) -> str | None:
    return _bound(caller, Role.PHARMACY, caller.terminal_id)


def bound_provider(caller: Caller) -> str | None:
    return _bound(caller, Role.PROVIDER, caller.provider_id)


def bound_plan(caller: Caller) -> str | None:
    return _bound(caller, Role.INSURER, caller.plan_id)


def _bound(caller: Caller, role: Role, claim: str | None) -> str | None:
    """A role that lives from a claim is bound to it always; a SERVICE where its token carries the claim."""
    if caller.role == role:
        return claim or NOBODY
    return claim if caller.role == Role.SERVICE else None


def _may(rights: Rights, caller: Caller, name: str) -> bool:
    """A SERVICE may what its token's scopes name, and nothing by its role."""
    if caller.role == Role.SERVICE:
        return name in caller.scopes and name not in SECOND_EYES
    return caller.role in rights[name]
