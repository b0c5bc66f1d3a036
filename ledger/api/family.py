"""What the families of all aggregates share: their rows of the command table, and the way from a body to a command."""

from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from ledger.api.commands import COMMANDS
from ledger.api.decoding import decode, malformed
from ledger.domain.kinds import Refusal
from ledger.messages.codec import CODECS, EventCodec
from ledger.messages.commands import CommandRequest
from ledger.messages.snapshots import STATE_CODECS, StateCodec
from ledger.runtime.family import Malformed, NotYours


class TableFamily:
    """Pure and quick; one instance serves any number of aggregates."""

    def __init__(self, topic: str, aggregate_type: str) -> None:
        self._topic = topic
        self._aggregate_type = aggregate_type
        self._commands = tuple(name for name, row in COMMANDS.items() if row.aggregate_type == aggregate_type)

    @property
    def topic(self) -> str:
        return self._topic

    @property
    def aggregate_type(self) -> str:
        return self._aggregate_type

    @property
    def commands(self) -> Collection[str]:
        return self._commands

    @property
    def codec(self) -> EventCodec:
        return CODECS[self._aggregate_type]

    @property
    def states(self) -> StateCodec:
        return STATE_CODECS[self._aggregate_type]

    def parse(self, request: CommandRequest) -> Any | Malformed | NotYours:
        row = COMMANDS[request.name]
        missing = next((name for name in row.args if name not in request.args), None)
        if missing is not None and (row.with_args is None or request.args):
            return malformed(f"/{missing}", "is required")
        shape = row.shape_for(request.args)
        given = decode(shape.input, request.body)
        if isinstance(given, Malformed):
            return given
        command = shape.to_command(given, request)
        if isinstance(command, Malformed | NotYours):
            return command
        if not row.own(request.caller, command):
            return NotYours("the command speaks for somebody else")
        return command

    def hides(self, state: Any, command: Any, request: CommandRequest) -> bool:
        """Nothing, unless a family says otherwise."""
        return False

    def facts(self, state: Any, command: Any, refusal: Refusal) -> Mapping[str, Any]:
        found: Mapping[str, Any] = msgspec.to_builtins(refusal)
        return found
