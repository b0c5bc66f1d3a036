"""A caller that asks for each of its writes at once, with its position, and never takes an older state for it."""

from typing import Any

import httpx

CLAIM_AMOUNT = 0.05
_ITEM = {"drugCode": "D1", "drugName": "Panadol Extra 500mg", "quantity": 1, "unitPrice": 0.05, "totalPrice": 0.05}
_HOLDER = {
    "nationalId": "29001150112345",
    "name": "Mona Adel",
    "dateOfBirth": "1990-01-15",
    "phoneNumber": "+201234567890",
}


class OwnWrites:
    """One wallet and one card, written by nobody else: what a query must show is known to the event."""

    def __init__(self, client: httpx.AsyncClient, token: str, name: str) -> None:
        self.seen = 0
        """Queries that showed what was written."""
        self.not_caught_up = 0
        """Queries that were honestly refused."""
        self._client = client
        self._headers = {"authorization": f"Bearer {token}"}
        self._user = f"user-{name}"
        self._wallet = f"/api/v1/wallets/wallet-{name}"
        self._card = f"/api/v1/medcards/card-{name}"

    async def begin(self) -> None:
        wallet = {"id": self._wallet.rpartition("/")[2], "userId": self._user}
        card = {
            "id": self._card.rpartition("/")[2],
            "userId": self._user,
            "cardType": "PLATINUM",
            "primaryHolder": _HOLDER,
            "expiryDate": "2099-12-31",
        }
        for path, body in (("/api/v1/wallets", wallet), ("/api/v1/medcards", card)):
            await self._write(path, body)
        for path in (self._wallet, self._card):
            await self._write(f"{path}/activate", None)

    async def write_and_ask(self, number: int) -> None:
        """One write and the query for it; by the number, of another kind each."""
        if number % 2 == 0:
            sent = {"amount": "1.00", "source": "cash-desk", "transactionId": f"t-{number:06}"}
            written = await self._write(f"{self._wallet}/credits", sent)
            await (self._balance, self._newest_transaction, self._newest_entry)[number // 2 % 3](written)
        else:
            sent = {
                "prescriptionId": f"rx-{number}",
                "pharmacyId": "pharmacy-101",
                "beneficiaryId": self._user,
                "totalAmount": CLAIM_AMOUNT,
                "items": [_ITEM],
            }
            written = await self._write(f"{self._card}/claims/prescriptions", sent)
            await (self._card_of, self._claim, self._card_by_graphql)[number // 2 % 3](written)

    async def _write(self, path: str, body: Any) -> httpx.Response:
        answer = await self._client.post(path, json=body, headers=self._headers)
        assert answer.status_code in (200, 201), answer.text
        return answer

    async def _ask(self, path: str, written: httpx.Response) -> httpx.Response | None:
        headers = {**self._headers, "min-position": written.headers["ledger-position"]}
        return self._honest(await self._client.get(path, headers=headers))

    def _honest(self, answer: httpx.Response) -> httpx.Response | None:
        if answer.status_code == 200:
            self.seen += 1
            return answer
        assert answer.status_code == 503, answer.text
        assert "not_caught_up" in answer.text, answer.text
        assert int(answer.headers["retry-after"]) > 0
        self.not_caught_up += 1
        return None

    async def _balance(self, written: httpx.Response) -> None:
        found = await self._ask(f"{self._wallet}/balance", written)
        assert found is None or _same(found.json(), written.json(), "version", "balance", "available")

    async def _newest_transaction(self, written: httpx.Response) -> None:
        found = await self._ask(f"{self._wallet}/transactions?limit=1", written)
        assert found is None or _same(found.json()["items"][0], written.json(), "transactionId", "position")

    async def _newest_entry(self, written: httpx.Response) -> None:
        account = f"wallet:{self._wallet.rpartition('/')[2]}"
        found = await self._ask(f"/api/v1/journal/entries?account={account}&limit=1", written)
        assert found is None or _same(found.json()["items"][0], written.json(), "position")

    async def _card_of(self, written: httpx.Response) -> None:
        found = await self._ask(self._card, written)
        assert found is None or _same(found.json(), written.json(), "version")

    async def _claim(self, written: httpx.Response) -> None:
        found = await self._ask(f"{self._card}/claims/prescriptions/{written.json()['claimId']}", written)
        assert found is None or _same(found.json(), written.json(), "position", "status")

    async def _card_by_graphql(self, written: httpx.Response) -> None:
        asked = {"query": f'{{ medCard(id: "{self._card.rpartition("/")[2]}") {{ version }} }}'}
        headers = {**self._headers, "min-position": written.headers["ledger-position"]}
        found = self._honest(await self._client.post("/graphql", json=asked, headers=headers))
        assert found is None or _same(found.json()["data"]["medCard"], written.json(), "version")


def _same(found: Any, written: Any, *names: str) -> bool:
    shown = {name: (found[name], written[name]) for name in names}
    assert all(has == wants for has, wants in shown.values()), f"stale: {shown}"
    return True
