"""Which read models follow which topic."""

from projections.beneficiaries import BENEFICIARIES
from projections.medcard_monthly_spend import MEDCARD_MONTHLY_SPEND
from projections.medcards import MEDCARDS
from projections.prescriptions import PRESCRIPTIONS
from projections.projection import Projection

MEDCARD_TOPIC = "medcard"

MEDCARD_PROJECTIONS: tuple[Projection, ...] = (MEDCARDS, BENEFICIARIES, PRESCRIPTIONS, MEDCARD_MONTHLY_SPEND)
"""The read models of the topic `medcard`: behind one projector, with one set of checkpoints."""
