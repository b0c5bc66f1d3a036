"""What is stored under the keys of commands, whatever their keys are."""

from collections.abc import Mapping, Sequence

from ledger.ports import BadData, CommandResult, EventLog, ResultKey


async def stored_answers(log: EventLog, keys: Sequence[ResultKey]) -> Mapping[ResultKey, CommandResult]:
    """Those that have one. A key that the store refuses to be asked for has none. Raises `StoreUnavailable`."""
    try:
        return await log.results(keys)
    except BadData:
        if len(keys) == 1:
            return {}
        middle = len(keys) // 2
        return {**await stored_answers(log, keys[:middle]), **await stored_answers(log, keys[middle:])}
