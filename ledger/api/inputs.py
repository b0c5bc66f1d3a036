"""Bodies of commands as clients send them: what all of them share. Each is the one model for decoding and OpenAPI."""

from msgspec import Struct

from ledger.api.wire import Reason


class Input(Struct, rename="camel", forbid_unknown_fields=True, frozen=True, omit_defaults=True, kw_only=True):
    """A body, or a part of one; unknown fields are refused."""


class NoInput(Input, frozen=True, kw_only=True):
    """No fields."""


class ReasonInput(Input, frozen=True, kw_only=True):
    """Why it is done."""

    reason: Reason = ""
