"""What stands for data whose key was destroyed, and what marks such data."""

from dataclasses import fields

from ledger.domain.kinds import Erased, personal
from ledger.domain.medcard.events import MedCardCreated, PrescriptionClaimed


def test_what_was_erased_equals_nothing_but_what_was_erased() -> None:
    assert Erased() == Erased()
    assert Erased() != ()
    assert len({Erased(), Erased(), None}) == 2
    assert repr(Erased()) == "Erased()"
    assert hash(Erased()) == 0


def test_a_personal_field_names_the_field_with_the_person_it_speaks_of() -> None:
    assert personal(of="user_id").metadata == {"personal": "user_id"}
    marked = {
        (event.__name__, field.name): field.metadata["personal"]
        for event in (MedCardCreated, PrescriptionClaimed)
        for field in fields(event)
        if "personal" in field.metadata
    }
    assert marked == {("MedCardCreated", "holder"): "user_id", ("PrescriptionClaimed", "items"): "beneficiary_id"}
