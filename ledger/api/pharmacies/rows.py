"""The rows of a pharmacy's commands."""

from typing import Any

import msgspec

from ledger.api.inputs import NoInput, ReasonInput
from ledger.api.pharmacies.answers import BatchAnswer, PharmacyAnswer, TerminalAnswer
from ledger.api.pharmacies.inputs import (
    TERMINAL_ID,
    CloseOfflineBatchInput,
    OpenOfflineBatchInput,
    RegisterPharmacyInput,
    RegisterTerminalInput,
    close_batch_of,
    contract_of,
    is_own_terminal,
    open_batch_of,
    register_of,
    register_terminal_of,
    revoke_terminal_of,
    suspend_of,
)
from ledger.api.table import Row, Shape
from ledger.domain.pharmacy.commands import (
    CloseOfflineBatch,
    ContractPharmacy,
    OpenOfflineBatch,
    RegisterPharmacy,
    RegisterTerminal,
    RevokeTerminal,
    SuspendPharmacy,
)
from ledger.domain.pharmacy.refusals import PharmacyNotFound, TerminalNotFound
from ledger.domain.refusal_order import REFUSALS

TOPIC = "medcard"
AGGREGATE_TYPE = "pharmacy"


def _pharmacy(name: str, shape: Shape, answer: type[msgspec.Struct], command: type, **more: Any) -> Row:
    return Row(name, TOPIC, AGGREGATE_TYPE, "pharmacyId", shape, answer, PharmacyNotFound, REFUSALS[command], **more)


PHARMACY_ROWS = (
    _pharmacy(
        "registerPharmacy",
        Shape(RegisterPharmacyInput, register_of),
        PharmacyAnswer,
        RegisterPharmacy,
        new_id_prefix="ph_",
    ),
    _pharmacy("contractPharmacy", Shape(NoInput, contract_of), PharmacyAnswer, ContractPharmacy),
    _pharmacy("suspendPharmacy", Shape(ReasonInput, suspend_of), PharmacyAnswer, SuspendPharmacy),
    _pharmacy("registerTerminal", Shape(RegisterTerminalInput, register_terminal_of), TerminalAnswer, RegisterTerminal),
    _pharmacy(
        "revokeTerminal",
        Shape(ReasonInput, revoke_terminal_of),
        TerminalAnswer,
        RevokeTerminal,
        args={TERMINAL_ID: TerminalNotFound},
    ),
    _pharmacy(
        "openOfflineBatch",
        Shape(OpenOfflineBatchInput, open_batch_of),
        BatchAnswer,
        OpenOfflineBatch,
        own=is_own_terminal,
        terminal_only=True,
    ),
    _pharmacy(
        "closeOfflineBatch",
        Shape(CloseOfflineBatchInput, close_batch_of),
        BatchAnswer,
        CloseOfflineBatch,
        own=is_own_terminal,
        terminal_only=True,
    ),
)
