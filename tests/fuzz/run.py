"""Generated requests against both doors, all of schemathesis's checks on, and what it had to say of the answers."""

import copy
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from hypothesis import strategies
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from tests.fuzz.stage import Reached
from tests.support.doors import token

_UNDERSTOOD = ["2xx", "401", "403", "404", "409", "422", "429", "503"]
"""What a request of the right form may be answered with: a refusal of the domain (422) is not one of the form."""

_BEYOND_SCHEMAS = (
    # How many decimals an amount may have, where the body leaves the currency to the wallet: only the wallet knows it.
    b"Expected an amount of ",
    # That a cursor is one that this list gave out: a pattern can only say which characters it has.
    b"the cursor is not one of this list",
    # 1.0 is an integer to JSON Schema, which compares numbers by value; to us a number with a fraction is none.
    b"got `number`",
    # Of the texts of known fields the document says it; the bodies in a batch are of any form.
    b"contains NUL or half a surrogate pair",
)
"""Rules that JSON schemas cannot say: a request may be of the right form and break one."""


@dataclass(slots=True)
class Findings:
    """`failed`: each with how often it was seen."""

    cases: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    examples: dict[str, str] = field(default_factory=dict)

    def add(self, what: str, example: str) -> None:
        self.failed[what] += 1
        self.examples.setdefault(what, example)

    def __str__(self) -> str:
        shown = [f"{count} x {what}\n    {self.examples[what]}" for what, count in self.failed.most_common()]
        return "\n".join((f"{self.cases} cases, {self.failed.total()} failed", *shown))


def fuzzed_rest(app: Reached, seed: int, examples_each: int, *, coverage: bool = True) -> Findings:
    """`examples_each`: how many are drawn for each operation; `coverage`: also the boundaries of every schema."""
    return _fuzzed(schemathesis.openapi.from_asgi("/openapi.json", app, config=_config(seed, examples_each, coverage)))


def fuzzed_graphql(app: Reached, seed: int, examples_each: int) -> Findings:
    """Every query and mutation, with introspection as a client reads it."""
    numbers = strategies.decimals("-10", "1000000", places=2).map(str)
    schemathesis.graphql.scalar("Decimal", numbers.map(schemathesis.graphql.nodes.String))
    config = _config(seed, examples_each, coverage=False)
    return _fuzzed(schemathesis.graphql.from_asgi("/graphql", app, config=config, headers=_headers()))


def _headers() -> dict[str, str]:
    return {"Authorization": f"Bearer {token('ADMIN')}"}


def _config(seed: int, examples_each: int, coverage: bool) -> SchemathesisConfig:
    return SchemathesisConfig.from_dict(
        copy.deepcopy(
            {
                "seed": seed,
                "headers": _headers(),
                "continue-on-failure": True,
                "workers": 1,
                "request-timeout": 60,
                "generation": {"max-examples": examples_each, "mode": "all", "database": "none"},
                "phases": {"coverage": {"enabled": coverage}},
                "checks": {"positive_data_acceptance": {"expected-statuses": _UNDERSTOOD}},
            }
        )
    )


def _fuzzed(schema: Any) -> Findings:
    found = Findings()
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            found.cases += len(event.recorder.cases)
            for case_id, checks in event.recorder.checks.items():
                for check in checks:
                    if check.failure_info is not None and not _is_honest(event.recorder.interactions[case_id]):
                        failure = check.failure_info.failure
                        what = f"{event.recorder.label}: {check.name}: {failure.title}"
                        answer = event.recorder.interactions[case_id].response
                        got = b"" if answer is None else answer.content[:600]
                        found.add(what, f"{got!r} {failure.message} {check.failure_info.code_sample}"[:2000])
        elif isinstance(event, events.NonFatalError | events.FatalError):
            found.add(f"error: {event}", "")
    return found


def _is_honest(interaction: Any) -> bool:
    """A position that the read models have not come to (503 with Retry-After), or one of the rules above."""
    response = interaction.response
    if response is None:
        return False
    if response.status_code < 500 and b'"errors":[{"message"' in response.content:
        # GraphQL's refusals: schemathesis takes every one for a failure of the server.
        coded = [
            error.get("extensions", {}).get("code", "internal") for error in json.loads(response.content)["errors"]
        ]
        return "internal" not in coded
    if response.status_code == 503:
        return "retry-after" in {name.lower() for name in response.headers} and b'"not_caught_up"' in response.content
    return response.status_code == 400 and any(rule in response.content for rule in _BEYOND_SCHEMAS)
