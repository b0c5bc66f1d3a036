"""How much each role may ask for in an hour, and how a door says so (RateLimit headers for HTTP, RFC draft 10)."""

from collections.abc import Mapping

from ledger.api.errors import Problem
from ledger.api.rights import Role
from ledger.messages.commands import Caller
from ledger.rates import RateLimiter, RatePolicy, RateState
from ledger.settings import Settings

HOUR_S = 3_600


class RateLimits:
    """Every request of a caller counts one, whichever door it comes through; a batch counts one a member."""

    def __init__(self, settings: Settings, limiter: RateLimiter) -> None:
        self._limiter = limiter
        special = {
            Role.PHARMACY: settings.rate_limit_pharmacy_per_hour,
            Role.SERVICE: settings.rate_limit_service_per_hour,
            Role.ADMIN: settings.rate_limit_admin_per_hour,
            Role.OPERATOR: settings.rate_limit_operator_per_hour,
        }
        self._policies = {
            role: RatePolicy(role.lower(), special.get(role, settings.rate_limit_per_hour), HOUR_S) for role in Role
        }

    async def take(self, caller: Caller, cost: int = 1) -> Mapping[str, str]:
        """The headers of the answer. Raises `Problem` (`rate_limited`) with the same headers."""
        policy = self._policies[Role(caller.role)]
        state = await self._limiter.take(caller.scope, policy, cost)
        headers = _headers(policy, state)
        if not state.granted:
            detail = f"{policy.quota} requests an hour are allowed to the role {caller.role}"
            raise Problem("rate_limited", detail, headers=headers, retry_after_s=state.retry_after_s)
        return headers


def _headers(policy: RatePolicy, state: RateState) -> dict[str, str]:
    return {
        "ratelimit-policy": f'"{policy.name}";q={policy.quota};w={policy.window_s}',
        "ratelimit": f'"{policy.name}";r={state.remaining};t={state.full_after_s}',
    }
