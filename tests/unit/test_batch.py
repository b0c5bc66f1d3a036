"""Many commands in one request, and what became of a command."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from ledger.api.decoding import SLOW_BYTES_MAX
from ledger.api.rest.batch import BATCH_COMMANDS_MAX
from ledger.messages.commands import CommandAnswer, CommandRequest, Outcome
from tests.support.doors import CARD, Bench, code_of, edge
from tests.support.doors import CLAIM as CLAIM_TEXT

BATCH = "/api/v1/batch"
CARD_ID = "medcard-456"
CLAIM = json.loads(CLAIM_TEXT)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with edge() as made:
        yield made


def member(command: str, key: str, **more: Any) -> dict[str, Any]:
    return {"command": command, "key": key, **more}


async def results(bench: Bench, *members: dict[str, Any], **who: Any) -> list[dict[str, Any]]:
    answer = await bench.post(BATCH, {"commands": members}, **who)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


async def test_commands_of_one_card_are_executed_in_their_order(bench: Bench) -> None:
    claim = {**CLAIM, "pharmacyId": "p-1"}
    reversal = {"pharmacyId": "p-1", "prescriptionId": claim["prescriptionId"]}
    found = await results(
        bench,
        member("createMedCard", "k1", body=CARD),
        member("activateMedCard", "k2", id=CARD_ID),
        member("claimPrescription", "k3", id=CARD_ID, body=claim),
        member("reversePrescriptionClaim", "k4", id=CARD_ID, body=reversal),
    )
    assert [each["status"] for each in found] == [201, 200, 200, 200]
    assert [each["body"]["status"] for each in found] == ["PENDING", "ACTIVE", "PAID", "REVERSED"]
    assert [each["position"].rpartition("@")[2] for each in found] == ["1", "2", "3", "4"]
    assert not any(each["replayed"] for each in found)


async def test_a_bad_member_is_named_and_the_others_are_executed(bench: Bench) -> None:
    await bench.active_card()
    found = await results(
        bench,
        member("claimPrescription", "k1", id=CARD_ID, body={**CLAIM, "totalAmount": "1.001"}),
        member("flyToTheMoon", "k2"),
        member("claimPrescription", "k3", id="none", body=CLAIM),
        member("claimPrescription", "k4", id=CARD_ID, body=CLAIM),
        member("activateMedCard", "k5"),
        member("createMedCard", "k6", id="x", body=CARD),
        member("activateMedCard", "k7", id=CARD_ID, args={"claimId": "x"}),
        member("activateMedCard", "k8", id=CARD_ID, expectedVersion=1),
    )
    assert [each["status"] for each in found] == [400, 400, 404, 200, 400, 400, 400, 409]
    codes = [each["body"].get("code") for each in found]
    assert codes[0] == "invalid_amount"
    assert codes[2] == "card_not_found"
    assert codes[7] == "version_conflict"
    assert found[0]["body"]["errors"][0]["pointer"] == "/totalAmount"


async def test_a_batch_that_is_malformed_in_one_place_is_blamed_for_that_alone(bench: Bench) -> None:
    good = member("createWallet", "k1", body={"userId": "u"})
    for wrong, place in (({**good, "key": 5}, "/commands/1/key"), ({**good, "odd": 1}, "/commands/1/odd")):
        refused = await bench.post(BATCH, {"commands": [good, wrong]})
        assert [each["pointer"] for each in refused.json()["errors"]] == [place]
    refused = await bench.post(BATCH, {"commands": [good], "odd": 1})
    assert [each["pointer"] for each in refused.json()["errors"]] == ["/odd"]


async def test_a_batch_sent_again_gets_the_same_answers_and_has_no_second_effect(bench: Bench) -> None:
    await bench.active_card()
    members = [
        member("claimPrescription", f"k{number}", id=CARD_ID, body={**CLAIM, "prescriptionId": f"rx-{number}"})
        for number in range(5)
    ]
    first, second = await results(bench, *members), await results(bench, *members)
    assert [each["body"] for each in first] == [each["body"] for each in second]
    assert all(each["replayed"] for each in second)


async def test_each_member_is_judged_by_the_callers_rights(bench: Bench) -> None:
    await bench.active_card()
    mine = {**CLAIM, "pharmacyId": "p-1"}
    found = await results(
        bench,
        member("closeMedCard", "k1", id=CARD_ID),
        member("claimPrescription", "k2", id=CARD_ID, body={**CLAIM, "pharmacyId": "p-2"}),
        member("claimPrescription", "k3", id=CARD_ID, body=mine),
        role="PHARMACY",
        pharmacy_id="p-1",
    )
    assert [each["status"] for each in found] == [403, 403, 200]


async def test_nothing_of_a_card_is_executed_behind_a_command_that_is_to_be_sent_again(bench: Bench) -> None:
    """Else the second would be refused under its key for ever, and the batch could never come to its end."""
    await bench.active_card(id="other")
    members = (
        member("createMedCard", "k1", body=CARD),
        member("activateMedCard", "k2", id=CARD_ID),
        member("suspendMedCard", "k3", id=CARD_ID),
        member("suspendMedCard", "k4", id="other"),
    )
    submit = bench.door.submit

    async def overloaded_once(request: CommandRequest) -> CommandAnswer:
        if request.key == "k1":
            return CommandAnswer(Outcome.OVERLOADED)
        return await submit(request)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(bench.door, "submit", overloaded_once)
        first = await results(bench, *members)
    assert [each["status"] for each in first] == [503, 503, 503, 200]
    assert [each["body"]["code"] for each in first[:3]] == ["overloaded", "unavailable", "unavailable"]
    assert [each["status"] for each in await results(bench, *members)] == [201, 200, 200, 200]


@pytest.mark.parametrize(
    "body",
    [
        "{}",
        '{"commands":[]}',
        '{"commands":[{"command":"activateMedCard"}]}',
        '{"commands":[{"command":"activateMedCard","key":"k","id":"x","extra":1}]}',
        '{"commands":[{"command":"activateMedCard","key":"\\u0000","id":"x"}]}',
        '{"commands":{"command":"activateMedCard"}}',
        '{"commands":[' + ",".join(['{"command":"x","key":"k"}'] * (BATCH_COMMANDS_MAX + 1)) + "]}",
    ],
)
async def test_a_malformed_batch_is_refused_as_a_whole(bench: Bench, body: str) -> None:
    refused = await bench.post(BATCH, body)
    assert refused.status_code == 400, refused.text
    assert refused.json()["code"] in ("invalid_request", "unknown_field")


async def test_amounts_in_a_batch_stay_exact(bench: Bench) -> None:
    await bench.active_card()
    claim = json.dumps({**CLAIM, "items": []}).replace(str(CLAIM["totalAmount"]), "1.10")
    assert "1.10" in claim
    text = f'{{"commands":[{{"command":"claimPrescription","key":"k","id":"medcard-456","body":{claim}}}]}}'
    answer = await bench.post(BATCH, text)
    assert '"total":1.10' in answer.text


async def test_a_large_batch_may_escape_its_characters_and_name_its_defaults(bench: Bench) -> None:
    """As many clients write JSON; and NUL and keys that stand twice are found in it all the same."""
    reason = {"reason": "\u0633\u0628\u0628" * 30}
    members = [
        member("closeMedCard", f"k{n}", id="none", body=reason, args={}, expectedVersion=None) for n in range(300)
    ]
    text = json.dumps({"commands": members})
    assert len(text) > SLOW_BYTES_MAX
    answer = await bench.post(BATCH, text)
    assert {each["body"]["code"] for each in answer.json()["results"]} == {"card_not_found"}, answer.text
    for spoilt in (text.replace('"key": "k7"', '"key": "k7", "key": "k8"'), text.replace('"k7"', '"k\\u0000"')):
        assert code_of(await bench.post(BATCH, spoilt), 400) == "invalid_request"


async def test_every_member_counts_one() -> None:
    async with edge(rate_limit_admin_per_hour=5) as bench:
        members = [member("activateMedCard", f"k{number}", id="x") for number in range(4)]
        answer = await bench.post(BATCH, {"commands": members})
        assert answer.headers["ratelimit"].startswith('"admin";r=1;')
        assert code_of(await bench.post(BATCH, {"commands": members}), 429) == "rate_limited"


async def test_a_caller_learns_what_became_of_its_command(bench: Bench) -> None:
    await bench.active_card()
    await bench.post(f"/api/v1/medcards/{CARD_ID}/claims/prescriptions", CLAIM, headers={"idempotency-key": "k1"})
    await bench.post("/api/v1/medcards/none/activate", headers={"idempotency-key": "k2"})
    where = f"?topic=medcard&aggregate={CARD_ID}"
    paid = (await bench.get(f"/api/v1/commands/k1{where}")).json()
    assert (paid["status"], paid["answer"]["status"], paid["position"]) == (
        "ACCEPTED",
        "PAID",
        paid["answer"]["position"],
    )
    refused = (await bench.get("/api/v1/commands/k2?topic=medcard&aggregate=none")).json()
    assert (refused["status"], refused["answer"]) == ("REFUSED", {"code": "card_not_found", "facts": {}})
    for path in (f"/api/v1/commands/k9{where}", "/api/v1/commands/k1?topic=medcard&aggregate=other"):
        assert code_of(await bench.get(path), 404) == "command_not_found"
    other = await bench.get(f"/api/v1/commands/k1{where}", claims={"sub": "somebody-else"})
    assert code_of(other, 404) == "command_not_found"
    assert code_of(await bench.get("/api/v1/commands/k1"), 400) == "invalid_request"


async def test_graphql_tells_it_as_well(bench: Bench) -> None:
    await bench.active_card()
    await bench.post(f"/api/v1/medcards/{CARD_ID}/claims/prescriptions", CLAIM, headers={"idempotency-key": "k1"})
    query = '{ commandStatus(topic: medcard, aggregateId: "medcard-456", key: "k1") { status position answer } }'
    found = (await bench.graphql(query))["data"]["commandStatus"]
    assert (found["status"], found["answer"]["total"]) == ("ACCEPTED", "350.00")
