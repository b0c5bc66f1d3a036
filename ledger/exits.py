"""How a run of the server may end."""

from enum import IntEnum


class Exit(IntEnum):
    """The codes that `ledger run` ends with."""

    OK = 0  # stopped because it was asked to
    SETTINGS = 2
    ALREADY_RUNNING = 3
    PORT_TAKEN = 4
    DATABASE_UNREACHABLE = 5
    NOT_READY = 6
    SERVER_ENDED = 7
    EMBEDDED_FAILED = 8


class StartFailure(Exception):
    """Why there is no server; the text is for the person who started it."""

    def __init__(self, code: Exit, text: str) -> None:
        super().__init__(text)
        self.code = code
