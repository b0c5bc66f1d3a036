"""Whether a card would cover a person today, and up to what: as the read models have it, a moment ago."""

from datetime import date

from ledger.api.answers import Answer, Money, money
from ledger.api.edge import Edge, may_ask
from ledger.api.queries.access import visible_card
from ledger.api.queries.inputs import EligibilityInput
from ledger.api.rights import bound_pharmacy
from ledger.domain.calendar import cairo_date, month_of
from ledger.domain.medcard.claims import NOT_IN_FORCE
from ledger.domain.medcard.refusals import NCPDP_CODES
from ledger.domain.medcard.state import Status
from ledger.messages.commands import Caller
from ledger.reads import BeneficiaryRow, CardRow
from ledger.reads.insurance import UseRow


class EligibilityView(Answer, frozen=True, kw_only=True):
    """What a claim would meet, in the words of a claim's answer. `remaining` is the least that any of the card's
    limits leaves, 0 where nothing is covered; another claim may take it first."""

    med_card_id: str
    beneficiary_id: str
    eligible: bool
    reject_codes: tuple[str, ...]
    ncpdp_codes: tuple[str, ...]
    card_type: str
    copayment_percentage: Money
    currency: str
    month: str
    remaining: Money
    expiry_date: date


async def eligibility(edge: Edge, caller: Caller, medcard_id: str, given: EligibilityInput) -> EligibilityView:
    """Of one person on one card, for anybody who may claim on it or see it. Raises `Problem`."""
    may_ask("eligibility", caller)
    card = await visible_card(edge, caller, medcard_id)
    today = cairo_date(edge.clock.now())
    month = month_of(today)
    covered = await edge.reads.medcards.beneficiaries([medcard_id])
    person = next((row for row in covered if row.beneficiary_id == given.beneficiary), None)
    own_limit = person is not None and person.monthly_limit_minor is not None
    use = await edge.reads.insurance.use(medcard_id, given.beneficiary if own_limit else None, month)
    code = await _against(edge, caller, card, person, today)
    remaining_minor = 0 if person is None or code is not None else _remaining_minor(card, person, use)
    if code is None and remaining_minor == 0:
        code = "limit_exhausted"
    ncpdp = None if code is None else NCPDP_CODES[code]
    return EligibilityView(
        med_card_id=card.medcard_id,
        beneficiary_id=given.beneficiary,
        eligible=code is None,
        reject_codes=() if code is None else (code,),
        ncpdp_codes=() if ncpdp is None else (ncpdp,),
        card_type=card.card_type,
        copayment_percentage=money(card.copayment_basis_points),
        currency=card.currency,
        month=month,
        remaining=money(remaining_minor),
        expiry_date=card.expiry_date,
    )


async def _against(edge: Edge, caller: Caller, card: CardRow, person: BeneficiaryRow | None, today: date) -> str | None:
    """The first reason against a claim of today, in the order in which claims are checked."""
    not_in_force = NOT_IN_FORCE.get(Status(card.status))
    if not_in_force is not None:
        return not_in_force
    if today > card.expiry_date:
        return "card_expired"
    if person is None:
        return "beneficiary_not_covered"
    pharmacy_id = bound_pharmacy(caller)
    if pharmacy_id is not None and edge.network.closed and not await edge.network.contracted(pharmacy_id):
        return "pharmacy_not_contracted"
    return None


def _remaining_minor(card: CardRow, person: BeneficiaryRow, use: UseRow) -> int:
    left = [card.monthly_limit_minor - use.month_minor]
    if person.monthly_limit_minor is not None:
        left.append(person.monthly_limit_minor - use.beneficiary_minor)
    if card.annual_limit_minor is not None:
        left.append(card.annual_limit_minor - use.year_minor)
    return max(0, min(left))
