"""What a host works with, and its bounds."""

from dataclasses import dataclass

from ledger.ports import Clock, EventLog, Ids, KeyRing
from ledger.runtime.family import Families
from ledger.snapshots import Snapshots


@dataclass(frozen=True, slots=True)
class HostLimits:
    """The bounds of one host; each has a setting of the same name."""

    append_lanes: int = 2
    batch_commands_max: int = 300
    host_mailbox_max: int = 20_000
    aggregate_mailbox_max: int = 5_000
    aggregates_resident_max: int = 200_000
    passivate_after_s: float = 900.0
    snapshot_every_events: int = 500


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The ports that a host works with."""

    log: EventLog
    keyring: KeyRing
    clock: Clock
    ids: Ids
    families: Families
    snapshots: Snapshots
