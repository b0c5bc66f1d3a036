"""The options of `ledger pos`."""

import argparse
from pathlib import Path


def add_options(parser: argparse.ArgumentParser) -> None:
    """To the subparser."""
    parser.add_argument("--terminals", type=_positive, default=10, help="how many (10)")
    parser.add_argument("--rate", type=float, default=100.0, help="claims a second of all; 0: as fast as answers come")
    parser.add_argument("--frame", type=_positive, default=5, help="claims in a frame (5)")
    parser.add_argument("--cards", type=_positive, default=200, help="cards that they are claimed on (200)")
    parser.add_argument("--seconds", type=float, default=None, help="until it ends by itself; else Ctrl-C")
    parser.add_argument("--chaos", action="store_true", help="cuts lines, sends ids twice, and in another order")
    parser.add_argument("--record", type=Path, metavar="FOLDER", help="every terminal keeps its record on disk there")
    parser.add_argument("--json", action="store_true", help="the figures for machines, as the last line")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return number
