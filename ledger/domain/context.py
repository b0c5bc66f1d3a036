"""What travels with a command beside its fields."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ledger.domain.payment.events import Gateway


@dataclass(frozen=True, slots=True)
class Context:
    """The host's time, who asks and in which role, and an id unique to the command: the same for every try of it.

    Then what an aggregate must be told because it stands elsewhere: in the settings, with another aggregate, in the
    journal. These are not fields of commands, since a repeat must stay the same request when they have changed in
    between. Who is told nothing refuses rather than assumes: no gateway is configured, and nothing was earned. Only
    the network is open unless it is said to be closed.
    """

    at: datetime
    principal: str
    role: str
    command_id: str

    network_closed: bool = False
    """Whether claims are taken from contracted pharmacies only."""

    pharmacy_contracted: bool = False
    """What the registry says of a claim's pharmacy."""

    payment_methods: Mapping[Gateway, frozenset[str]] = field(default_factory=dict)
    """The gateways that are configured, each with the methods of payment that it offers."""

    earned_minor: int = 0
    """Cover and wallet shares of a pharmacy's paid, unreversed claims, as the journal has them.

    It is the sum before any remittance. What was remitted the pharmacy knows itself, so that two remittances at the
    same time cannot both take the same payable, however late the journal follows.
    """
