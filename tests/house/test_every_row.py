"""One command table, its spellings and its tests: a row that lacks one of them fails here."""

import re

import msgspec
from graphql import GraphQLObjectType, is_object_type

from ledger.api.commands import COMMANDS
from ledger.api.graphql.door import executable_schema
from ledger.api.rest.table import COMMAND_ROUTES, QUERY_ROUTES
from ledger.api.rights import COMMAND_RIGHTS, QUERY_RIGHTS
from tests.contract.test_rights_of_queries import NESTED
from tests.support.every_door import doors_of
from tests.support.every_query import QUESTIONS
from tests.support.every_row import EXAMPLES, PUBLIC, TERMINAL_ONLY, Side, body_of
from tests.support.rights_matrix import cells

REST_ALONE = {"auditLog"}
"""Queries without a field of GraphQL's: the audit trail is for whoever looks after the server."""
INSIDE = {"terminals"}
"""Queries whose field stands in another object."""
GRAPHQL_ALONE = {"medCardAt"}
"""Fields of GraphQL that are another query's second answer in REST."""


def fields_of(kind: GraphQLObjectType | None) -> set[str]:
    assert kind is not None
    return set(kind.fields)


def test_every_public_command_has_its_route_its_field_its_roles_and_its_tests() -> None:
    public = {name for name, row in COMMANDS.items() if not row.terminal_only}
    assert {route.command for route in COMMAND_ROUTES} == public
    assert fields_of(executable_schema().mutation_type) == public
    assert set(COMMAND_RIGHTS) == set(COMMANDS)
    assert {example.command for example in PUBLIC} == public
    assert {str(example) for example in EXAMPLES} == set(cells("commands"))


def test_a_command_of_terminals_alone_is_marked_so_and_tested_all_the_same() -> None:
    terminals = {name for name, row in COMMANDS.items() if row.terminal_only}
    assert terminals == {"claimPrescriptionOffline", "openOfflineBatch", "closeOfflineBatch"}
    assert {example.command for example in TERMINAL_ONLY} == terminals


def test_the_tests_send_every_command_through_every_route_that_it_has() -> None:
    sent = {door for example in PUBLIC for door in doors_of(example)} - {"graphql", "batch"}
    assert sent == {f"{route.method} {route.path}" for route in COMMAND_ROUTES}


def test_the_tests_bodies_name_every_field_that_a_form_has() -> None:
    """What is derived from them, as bad input is, then reaches every field."""
    for example in EXAMPLES:
        shape = example.row.shape_for(dict.fromkeys(example.args, ""))
        fields = {field.encode_name for field in msgspec.structs.fields(shape.input)}
        assert fields - set(body_of(str(example), Side("x"))) <= LEFT_OUT, example


LEFT_OUT = {"id", "claimId", "dailyLimit", "monthlyLimit", "withoutMonthlyLimit"}
"""Ids that are made where they are not given, limits that a member may not name, and what excludes another field."""


def test_every_query_has_its_route_its_field_its_roles_and_its_tests() -> None:
    queries = set(QUERY_RIGHTS)
    assert {route.query for route in QUERY_ROUTES} == queries
    assert fields_of(executable_schema().query_type) == (queries - REST_ALONE - INSIDE) | GRAPHQL_ALONE
    assert {question.query for question in QUESTIONS if question.rest} == queries
    assert {question.query for question in QUESTIONS if question.graphql} == queries - REST_ALONE
    assert {str(question) for question in QUESTIONS} == set(cells("queries"))


def test_the_tests_ask_every_route_of_a_query() -> None:
    asked = {re.sub(r"\?.*", "", question.rest) for question in QUESTIONS if question.rest}
    assert {re.sub(r"\$\w+", "{}", path) for path in asked} == {
        re.sub(r"{\w+}", "{}", route.path) for route in QUERY_ROUTES
    }


def test_whatever_a_field_looks_up_by_itself_is_tested_for_its_right() -> None:
    """A resolver of its own is a question of its own: that of an object inside another asks for the right to it."""
    kinds = [kind for kind in executable_schema().type_map.values() if is_object_type(kind)]
    inside = {
        (kind.name, name)
        for kind in kinds
        if kind.name not in ("Query", "Mutation") and not kind.name.startswith("__")
        for name, field in kind.fields.items()
        if field.resolve is not None and not kind.name.endswith("Payload")
    }
    assert inside - SHOWN_AS_IT_IS == set(NESTED)


SHOWN_AS_IT_IS = {
    ("CommandStatus", "answer"),
    ("Event", "data"),
    ("Event", "metadata"),
    ("MedCardAt", "coveredByMonth"),
}
"""Fields whose resolvers only give another form to what their object holds."""


def test_the_doors_are_as_wide_as_the_product_says() -> None:
    schema = executable_schema()
    assert len([name for name in schema.type_map if not name.startswith("__")]) >= 40
    assert len(fields_of(schema.query_type)) >= 15
    assert len(fields_of(schema.mutation_type)) >= 15
    assert (
        len({(route.method, route.path) for route in COMMAND_ROUTES} | {("GET", each.path) for each in QUERY_ROUTES})
        >= 20
    )
