"""Which read models follow which topics, and which of them stand and fall together."""

from ledger.reads import PROJECTION_OF_TOPIC
from projections.beneficiaries import BENEFICIARIES
from projections.claims import CLAIMS
from projections.journal import JOURNAL
from projections.medcard_monthly_spend import MEDCARD_MONTHLY_SPEND
from projections.medcards import MEDCARDS
from projections.offline_batches import OFFLINE_BATCHES
from projections.payments import PAYMENTS
from projections.pharmacies import PHARMACIES
from projections.prescriptions import PRESCRIPTIONS
from projections.projection import Group
from projections.refunds import REFUNDS
from projections.terminals import TERMINALS
from projections.transactions import TRANSACTIONS
from projections.wallet_balances import WALLET_BALANCE_HISTORY, WALLET_BALANCES
from projections.wallets import WALLETS

MEDCARD_GROUP = Group(
    "medcards",
    frozenset({"medcard"}),
    (MEDCARDS, BENEFICIARIES, PRESCRIPTIONS, MEDCARD_MONTHLY_SPEND, CLAIMS, PHARMACIES, TERMINALS, OFFLINE_BATCHES),
)
WALLET_GROUP = Group("wallets", frozenset({"wallet"}), (WALLETS, WALLET_BALANCES, WALLET_BALANCE_HISTORY, TRANSACTIONS))
PAYMENT_GROUP = Group("payments", frozenset({"payment"}), (PAYMENTS, REFUNDS))

JOURNAL_GROUP = Group("journal", frozenset({"medcard", "wallet", "payment"}), (JOURNAL,), halts=True)
"""A journal that left something out would not be one."""

GROUPS = (MEDCARD_GROUP, WALLET_GROUP, PAYMENT_GROUP, JOURNAL_GROUP)

assert all(
    name in {group.name for group in GROUPS if topic in group.topics} for topic, name in PROJECTION_OF_TOPIC.items()
)
