"""What travels with a command beside its fields."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Context:
    """The host's time, who asks and in which role, and an id unique to the command: the same for every try of it."""

    at: datetime
    principal: str
    role: str
    command_id: str
