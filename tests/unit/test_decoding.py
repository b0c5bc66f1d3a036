"""Bodies: what is read exactly, and how everything that is wrong with one is named at its place."""

import json
import time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.api.decoding import ERRORS_MAX, decode
from ledger.api.inputs import ReasonInput
from ledger.api.medcards.inputs import ClaimPrescriptionInput, CreateMedCardInput
from ledger.api.wire import Amount, CurrencyAmount, NumberText, Percentage, from_wire
from ledger.domain.money import minor_of, text_of
from ledger.runtime.family import Malformed
from tests.support.doors import CARD, CLAIM


def claim_with(amount: str) -> bytes:
    return CLAIM.replace("350.00", amount).encode()


def errors_of(shape: Any, body: bytes) -> set[tuple[str, str]]:
    found = decode(shape, body)
    assert isinstance(found, Malformed), "the body was taken"
    return {(error["code"], error["path"]) for error in found.errors}


@pytest.mark.parametrize(
    ("text", "minor"),
    [("1.10", 110), ('"1.10"', 110), ("350", 35_000), ("1e2", 10_000), ("0.1e1", 100), ("5000.00", 500_000)],
)
def test_amounts_are_read_from_their_source_text(text: str, minor: int) -> None:
    found = decode(ClaimPrescriptionInput, claim_with(text))
    assert isinstance(found, ClaimPrescriptionInput)
    assert found.total_amount.minor == minor


@pytest.mark.parametrize(
    "text",
    [
        "5000.005",
        "5000.0000000000000000000000000000000001",
        "1e400",
        "1e-400",
        "9" * 40,
        "9" * 5_000,
        "1e999999999999999999999",
        '"NaN"',
        '"Infinity"',
        '"1_000"',
        '" 1 "',
        '"١"',
        '""',
        "true",
        "null",
        "[]",
        "0",
        "-1.00",
        "0.00",
    ],
)
def test_what_is_no_amount_of_a_claim_is_named(text: str) -> None:
    assert errors_of(ClaimPrescriptionInput, claim_with(text)) == {("invalid_amount", "/totalAmount")}


@given(st.integers(-99_999_999_999_999, 99_999_999_999_999))
def test_every_amount_is_read_back_as_it_was_written(minor: int) -> None:
    assert from_wire(Amount, NumberText(text_of(minor))).minor == minor
    assert from_wire(Amount, text_of(minor)).minor == minor


@given(st.sampled_from(["EGP", "KWD", "JPY", "CLF"]), st.integers(-99_999_999_999_999, 99_999_999_999_999))
def test_an_amount_of_any_currency_is_read_back_as_it_was_written(currency: str, minor: int) -> None:
    text = text_of(minor, currency)
    spellings = [text, NumberText(text), f"{text}0" if "." in text else text]
    values = [from_wire(CurrencyAmount, spelled).value for spelled in spellings]
    assert [minor_of(value, currency) for value in values] == [minor] * 3
    assert len({str(value) for value in values}) == 1


@pytest.mark.parametrize("text", ["0.00001", "1e-5", "99999999999999.1", "1e15", "NaN", "Infinity", "", " 1", "1_0"])
def test_what_fits_no_currency_is_refused_before_the_currency_is_known(text: str) -> None:
    with pytest.raises(ValueError, match="Expected"):
        from_wire(CurrencyAmount, text)


@given(st.decimals(-(10**12), 10**12, places=3))
def test_a_third_decimal_is_never_lost(amount: Decimal) -> None:
    if amount == round(amount, 2):
        return
    with pytest.raises(ValueError, match="Expected"):
        from_wire(Amount, str(amount))


def test_a_limit_that_is_not_positive_is_the_domains_business() -> None:
    found = decode(CreateMedCardInput, json.dumps({**CARD, "monthlyLimit": -1}).encode())
    assert isinstance(found, CreateMedCardInput)
    assert found.monthly_limit is not None
    assert found.monthly_limit.minor == -100


def test_a_percentage_becomes_basis_points() -> None:
    assert from_wire(Percentage, NumberText("20.0")).basis_points == 2_000
    assert from_wire(Percentage, NumberText("12.5")).basis_points == 1_250
    wrong = json.dumps({**CARD, "copaymentPercentage": "12.345"}).encode()
    assert errors_of(CreateMedCardInput, wrong) == {("invalid_amount", "/copaymentPercentage")}


