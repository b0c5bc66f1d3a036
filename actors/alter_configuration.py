"""Makes our changes in the configuration that Ray Serve wrote for HAProxy: EDITS CONFIGURATION, both files.

Run by the launcher before every start of HAProxy, with the standard library alone, which starts in some 20 ms.
"""

import json
import os
import re
import sys
from collections.abc import Sequence

ALTERED = "# altered by HealthPay Ledger\n"
Edit = tuple[str, str, int]
"""A pattern of lines, what they become (as in `re.sub`), and how often it must be found at the least."""


class NotFound(Exception):
    """The configuration has no such line: Ray Serve writes another one than we know, and must not be run with it."""


def altered(text: str, edits: Sequence[Edit]) -> str:
    """The configuration with all edits made, in their order; as it is where they have been made. Raises `NotFound`."""
    if text.startswith(ALTERED):
        return text
    for pattern, replacement, found_min in edits:
        text, found = re.subn(pattern, replacement, text, flags=re.MULTILINE)
        if found < found_min:
            raise NotFound(f"{found} instead of {found_min} lines are like {pattern}")
    return ALTERED + text


def main(edits: str, configuration: str) -> None:
    """Changes the file in one step."""
    with open(edits, encoding="utf-8") as file:
        known: list[Edit] = json.load(file)
    with open(configuration, encoding="utf-8") as file:
        text = file.read()
    with open(f"{configuration}.own", "w", encoding="utf-8") as file:
        file.write(altered(text, known))
    os.replace(f"{configuration}.own", configuration)


if __name__ == "__main__":
    main(*sys.argv[1:])
