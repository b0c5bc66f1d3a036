"""Examples of requests and answers, as they stand in the documents."""

import json
from collections.abc import Mapping
from importlib import resources
from typing import Any

EXAMPLES: Mapping[str, Mapping[str, Any]] = json.loads(
    resources.files("ledger.api.rest").joinpath("examples.json").read_text("utf-8")
)
"""By operation: `path`, `query`, `request` and `answer`, as far as it has them."""
