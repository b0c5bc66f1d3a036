"""Python loads this module by its name when a process starts that `make coverage` measures.

Ray ends its workers without letting Python finish, so that nothing which runs at the exit of a process can save what
was measured in it. A thread saves it as long as the process lives; what is lost is the last moment.
"""

import contextlib
import threading
import time

SAVE_EVERY_S = 1.0


def _save_until_the_end() -> None:
    import coverage

    while True:
        time.sleep(SAVE_EVERY_S)
        measured = coverage.Coverage.current()
        if measured is not None:
            # A process that is ending saves by itself; what goes wrong here must not show in what is tested.
            with contextlib.suppress(Exception):
                measured.save()


threading.Thread(target=_save_until_the_end, name="coverage", daemon=True).start()
