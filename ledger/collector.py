"""Python's collector of cycles, set for servers whose objects live long and have none."""

import gc

_NEW_OBJECTS = 50_000
"""A look after so many new objects and not after 700: nearly all die by their count, and a look at the young takes the
longer the more of them a batch keeps alive."""
_YOUNG_LOOKS = 20
_OLD_LOOKS = 50


def settle_collector() -> None:
    """For a process that has been set up: what it has by now is never looked at again, and what comes less often.

    Measured with 5,000 cards in memory: the collector's usual steps took a sixth of a claim's time in a host.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, _YOUNG_LOOKS, _OLD_LOOKS)
