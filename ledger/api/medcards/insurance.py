"""Insurance claims at the doors: filed and appealed by their provider, handled by the insurer of the card's plan."""

from datetime import date
from typing import Annotated, Any

from msgspec import Meta

from ledger.api.inputs import Input, NoInput
from ledger.api.medcards.answers import InsuranceClaimAnswer
from ledger.api.medcards.inputs import ITEMS_MAX
from ledger.api.medcards.row import medcard_row
from ledger.api.rights import bound_plan, bound_provider
from ledger.api.table import Shape
from ledger.api.wire import WITHOUT_NUL, Code, Id, Name, NewId, PositiveAmount, Reason, ZeroOrMore
from ledger.domain.medcard.commands import (
    AppealInsuranceClaim,
    DecideInsuranceClaim,
    FileInsuranceClaim,
    RecordInsurancePayment,
    StartReview,
)
from ledger.domain.medcard.insurance_events import InsuranceLine
from ledger.domain.medcard.refusals import ClaimNotFound
from ledger.messages.commands import Caller, CommandRequest

CLAIM_ID = "claimId"
CODES_MAX = 50
DOCUMENTS_MAX = 50

Codes = Annotated[tuple[Code, ...], Meta(max_length=CODES_MAX)]
Reference = Annotated[str, Meta(min_length=1, max_length=200, extra_json_schema=WITHOUT_NUL)]
Documents = Annotated[tuple[Reference, ...], Meta(max_length=DOCUMENTS_MAX)]


class LineInput(Input, frozen=True, kw_only=True):
    """One service."""

    code: Code
    description: Name
    amount: PositiveAmount


class FileInsuranceClaimInput(Input, frozen=True, kw_only=True):
    """What a provider asks a plan to pay for; `documents` are references to papers that stand elsewhere."""

    provider_id: Id
    beneficiary_id: Id
    service_date: date
    amount: PositiveAmount
    diagnosis_codes: Codes = ()
    lines: Annotated[tuple[LineInput, ...], Meta(max_length=ITEMS_MAX)] = ()
    documents: Documents = ()
    claim_id: NewId | None = None


class DecideInsuranceClaimInput(Input, frozen=True, kw_only=True):
    """What is approved: nothing is a rejection, all of it an approval in full."""

    approved_amount: ZeroOrMore
    reason_codes: Codes = ()


class PayInsuranceClaimInput(Input, frozen=True, kw_only=True):
    """What the plan has paid the provider; the reference names the payment."""

    amount: PositiveAmount
    reference: Reference
    reason_codes: Codes = ()


class AppealInsuranceClaimInput(Input, frozen=True, kw_only=True):
    """Why the provider wants another decision."""

    reason: Reason
    documents: Documents = ()


def file_of(given: FileInsuranceClaimInput, _request: CommandRequest) -> FileInsuranceClaim:
    return FileInsuranceClaim(
        provider_id=given.provider_id,
        beneficiary_id=given.beneficiary_id,
        service_date=given.service_date,
        amount_minor=given.amount.minor,
        diagnosis_codes=given.diagnosis_codes,
        lines=tuple(InsuranceLine(line.code, line.description, line.amount.minor) for line in given.lines),
        document_refs=given.documents,
        claim_id=given.claim_id,
    )


def review_of(_given: NoInput, request: CommandRequest) -> StartReview:
    return StartReview(request.args[CLAIM_ID], bound_plan(request.caller))


def decision_of(given: DecideInsuranceClaimInput, request: CommandRequest) -> DecideInsuranceClaim:
    plan = bound_plan(request.caller)
    return DecideInsuranceClaim(request.args[CLAIM_ID], given.approved_amount.minor, given.reason_codes, plan)


def payment_of(given: PayInsuranceClaimInput, request: CommandRequest) -> RecordInsurancePayment:
    return RecordInsurancePayment(
        claim_id=request.args[CLAIM_ID],
        paid_minor=given.amount.minor,
        reference=given.reference,
        reason_codes=given.reason_codes,
        only_of_plan=bound_plan(request.caller),
    )


def appeal_of(given: AppealInsuranceClaimInput, request: CommandRequest) -> AppealInsuranceClaim:
    provider = bound_provider(request.caller)
    return AppealInsuranceClaim(request.args[CLAIM_ID], given.reason, given.documents, provider)


def is_own_provider(caller: Caller, command: Any) -> bool:
    """Whether a provider files in its own name."""
    return bound_provider(caller) in (None, command.provider_id)


_HANDLED: dict[str, Any] = {"args": {CLAIM_ID: ClaimNotFound}}

INSURANCE_ROWS = (
    medcard_row(
        "fileInsuranceClaim",
        Shape(FileInsuranceClaimInput, file_of),
        InsuranceClaimAnswer,
        FileInsuranceClaim,
        own=is_own_provider,
    ),
    medcard_row(
        "startInsuranceClaimReview",
        Shape(NoInput, review_of),
        InsuranceClaimAnswer,
        StartReview,
        **_HANDLED,
    ),
    medcard_row(
        "decideInsuranceClaim",
        Shape(DecideInsuranceClaimInput, decision_of),
        InsuranceClaimAnswer,
        DecideInsuranceClaim,
        **_HANDLED,
    ),
    medcard_row(
        "payInsuranceClaim",
        Shape(PayInsuranceClaimInput, payment_of),
        InsuranceClaimAnswer,
        RecordInsurancePayment,
        **_HANDLED,
    ),
    medcard_row(
        "appealInsuranceClaim",
        Shape(AppealInsuranceClaimInput, appeal_of),
        InsuranceClaimAnswer,
        AppealInsuranceClaim,
        **_HANDLED,
    ),
)
