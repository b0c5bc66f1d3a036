"""Wallets over the doors, as tests begin with them."""

from tests.support.doors import Bench

WALLETS = "/api/v1/wallets"
ONE = f"{WALLETS}/wallet-1"
WALLET = {"id": "wallet-1", "userId": "user-123"}


async def open_wallet(bench: Bench, wallet_id: str = "wallet-1", credit: str = "", **fields: str) -> str:
    """An active wallet, with a credit where one is named; the position of the last of it."""
    made = await bench.post(WALLETS, {**WALLET, "id": wallet_id, **fields})
    assert made.status_code == 201, made.text
    done = await bench.post(f"{WALLETS}/{wallet_id}/activate")
    if credit:
        body = f'{{"amount":{credit},"source":"cash-desk","transactionId":"in"}}'
        done = await bench.post(f"{WALLETS}/{wallet_id}/credits", body)
    assert done.status_code == 200, done.text
    position: str = done.headers["ledger-position"]
    return position
