"""REST routes of commands: path and headers to an order, the host's answer to a response."""

import msgspec

from ledger.api.admission import admitted
from ledger.api.commands import COMMANDS
from ledger.api.edge import Edge, Order, caught_up, checked_key, give, version_of_tag
from ledger.api.errors import CREATED, OK, Problem, problem_of
from ledger.api.rest.exchange import Exchange, Handler, Reply, problem_reply
from ledger.api.rest.routes import AGGREGATE, CommandRoute
from ledger.api.rights import may_give


class _Version(msgspec.Struct):
    version: int


_version = msgspec.json.Decoder(_Version).decode


def command_handler(edge: Edge, route: CommandRoute) -> Handler:
    """Answers with the host's bytes as they are."""
    row = COMMANDS[route.command]
    bytes_max, timeout_s = edge.settings.body_bytes_max, edge.settings.body_timeout_s

    async def handle(exchange: Exchange) -> Reply:
        caller = await admitted(edge, exchange)
        doing = exchange.begin(row.name, exchange.args.get(AGGREGATE, ""))
        if not may_give(caller, row.name):
            # Before the body is read: a caller without the right learns nothing of its form.
            raise Problem("forbidden", f"{row.name} is not for the role {caller.role}")
        exchange.must_take_json()
        if row.own_wallet is not None:
            await caught_up(edge, exchange.header(b"min-position"))
        order = Order(
            row=row,
            caller=caller,
            body=await exchange.json_body(bytes_max, timeout_s),
            trace=exchange.trace("rest"),
            aggregate_id=exchange.args.get(AGGREGATE),
            key=checked_key(exchange.header(b"idempotency-key")),
            expected_version=version_of_tag(exchange.header(b"if-match")),
            args={name: exchange.args[parameter] for name, parameter in route.args},
        )
        aggregate_id, answer = await give(edge, order)
        doing.on_what = aggregate_id
        headers = {"ledger-position": answer.position} if answer.position else {}
        if answer.replayed:
            headers["idempotency-replayed"] = "true"
        problem = problem_of(answer)
        if problem is not None:
            doing.outcome = problem.code
            problem.headers.update(headers)
            return problem_reply(problem, exchange)
        headers["etag"] = f'"{_version(answer.body).version}"'
        if not row.creates:
            return Reply(OK, answer.body, headers)
        headers["location"] = f"{route.path}/{aggregate_id}"
        return Reply(CREATED, answer.body, headers)

    return handle
