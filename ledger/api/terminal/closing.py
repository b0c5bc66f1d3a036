"""Why a terminal's socket is closed: the one table of codes."""

from enum import Enum


class Closing(Enum):
    """The close codes that the server sends, each with its reason. 1xxx are those of RFC 6455, 4xxx our own."""

    SUBPROTOCOL = 1002, "the subprotocol healthpay.terminal.v1 is needed"
    BINARY = 1003, "frames are JSON text"
    NOT_UTF8 = 1007, "a frame is no UTF-8"
    BAD_FRAMES = 1008, "too many bad frames within a minute"
    FRAME_TOO_LARGE = 1009, "a frame is too large"
    INTERNAL = 1011, "the server failed"
    RESTART = 1012, "the server restarts: connect again, after a random pause"
    FULL = 1013, "too many sockets: connect again later"
    TOKEN = 4401, "no valid token, or it has ended"
    REVOKED = 4403, "the terminal is revoked, or the token is no terminal's"
    SILENT = 4408, "no token, no sign of life, or answers left unread for too long"

    def __init__(self, code: int, reason: str) -> None:
        self.code = code
        self.reason = reason
