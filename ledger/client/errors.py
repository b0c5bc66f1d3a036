"""What can go wrong, by name. All of it is a `ClientError`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


class ClientError(Exception):
    """Anything that this package raises itself."""


class Offline(ClientError):
    """There is no line to the server now, and nothing was stored or sent."""


class NoAnswerYet(ClientError):
    """The time that the caller gave is over. The command is on the record, goes on being sent, and may have been
    executed: ask `outcome(id)` or `command_status(id)`, and do not send it anew under another id.
    """

    def __init__(self, command_id: str) -> None:
        super().__init__(f"no answer yet to {command_id}")
        self.command_id = command_id


class Closed(ClientError):
    """The terminal was closed before the answer came; the record sends the command again at the next start."""


class TokenEnded(ClientError):
    """The server takes the token no more, and there is no way to get another one."""


class TerminalRevoked(ClientError):
    """The terminal or its pharmacy may not work any more."""


class ProtocolBroken(ClientError):
    """The other side does not speak the terminal's protocol, or does not understand ours."""


class RecordInUse(ClientError):
    """Another process, or another terminal of this one, has the record open."""


class RecordUnreadable(ClientError):
    """The file is no record, or that of a newer release."""


class RecordFailed(ClientError):
    """The record could not be written, as on a full disk; the terminal goes no further than its record."""


class OfflineCapReached(ClientError):
    """The batch of offline claims has no room for another one of this amount."""


@dataclass(frozen=True)
class FieldError:
    """One thing that is wrong with the input; `pointer` is a JSON pointer into it."""

    code: str
    pointer: str
    detail: str


class ProblemError(ClientError):
    """The server did not do what was asked. `code` is one of the API's; `facts` are the figures that belong to it.

    Amounts among the facts are `Decimal`. `retryable` says whether the same request may succeed when it is sent again.
    """

    def __init__(self, problem: Mapping[str, Any], status: str | int) -> None:
        self.code = str(problem.get("code", "unknown"))
        self.detail = str(problem.get("detail", "") or self.code)
        self.status = status
        self.facts: dict[str, Any] = dict(problem.get("facts") or {})
        self.errors = _errors_of(problem.get("errors") or ())
        self.retryable = problem.get("retryable") is True
        self.request_id = str(problem.get("request_id", ""))
        super().__init__(f"{self.code}: {self.detail}")


class Refused(ProblemError):
    """The domain's refusal: executed again, it would be refused again. It stands under the command's id for ever."""


class Invalid(ProblemError):
    """The input is wrong; `errors` says where. Nothing was stored under the id."""


class Conflict(ProblemError):
    """The id was used for another command (`idempotency_conflict`), or the aggregate has moved on."""


class Forbidden(ProblemError):
    """The token gives no right to this."""


class Unauthenticated(ProblemError):
    """There is no valid token."""


class NotFound(ProblemError):
    """It is not there, or not for this caller."""


class Unavailable(ProblemError):
    """The server could not do it now; all tries that the options allow were made. The same key may be tried again."""


def _errors_of(given: Sequence[Mapping[str, Any]]) -> tuple[FieldError, ...]:
    return tuple(
        FieldError(str(each.get("code", "")), str(each.get("pointer", "")), str(each.get("detail", "")))
        for each in given
    )


_OF_THE_TERMINAL: Mapping[str, type[ProblemError]] = {"refused": Refused, "invalid": Invalid, "conflict": Conflict}


def problem_of_result(status: str, problem: Mapping[str, Any]) -> ProblemError:
    """For the answer of a terminal's command that was not accepted."""
    code = problem.get("code")
    if code == "forbidden":
        return Forbidden(problem, status)
    if code == "idempotency_conflict":
        return Conflict(problem, status)
    if problem.get("retryable") is True:
        return Unavailable(problem, status)
    return _OF_THE_TERMINAL.get(status, ProblemError)(problem, status)


def problem_of_response(status: int, problem: Mapping[str, Any]) -> ProblemError:
    """For a REST answer that is no success."""
    by_status = {400: Invalid, 401: Unauthenticated, 403: Forbidden, 404: NotFound, 409: Conflict, 413: Invalid}
    if problem.get("code") == "idempotency_conflict":
        return Conflict(problem, status)
    if problem.get("retryable") is True or status in (429, 502, 503, 504):
        return Unavailable(problem, status)
    return by_status.get(status, Refused if status == 422 else ProblemError)(problem, status)
