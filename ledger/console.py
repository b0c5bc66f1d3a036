"""What a person at the terminal sees while the server starts; never a reason to stop when nobody looks any more."""

import os
import shutil
import time


class Console:
    """Writes straight to the file descriptors: a closed pipe or terminal is ignored, at exit too."""

    def __init__(self, out: int = 1, err: int = 2) -> None:
        self._out = out
        self._err = err
        self._live = os.isatty(out)
        self._since = time.monotonic()
        self._text = ""

    @property
    def elapsed_s(self) -> float:
        return time.monotonic() - self._since

    def progress(self, text: str) -> None:
        """One line that is rewritten in place; where that cannot be done, a line for each new text."""
        if self._live:
            line = f"{self.elapsed_s:5.1f} s  {text}"[: shutil.get_terminal_size().columns - 1]
            _write(self._out, f"\r\x1b[2K{line}")
        elif text != self._text:
            _write(self._out, f"{self.elapsed_s:5.1f} s  {text}\n")
        self._text = text

    def line(self, text: str) -> None:
        self._clear()
        _write(self._out, f"{text}\n")

    def error(self, text: str) -> None:
        self._clear()
        _write(self._err, f"{text}\n")

    def _clear(self) -> None:
        if self._live and self._text:
            _write(self._out, "\r\x1b[2K")
        self._text = ""


def _write(file: int, text: str) -> None:
    data = text.encode(errors="replace")
    try:
        while data:
            data = data[os.write(file, data) :]
    except OSError:
        return
