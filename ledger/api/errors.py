"""Errors at the doors: codes, their status, problem details (RFC 9457). The only place that knows HTTP's numbers."""

import logging
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from ledger.domain.money import EGP, text_of
from ledger.messages.codec import msgspec_camel
from ledger.messages.commands import CommandAnswer, Outcome
from ledger.ports import StoreUnavailable

_log = logging.getLogger(__name__)

_STATUS = {
    "invalid_request": 400,
    "unknown_field": 400,
    "invalid_amount": 400,
    "query_too_deep": 400,
    "query_too_large": 400,
    "introspection_disabled": 400,
    "unauthenticated": 401,
    "token_expired": 401,
    "token_invalid": 401,
    "forbidden": 403,
    "method_not_allowed": 405,
    "not_acceptable": 406,
    "version_conflict": 409,
    "invalid_state": 409,
    "payment_final": 409,
    "payment_not_completed": 409,
    "already_reversed": 409,
    "holds_open": 409,
    "balance_not_zero": 409,
    "payload_too_large": 413,
    "unsupported_media_type": 415,
    "rate_limited": 429,
    "overloaded": 503,
    "unavailable": 503,
    "not_caught_up": 503,
    "outcome_unknown": 503,
    "internal": 500,
}
_STATUS_BY_ENDING = {"_not_found": 404, "_already_exists": 409, "_pending": 409, "_suspended": 409, "_closed": 409}
_RETRYABLE = {"rate_limited", "overloaded", "unavailable", "not_caught_up", "outcome_unknown"}
_RETRY_AFTER_S = 1
OK, CREATED, UNREADY = 200, 201, 503


def status_of(code: str) -> int:
    """A refusal of the domain that has no status of its own is a 422."""
    status = _STATUS.get(code)
    if status is not None:
        return status
    return next((number for ending, number in _STATUS_BY_ENDING.items() if code.endswith(ending)), 422)


Error = Mapping[str, str]


class Problem(Exception):
    """What a door answers instead of what was asked for. `errors`: each `code`, `path` (a JSON pointer), `detail`."""

    def __init__(
        self,
        code: str,
        detail: str = "",
        *,
        facts: Mapping[str, Any] | None = None,
        errors: Sequence[Error] = (),
        headers: Mapping[str, str] | None = None,
        retry_after_s: int = _RETRY_AFTER_S,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail or code.replace("_", " ")
        self.facts = dict(facts or {})
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.retry_after_s = retry_after_s

    @property
    def status(self) -> int:
        return status_of(self.code)

    @property
    def retryable(self) -> bool:
        return is_retryable(self.code)


class _Details(msgspec.Struct, omit_defaults=True):
    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    request_id: str
    retryable: bool
    facts: dict[str, Any] = {}
    errors: tuple[Error, ...] = ()


_encode = msgspec.json.Encoder(decimal_format="number").encode
PROBLEM_SCHEMA = _Details


def problem_body(problem: Problem, instance: str, request_id: str) -> bytes:
    """The problem's JSON; amounts among its facts are exact decimal numbers."""
    return _encode(
        _Details(
            type=f"urn:healthpay:problem:{problem.code}",
            title=problem.code.replace("_", " ").capitalize(),
            status=problem.status,
            detail=problem.detail,
            instance=instance,
            code=problem.code,
            request_id=request_id,
            retryable=problem.retryable,
            facts=problem.facts,
            errors=tuple(shown(error) for error in problem.errors),
        )
    )


def shown(error: Error) -> dict[str, str]:
    """With the member names of RFC 9457: the place is a `pointer`."""
    return {"code": error["code"], "pointer": error["path"], "detail": error["detail"]}


def problem_headers(problem: Problem) -> dict[str, str]:
    """The headers that belong to the status."""
    headers = dict(problem.headers)
    if problem.status == 401:
        error = "" if problem.code == "unauthenticated" else ', error="invalid_token"'
        headers["WWW-Authenticate"] = f'Bearer realm="healthpay"{error}'
    if problem.retryable:
        headers["Retry-After"] = str(problem.retry_after_s)
    return headers


def invalid(errors: Sequence[Error]) -> Problem:
    """One code for all errors where they share it; `invalid_request` for a mixture."""
    codes = {error["code"] for error in errors}
    code = codes.pop() if len(codes) == 1 else "invalid_request"
    return Problem(code, errors[0]["detail"] if len(errors) == 1 else "", errors=errors)


def invalid_at(path: str, detail: str, code: str = "invalid_request") -> Problem:
    """One error at one place."""
    return invalid([{"code": code, "path": path, "detail": detail}])


def public_facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    """`{"tier_limit_minor": 500000}` -> `{"tierLimit": Decimal("5000.00")}`; in the `currency` among them, or EGP."""
    currency = facts.get("currency", EGP)
    return {
        public_fact_name(name): Decimal(text_of(value, currency)) if is_amount(name) and value is not None else value
        for name, value in facts.items()
    }


def is_amount(fact: str) -> bool:
    return fact.endswith("_minor")


def public_fact_name(fact: str) -> str:
    """`tier_limit_minor` -> `tierLimit`."""
    return msgspec_camel(fact.removesuffix("_minor"))


def is_retryable(code: str) -> bool:
    """Whether the same request may succeed when it is sent again."""
    return code in _RETRYABLE


_WITHOUT_BODY = {
    Outcome.CONFLICT: ("idempotency_conflict", "the key was used for another request"),
    Outcome.EXPIRED: ("unavailable", "the command was not executed in time; it may be tried again"),
    Outcome.FENCED: ("unavailable", "the host is moving; it may be tried again"),
    Outcome.UNKNOWN: ("outcome_unknown", "the outcome is not known; ask again with the same key"),
    Outcome.INTERNAL: ("internal", ""),
}


def problem_of(answer: CommandAnswer) -> Problem | None:
    """What a command's answer means to a client; None where it was accepted."""
    if answer.outcome is Outcome.ACCEPTED:
        return None
    if answer.outcome in _WITHOUT_BODY:
        return Problem(*_WITHOUT_BODY[answer.outcome])
    body = msgspec.json.decode(answer.body)
    match answer.outcome:
        case Outcome.INVALID:
            return invalid(body["errors"])
        case Outcome.FORBIDDEN:
            return Problem("forbidden", body.get("detail", ""))
        case Outcome.OVERLOADED:
            return Problem("overloaded", retry_after_s=max(1, round(body.get("retryAfterS", _RETRY_AFTER_S))))
        case _:
            return _refused(body["code"], body.get("facts", {}))


def _refused(code: str, facts: Mapping[str, Any]) -> Problem:
    if code == "invalid_amount":
        # Only the aggregate knew how many decimals its currency has: to a client it is one more error of its input.
        return invalid_at(facts["path"], facts["detail"], code)
    return Problem(code, facts=public_facts(facts))


def problem_of_failure(failure: Exception, **request: str) -> Problem:
    """What an exception means to a client; what nobody expected is logged and named `internal`.

    `request`: what the log's line says of the request, beside the failure.
    """
    if isinstance(failure, Problem):
        return failure
    if isinstance(failure, StoreUnavailable):
        return Problem("unavailable")
    _log.error("a request failed", exc_info=failure, extra=request)
    return Problem("internal")