def test_all_errors_come_at_once_each_with_its_pointer() -> None:
    body = (
        b'{"totalAmount":1.001,"prescriptionId":5,"a/b~c":1,"items":[{"drugCode":"","quantity":1.5,"unitPrice":"a"},3]}'
    )
    assert errors_of(ClaimPrescriptionInput, body) == {
        ("invalid_amount", "/totalAmount"),
        ("invalid_request", "/prescriptionId"),
        ("invalid_request", "/beneficiaryId"),
        ("unknown_field", "/a~1b~0c"),
        ("invalid_request", "/items/0/drugCode"),
        ("invalid_request", "/items/0/drugName"),
        ("invalid_request", "/items/0/quantity"),
        ("invalid_amount", "/items/0/unitPrice"),
        ("invalid_request", "/items/0/totalPrice"),
        ("invalid_request", "/items/1"),
    }


def test_errors_within_the_holder_point_into_it() -> None:
    wrong = {**CARD, "primaryHolder": {**CARD["primaryHolder"], "nationalId": "1", "dateOfBirth": "15/01/1990"}}  # type: ignore[dict-item]
    assert errors_of(CreateMedCardInput, json.dumps(wrong).encode()) == {
        ("invalid_request", "/primaryHolder/nationalId"),
        ("invalid_request", "/primaryHolder/dateOfBirth"),
    }


def test_too_many_items_and_too_many_errors_are_bounded() -> None:
    body = json.loads(CLAIM)
    assert errors_of(ClaimPrescriptionInput, json.dumps({**body, "items": body["items"] * 201}).encode()) == {
        ("invalid_request", "/items")
    }
    found = decode(ClaimPrescriptionInput, json.dumps({f"x{n}": n for n in range(500)}).encode())
    assert isinstance(found, Malformed)
    assert len(found.errors) == ERRORS_MAX


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"7",
        b"null",
        b"{",
        b'{"reason":NaN}',
        b'{"reason":"\xff"}',
        b'{"reason":"\\ud800"}',
        b"{}x",
        b"[" * 100_000,
    ],
)
def test_what_is_no_json_object_is_one_error(body: bytes) -> None:
    assert errors_of(ReasonInput, body) == {("invalid_request", "")}


def test_nul_is_refused_and_its_spelling_is_not() -> None:
    assert errors_of(ReasonInput, b'{"reason":"a\\u0000"}') == {("invalid_request", "/reason")}
    assert errors_of(ReasonInput, b'{"reason":"a\x00"}') == {("invalid_request", "")}
    assert decode(ReasonInput, b'{"reason":"a\\\\u0000"}') == ReasonInput(reason="a\\u0000")


def test_a_key_that_stands_twice_is_refused() -> None:
    assert errors_of(ReasonInput, b'{"reason":"a","reason":"b"}') == {("invalid_request", "")}
    assert errors_of(ReasonInput, b'{"reason":"a:","r\\u0065ason":"b"}') == {("invalid_request", "")}
    assert errors_of(ClaimPrescriptionInput, CLAIM.replace('"quantity"', '"quantity": 1, "quantity"').encode()) == {
        ("invalid_request", "")
    }


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=80), st.booleans())
def test_any_text_comes_through_whatever_its_colons_and_escapes(reason: str, ascii_only: bool) -> None:
    body = json.dumps({"reason": reason}, ensure_ascii=ascii_only).encode()
    assert decode(ReasonInput, body) == ReasonInput(reason=reason)


def test_an_empty_body_counts_as_an_empty_object() -> None:
    assert decode(ReasonInput, b"") == ReasonInput()


@pytest.mark.parametrize("text", ["medcard-456\n", "a b", "", "x" * 65, "é"])
def test_an_id_is_bounded(text: str) -> None:
    assert errors_of(CreateMedCardInput, json.dumps({**CARD, "id": text}).encode()) == {("invalid_request", "/id")}


def test_a_large_body_that_is_wrong_costs_little() -> None:
    """What a host cannot read at once is refused with the first error: its time belongs to everybody."""
    for body in (b"[" + b"{}," * 340_000 + b"{}]", b'{"items":[' + b"{}," * 340_000 + b"{}]}"):
        began = time.perf_counter()
        assert isinstance(decode(ClaimPrescriptionInput, body), Malformed)
        assert time.perf_counter() - began < 0.2
