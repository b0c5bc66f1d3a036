"""From what a host or a query answers to a `result`."""

from collections.abc import Mapping

import msgspec
from msgspec import Raw

from ledger.api.errors import Problem, problem_of, shown
from ledger.api.terminal.messages import Result, ResultStatus, Trouble
from ledger.messages.commands import CommandAnswer, CommandRequest, Outcome

_encode = msgspec.json.Encoder(decimal_format="number").encode

_STATUS: Mapping[Outcome, ResultStatus] = {
    Outcome.ACCEPTED: ResultStatus.ACCEPTED,
    Outcome.REFUSED: ResultStatus.REFUSED,
    Outcome.INVALID: ResultStatus.INVALID,
    Outcome.FORBIDDEN: ResultStatus.FORBIDDEN,
    Outcome.CONFLICT: ResultStatus.CONFLICT,
    Outcome.OVERLOADED: ResultStatus.OVERLOADED,
    Outcome.EXPIRED: ResultStatus.EXPIRED,
    Outcome.FENCED: ResultStatus.EXPIRED,
    Outcome.UNKNOWN: ResultStatus.UNKNOWN,
    Outcome.INTERNAL: ResultStatus.INTERNAL,
}
_STATUS_OF_CODE = {
    "forbidden": ResultStatus.FORBIDDEN,
    "idempotency_conflict": ResultStatus.CONFLICT,
    "outcome_unknown": ResultStatus.UNKNOWN,
    "internal": ResultStatus.INTERNAL,
}


def result_of(request: CommandRequest, answer: CommandAnswer) -> Result:
    """The body of what is stored is the same bytes, however often its id is sent."""
    if answer.outcome is Outcome.ACCEPTED:
        return Result(request.key, ResultStatus.ACCEPTED, Raw(answer.body), answer.position or None, answer.replayed)
    problem = problem_of(answer)
    assert problem is not None, "only what is accepted is no problem"
    body = Raw(_trouble(problem))
    return Result(request.key, _STATUS[answer.outcome], body, answer.position or None, answer.replayed)


def result_of_problem(message_id: str, problem: Problem) -> Result:
    """Of what never came to a host, or was a question."""
    return Result(message_id, _status_of(problem), Raw(_trouble(problem)), None, False)


def result_of_view(message_id: str, view: object) -> Result:
    """Of a question."""
    return Result(message_id, ResultStatus.ACCEPTED, Raw(_encode(view)), None, False)


def _status_of(problem: Problem) -> ResultStatus:
    status = _STATUS_OF_CODE.get(problem.code)
    if status is not None:
        return status
    if problem.retryable:
        return ResultStatus.OVERLOADED
    return ResultStatus.INVALID if problem.status == 400 else ResultStatus.REFUSED


def _trouble(problem: Problem) -> bytes:
    return _encode(
        Trouble(
            code=problem.code,
            detail=problem.detail,
            retryable=problem.retryable,
            retry_after_ms=problem.retry_after_s * 1000 if problem.retryable else None,
            facts=problem.facts,
            errors=tuple(shown(error) for error in problem.errors),
        )
    )
