"""A slice of `make fuzz`: generated requests through both doors, over real read models."""

from collections.abc import Iterator

import pytest

from tests.fuzz.run import fuzzed_graphql, fuzzed_rest
from tests.fuzz.stage import Reached, staged_edge
from tests.fuzz.world import furnished

SEED = 1


@pytest.fixture(scope="module")
def app(shared_database: str) -> Iterator[Reached]:
    with staged_edge(shared_database, furnished) as reached:
        yield reached


def test_every_operation_of_rest_answers_as_its_document_says(app: Reached) -> None:
    found = fuzzed_rest(app, SEED, 2, coverage=False)
    assert not found.failed, str(found)
    assert found.cases > 100


def test_every_field_of_graphql_answers_generated_documents(app: Reached) -> None:
    found = fuzzed_graphql(app, SEED, 1)
    assert not found.failed, str(found)
    assert found.cases > 40
