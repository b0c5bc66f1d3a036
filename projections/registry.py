"""Which read models follow which topics, and which of them stand and fall together."""

from ledger.reads import PROJECTION_OF_TOPIC
from projections.beneficiaries import BENEFICIARIES
from projections.medcard_monthly_spend import MEDCARD_MONTHLY_SPEND
from projections.medcards import MEDCARDS
from projections.prescriptions import PRESCRIPTIONS
from projections.projection import Group

MEDCARD_GROUP = Group(
    "medcards", frozenset({"medcard"}), (MEDCARDS, BENEFICIARIES, PRESCRIPTIONS, MEDCARD_MONTHLY_SPEND)
)

GROUPS = (MEDCARD_GROUP,)

assert all(
    name in {group.name for group in GROUPS if topic in group.topics} for topic, name in PROJECTION_OF_TOPIC.items()
)
