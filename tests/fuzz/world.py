"""What stands in the world that generated requests meet."""

from tests.support.doors import CLAIM, CLAIMS, Bench
from tests.support.wallet_doors import open_wallet


async def furnished(bench: Bench) -> None:
    """The product's card with its claim, and a wallet with money."""
    await bench.active_card()
    await bench.post(CLAIMS, CLAIM)
    await open_wallet(bench, credit="100.00")
