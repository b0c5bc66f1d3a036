"""`python -m tests.simulation 4711` plays one seed and prints all that happens; `python -m tests.simulation 0 10000`
plays the seeds from 0 up to 10,000 and stops at the first that finds something."""

import os
import sys

from tests.simulation.bugs import BUGS
from tests.simulation.run import first_failure, replay

HASH_SEED = "0"
"""The order in which Python walks through a set of texts is part of a run."""


def main(arguments: list[str]) -> int:
    bugs = [argument for argument in arguments if argument in BUGS]
    seeds = [int(argument) for argument in arguments if argument not in BUGS]
    if len(seeds) == 1:
        replay(seeds[0], *bugs)
        return 0
    found = first_failure(range(*seeds), *bugs)
    if found is None:
        return 0
    seed, failure = found
    print(f"seed {seed}: {type(failure).__name__}: {failure}")
    print("replay it:", ".venv/bin/python -m tests.simulation", seed, *bugs)
    return 1


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != HASH_SEED:
        os.environ["PYTHONHASHSEED"] = HASH_SEED
        os.execv(sys.executable, [sys.executable, "-m", "tests.simulation", *sys.argv[1:]])
    sys.exit(main(sys.argv[1:]))
