"""Runs the supervisor around the stand-in server: supervised.py MODE READY_TIMEOUT_S; settings from the environment."""

import sys
from pathlib import Path

from ledger.settings import load_settings
from ledger.supervisor import run

if __name__ == "__main__":
    settings = load_settings(env_file=Path("/dev/null"))
    stand_in = Path(__file__).with_name("stand_in_server.py")
    command = [sys.executable, str(stand_in), str(settings.port), sys.argv[1]]
    sys.exit(run(settings, command, ready_timeout_s=float(sys.argv[2])))
