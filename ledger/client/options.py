"""What an owner of terminals may want to change."""

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from ledger.client.backoff import Backoff
from ledger.client.record import Sync


@dataclass(frozen=True, slots=True)
class Options:
    """Limits and patience of a terminal; the defaults suit counters with few claims a minute and with hundreds."""

    sync: Sync = Sync.POWER_LOSS
    """When a commit of the record counts as written."""
    keep_answered: timedelta = timedelta(days=90)
    """Answered commands that are older are forgotten when the terminal starts."""
    frame_commands_max: int = 25
    """Commands in one frame."""
    unanswered_max: int = 10_000
    """Commands on the record without an answer; beyond them new ones are not taken."""
    answer_timeout_s: float = 20.0
    """A line on which a command waits longer than that is given up, and everything unanswered sent over a new one."""
    connect_timeout_s: float = 10.0
    ping_every_s: float = 15.0
    """A line that does not answer a ping within this time is dead."""
    frame_bytes_max: int = 4 * 2**20
    """Of a frame of the server's."""
    reconnect: Backoff = field(default_factory=Backoff)
    """Between two tries to connect."""
    retry: Backoff = field(default_factory=lambda: Backoff(first_s=0.1, most_s=5.0))
    """Before a command is sent again that the server could not do just now; never less than it asks for."""
    slow_down_s: float = 30.0
    """How long the window stays as narrow as the server's last "slow down" has made it."""
    offline_claims_max: int = 200
    """Claims of one offline batch; what the server allows stands with the terminal's registration."""
    offline_amount_max: Decimal = Decimal(50_000)
    """Amount of one offline batch, in the currency of the cards."""
