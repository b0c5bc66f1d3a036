"""What the server writes about itself: JSON lines that can be joined by request, and nothing of a person."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from ledger.observability import JsonLines
from tests.support.doors import Bench, edge
from tests.support.every_door import doors_of, sent
from tests.support.every_row import EXAMPLES, PUBLIC, Example, Side, body_of, prepared

PERSONAL = {"nationalId", "name", "dateOfBirth", "phoneNumber", "email", "drugCode", "drugName", "diagnosisCodes"}
PERSONAL |= {"description", "documents"}
SIDE = Side("told")


def texts_in(value: object) -> set[str]:
    if isinstance(value, dict):
        return {text for member in value.values() for text in texts_in(member)}
    if isinstance(value, list):
        return {text for member in value for text in texts_in(member)}
    return {str(value)}


def personal_in(value: object) -> set[str]:
    """What stands in the fields that speak of a person's life."""
    if isinstance(value, dict):
        found = {text for name, member in value.items() if name in PERSONAL for text in texts_in(member)}
        return found | {text for member in value.values() for text in personal_in(member)}
    return {text for member in value for text in personal_in(member)} if isinstance(value, list) else set()


def spoilt(value: object) -> object:
    """The same with a field too many in every object: each is refused with its person in it."""
    if isinstance(value, dict):
        return {**{name: spoilt(member) for name, member in value.items()}, "colour": "red"}
    return [spoilt(member) for member in value] if isinstance(value, list) else value


TOLD = {text for example in EXAMPLES for text in personal_in(body_of(str(example), SIDE))}


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """All that the rooms' loggers write, down to the smallest matter."""
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    handler.setFormatter(JsonLines())
    loggers = [logging.getLogger(name) for name in ("ledger", "actors", "projections")]
    before = [(logger.level, logger.propagate) for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
    yield lines
    for logger, (level, propagate) in zip(loggers, before, strict=True):
        logger.removeHandler(handler)
        logger.setLevel(level)
        logger.propagate = propagate


async def through_every_door(bench: Bench, example: Example) -> None:
    """Rightly, with a field too many, and with a failure that nobody expected and that names the person."""
    for number, door in enumerate(doors_of(example)):
        request = await prepared(bench, example, Side(f"{SIDE.name}-{number}"))
        if door != "graphql":  # which refuses a field too many by its own schema, and is asked so in its own tests
            await sent(bench, door, request.with_body(spoilt(request.body)))
        await sent(bench, door, request)
        bench.door.failure = ValueError(f"cannot store {request.body}")
        await sent(bench, door, request)
        bench.door.failure = None


async def test_no_line_and_no_label_holds_anything_of_a_person(
    written: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    assert {"Ahmed Mohamed", "29001150101234", "1990-01-15", "+201234567890", "DRUG001", "J45", "a@example.com"} <= TOLD
    for example in PUBLIC:
        async with edge() as bench:
            await through_every_door(bench, example)
            metrics = (await bench.client.get("/metrics")).text
            assert example.command in metrics
            assert not [text for text in TOLD if text in metrics], example
    out, err = capsys.readouterr()
    lines = written.getvalue()
    assert lines.count("a request failed") >= len(PUBLIC)
    assert not [text for text in TOLD if text in lines + out + err]


async def test_every_line_is_an_object_that_names_its_request(written: io.StringIO) -> None:
    async with edge() as bench:
        bench.door.failure = ValueError("29001150101234")
        await bench.post("/api/v1/medcards/medcard-1/activate", headers={"x-request-id": "asked-once"})
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    [line] = [line for line in lines if line["message"] == "a request failed"]
    assert {"time", "level", "logger", "message", "traceback"} <= set(line)
    assert (line["requestId"], line["path"]) == ("asked-once", "/api/v1/medcards/{id}/activate")
    assert "ValueError" in line["traceback"]
    assert "29001150101234" not in line["traceback"]
