"""Frames: from text to messages, and back. One typed decode a frame; bodies stay the bytes that they were."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from ledger.api.terminal.messages import Said, Told

_decoder: msgspec.json.Decoder[Said | list[Said]] = msgspec.json.Decoder(Said | list[Said])
_encode = msgspec.json.Encoder(decimal_format="number").encode
_INDEX = re.compile(r"\$\[(\d{1,6})\]")


class BadFrame(Exception):
    """The text is no frame of the protocol. `message_id`: of the message that is wrong, where that can be told."""

    def __init__(self, code: str, detail: str, message_id: str | None = None) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.message_id = message_id


def decode_frame(text: str, messages_max: int) -> Sequence[Said]:
    """The messages of a frame, one or more. Raises `BadFrame`."""
    try:
        found = _decoder.decode(text)
    except msgspec.ValidationError as error:
        raise BadFrame("invalid_message", str(error), _id_of_wrong(text, str(error))) from None
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise BadFrame("invalid_json", str(error)) from None
    if not isinstance(found, list):
        return (found,)
    if not found:
        raise BadFrame("empty_frame", "a frame holds one message or more")
    if len(found) > messages_max:
        raise BadFrame("too_many_messages", f"a frame holds {messages_max} messages at the most")
    return found


def encode_frame(messages: Sequence[Told]) -> str:
    """One message as an object, several as an array."""
    return _encode(messages if len(messages) > 1 else messages[0]).decode()


def _id_of_wrong(text: str, complaint: str) -> str | None:
    """The id beside what is wrong, so that the terminal knows which command was not taken."""
    try:
        value: Any = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None
    if isinstance(value, list):
        place = _INDEX.search(complaint)
        value = value[int(place[1])] if place is not None and int(place[1]) < len(value) else None
    found = value.get("id") if isinstance(value, dict) else None
    return found if isinstance(found, str) and len(found) <= 64 else None
