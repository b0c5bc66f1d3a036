"""Pages of our own, for browsers: they load nothing from anywhere, and run no script but the one they came with."""

import re
from base64 import b64encode
from hashlib import sha256

from ledger.api.errors import OK
from ledger.api.rest.exchange import Exchange, Handler, Reply

_NO_WAY_OUT = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_INLINE = re.compile(r"<(script|style)>(.*?)</\1>", re.DOTALL)


def page_handler(body: bytes) -> Handler:
    """Serves a page with a policy that allows its own inline scripts and styles by their digests."""
    headers = {"content-security-policy": content_security_policy(body)}

    async def handle(_exchange: Exchange) -> Reply:
        return Reply(OK, body, headers, "text/html; charset=utf-8")

    return handle


def content_security_policy(body: bytes) -> str:
    """What a browser may do with this page, and nothing else."""
    allowed: dict[str, list[str]] = {"script": [], "style": []}
    for found in _INLINE.finditer(body.decode()):
        digest = b64encode(sha256(found[2].encode()).digest()).decode()
        allowed[found[1]].append(f"'sha256-{digest}'")
    sources = "; ".join(f"{kind}-src {' '.join(digests)}" for kind, digests in allowed.items() if digests)
    return f"default-src 'none'; {sources}; connect-src 'self'; {_NO_WAY_OUT}"
