"""What bodies must keep to beyond the types of their fields, said as JSON Schema can say it."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec

from ledger.api.medcards.inputs import ClaimPrescriptionInput, ReversePrescriptionInput
from ledger.api.medcards.people import UpdateBeneficiaryInput, UpdateMedCardInput
from ledger.api.payments.inputs import InitiatePaymentInput
from ledger.api.queries.journal import EntriesInput
from ledger.api.wallets.inputs import (
    CreateWalletInput,
    CreditWalletInput,
    DebitWalletInput,
    PlaceHoldInput,
    TransferInput,
)
from ledger.api.wire import amount_schema
from ledger.domain.money import DECIMALS, DECIMALS_MAX

Schema = dict[str, Any]
Rule = Callable[[Schema], None]
"""Adds itself to the schema of a body."""


def _names_a_field(schema: Schema) -> None:
    schema["minProperties"] = 1


def _names_its_pharmacy(schema: Schema) -> None:
    """The token of a pharmacy names it as well; that it may then be left out is nothing that a schema could say."""
    [named] = (each for each in schema["properties"]["pharmacyId"]["anyOf"] if each != {"type": "null"})
    text = f"{named['description']} Whose token names its pharmacy may leave it out."
    schema["properties"]["pharmacyId"] = {**named, "description": text}
    schema["required"] = [*schema["required"], "pharmacyId"]


def _changes_a_beneficiary(schema: Schema) -> None:
    """Something is changed, and a limit is not set and taken away at once."""
    taken_away = {"properties": {"withoutMonthlyLimit": {"const": True}}, "required": ["withoutMonthlyLimit"]}
    kept = {"properties": {"withoutMonthlyLimit": {"const": False}}}
    something = {**kept, "anyOf": [{"required": [name]} for name in ("relation", "person", "monthlyLimit")]}
    schema["allOf"] = [{"anyOf": [something, {**taken_away, "not": {"required": ["monthlyLimit"]}}]}]


def _in_its_currency(*amounts: str) -> Rule:
    """Amounts with the decimals of the currency beside them. Without one it is the default, or else the wallet's,
    which only the wallet knows."""

    def rule(schema: Schema) -> None:
        properties: Schema = schema["properties"]
        default = properties["currency"].get("default")
        for name in amounts:
            properties[name] = {"type": ["number", "string", *_null(properties[name])]}
        properties["currency"] = {"default": default, "type": ["string", *_null(properties["currency"])]}
        schema["allOf"] = [{"anyOf": list(_by_decimals(properties, amounts, default))}]

    return rule


def _by_decimals(properties: Schema, amounts: tuple[str, ...], default: str | None) -> Iterator[Schema]:
    for decimals in sorted(set(DECIMALS.values())):
        codes = [code for code, number in DECIMALS.items() if number == decimals]
        fields = {name: _amount(properties[name], decimals) for name in amounts}
        named = {"properties": {"currency": {"enum": codes}, **fields}}
        # What is left out counts as the default, and so fits only where that is among the codes.
        yield named if default in codes else {**named, "required": ["currency"]}
    if default is None:
        fields = {name: _amount(properties[name], DECIMALS_MAX) for name in amounts}
        yield {"properties": {"currency": {"type": "null"}, **fields}}


def _amount(property_: Schema, decimals: int) -> Schema:
    return {**amount_schema(decimals), "type": property_["type"]}


def _null(schema: Schema) -> tuple[str, ...]:
    return ("null",) if {"type": "null"} in schema.get("anyOf", ()) else ()


RULES: Mapping[type[msgspec.Struct], Rule] = {
    ClaimPrescriptionInput: _names_its_pharmacy,
    ReversePrescriptionInput: _names_its_pharmacy,
    UpdateMedCardInput: _names_a_field,
    UpdateBeneficiaryInput: _changes_a_beneficiary,
    CreateWalletInput: _in_its_currency("dailyLimit", "monthlyLimit"),
    CreditWalletInput: _in_its_currency("amount"),
    DebitWalletInput: _in_its_currency("amount"),
    PlaceHoldInput: _in_its_currency("amount"),
    TransferInput: _in_its_currency("amount"),
    InitiatePaymentInput: _in_its_currency("amount"),
}

NAMED: Mapping[type[msgspec.Struct], tuple[str, ...]] = {EntriesInput: ("account",)}
"""Parameters that only a cursor stands for, which carries them: no schema has a word for parameters of which one is
needed, and whoever names them always is always right."""
