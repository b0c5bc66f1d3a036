"""One server with two hosts for all faults, and the table of how long each was felt."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.support.fault_stage import Stage, table
from tests.support.server import ROOT, Server

RATES = {"HEALTHPAY_RATE_LIMIT_ADMIN_PER_HOUR": "10000000", "HEALTHPAY_RATE_LIMIT_PHARMACY_PER_HOUR": "10000000"}
REPORT = ROOT / "reports" / "faults.md"
_stages: list[Stage] = []


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    server = Server({"HEALTHPAY_HOSTS": "2", **RATES})
    try:
        server.start()
        stage = Stage(server, tmp_path_factory.mktemp("records"))
        _stages.append(stage)
        stage.make_cards()
        yield stage
    finally:
        server.discard()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    felt = [each for stage in _stages for each in stage.felt]
    if not felt:
        return
    terminalreporter.section("how long each fault was felt")
    terminalreporter.write_line(table(felt))
    REPORT.parent.mkdir(exist_ok=True)
    today = datetime.now(UTC).date()
    REPORT.write_text(f"# How long each fault was felt\n\nMeasured on {today}.\n\n{table(felt)}\n", encoding="utf-8")
    terminalreporter.write_line(f"also in {REPORT.relative_to(ROOT)}")
