"""What we change in HAProxy's configuration: who may connect and how, whose word counts, and HAProxy's own answers.

The patterns are lines of Ray Serve's template; one that is not found stops the proxy (`alter_configuration.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from actors.alter_configuration import Edit
from ledger.api.errors import Problem, problem_body, problem_headers
from ledger.api.rest.exchange import BASIC_HEADERS, PROBLEM_JSON, REQUEST_ID_CHARS_MAX
from ledger.settings import Settings

_ANSWERS = {
    "not_sent": Problem("unavailable", "no server could take the request; it was not executed and may be sent again"),
    "sent": Problem("outcome_unknown", "the server was lost while it worked; ask again with the same key"),
    "unreadable": Problem("invalid_request", "this is no HTTP request that can be read"),
    "late": Problem("invalid_request", "the request did not come in time"),
    "no_route": Problem("route_not_found"),
}
_OF_STATUS = {400: "unreadable", 408: "late", 502: "sent", 503: "not_sent", 504: "sent"}
"""What is said in the place of each of HAProxy's own errors. Its status is the problem's."""
_REQUEST_ID = "%[var(txn.request_id),json(ascii)]"
_HALF_CLOSED_MAX_S = 30
"""How long a websocket of which one side has gone is kept for the other."""
_TLS_DEFAULTS = (
    "    ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets",
    "    ssl-default-bind-ciphers ECDHE+AESGCM:ECDHE+CHACHA20",
    "    ssl-default-bind-ciphersuites TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256",
)
# What Ray Serve would do for any client that names it: end a request at a time of its choice, or never for its leaving.
_SERVES_HEADERS = ("x-request-timeout-seconds", "x-request-disconnect-disabled")


@dataclass(frozen=True, slots=True)
class ProxyFiles:
    """Where HAProxy finds what its configuration names."""

    folder: Path

    @property
    def bundle(self) -> Path:
        """The certificate with its chain and key."""
        return self.folder / "tls.pem"

    def answer(self, name: str) -> Path:
        return self.folder / f"{name}.json"


def write_answers(files: ProxyFiles) -> None:
    """HAProxy's own answers. None can name its path."""
    for name, problem in _ANSWERS.items():
        files.answer(name).write_bytes(problem_body(problem, instance="", request_id=_REQUEST_ID))


def proxy_edits(settings: Settings, files: ProxyFiles) -> list[Edit]:
    """All changes, in their order."""
    return [
        *_own_answers(files),
        *_nobodys_business(),
        (r"^global$", _literal(["global", *(_TLS_DEFAULTS if settings.tls_cert else ())]), 1),
        (r"^defaults\n    mode http$", _literal(["defaults", "    mode http", *_patience(settings)]), 1),
        (r"^frontend http_frontend\n +bind \S+$", _literal(_door(settings, files)), 1),
    ]


def _literal(lines: Sequence[str]) -> str:
    """As `re.sub` puts it in unchanged."""
    return "\n".join(lines).replace("\\", r"\\")


def _own_answers(files: ProxyFiles) -> list[Edit]:
    """Ray Serve would make plain 500s of these, and a 404 of an application that it does not know yet."""
    ours = "\n".join(f"    http-error {_answer(files, name, status)}" for status, name in _OF_STATUS.items())
    return [
        (r"^ *errorfile 50[24] .*\n", "", 2),
        (r"^ *errorfile 503 .*", _literal([ours]), 1),
        (
            r'^( *http-request return) status 404 .*lf-string "Path .*',
            rf"\1 {_answer(files, 'not_sent')}",
            1,
        ),
    ]


def _answer(files: ProxyFiles, name: str, status: int | None = None) -> str:
    """As HAProxy's rules spell an answer; of a status that is not the problem's own, `_own_statuses` makes that."""
    problem = _ANSWERS[name]
    headers = {name.decode(): text.decode() for name, text in BASIC_HEADERS} | problem_headers(problem)
    spelled = " ".join(f'hdr {name} "{text}"' for name, text in headers.items())
    where = files.answer(name)
    return f"status {status or problem.status} content-type {PROBLEM_JSON} lf-file {where} {spelled}"


def _own_statuses() -> list[str]:
    """A replica answers with none of those that are changed here."""
    return [
        f"http-after-response set-status {_ANSWERS[name].status} if {{ status {status} }}"
        for status, name in _OF_STATUS.items()
        if _ANSWERS[name].status != status
    ]


def _nobodys_business() -> list[Edit]:
    """Figures and statistics are for this machine, the socket of commands for this user; and no log on the network."""
    return [
        (r"^( *bind) \*?:(\d+)$", r"\1 127.0.0.1:\2", 2),
        (r"^( *stats socket \S+) mode 666", r"\1 mode 600", 1),
        (r"^    log \S+ local0 info\n", "", 1),
    ]


def _patience(settings: Settings) -> list[str]:
    return [
        f"    timeout http-request {settings.head_timeout_s}s",
        f"    timeout tunnel {settings.tunnel_timeout_s}s",
        f"    timeout client-fin {_HALF_CLOSED_MAX_S}s",
    ]


def _door(settings: Settings, files: ProxyFiles) -> list[str]:
    """The frontend that the world speaks to, from its first line to before Serve's own rules."""
    tls = f" ssl crt {files.bundle} alpn http/1.1" if settings.tls_cert else ""
    lines = [
        f"bind {_address(settings.host, settings.port)}{tls} proto h1",
        *(f"acl of_proxy src {network}" for network in settings.trusted_proxies),
        *(f"http-request del-header {name}" for name in _SERVES_HEADERS),
        *_request_id(),
        *_whence(settings),
        *_https(settings),
        *_own_statuses(),
        "http-after-response del-header Server",
        # Serve's own paths are for its own checks, which ask replicas; and what is no path is nobody's.
        f"http-request return {_answer(files, 'no_route')} if {{ path,url_dec -m beg -i /-/ }} or !{{ path_beg / }}",
    ]
    return [*_redirect(settings), "frontend http_frontend", *(f"    {line}" for line in lines)]


def _request_id() -> list[str]:
    """The client's where it is fit, else a new one: one name for the request here, in the replica and in the answer."""
    fit = rf"'^[\x20-\x7e]{{1,{REQUEST_ID_CHARS_MAX}}}$'"
    return [
        f"http-request set-var(txn.request_id) req.fhdr(x-request-id) if {{ req.fhdr(x-request-id) -m reg {fit} }}",
        "http-request set-var(txn.request_id) uuid if !{ var(txn.request_id) -m found }",
        "http-request set-header X-Request-ID %[var(txn.request_id)]",
        "http-after-response set-header X-Request-ID %[var(txn.request_id)] if { var(txn.request_id) -m found }",
    ]


def _whence(settings: Settings) -> list[str]:
    """Nobody but a trusted proxy says where a request comes from; last in the list stands who is connected to us."""
    unless = " if !of_proxy" if settings.trusted_proxies else ""
    return [
        f"http-request del-header X-Forwarded- -m beg{unless}",
        "http-request del-header Forwarded",
        "http-request del-header X-Real-IP",
        "http-request add-header X-Forwarded-For %[src]",
    ]


def _https(settings: Settings) -> list[str]:
    """A client of HTTPS is told to stay with it; one that is not, as a trusted proxy says, is sent there."""
    told = f"http-after-response set-header Strict-Transport-Security max-age={settings.hsts_max_age_s}"
    if settings.tls_cert:
        lines, when = ["http-request set-header X-Forwarded-Proto https"], ""
    elif settings.trusted_proxies:
        said = "req.hdr(x-forwarded-proto) -m str -i"
        lines = [
            f"http-request redirect scheme https code 308 if of_proxy {{ {said} http }}",
            f"http-request set-var(txn.https) bool(true) if of_proxy {{ {said} https }}",
        ]
        when = " if { var(txn.https) -m bool }"
    else:
        return []
    return [*lines, told + when] if settings.hsts_max_age_s else lines


def _redirect(settings: Settings) -> list[str]:
    if settings.redirect_port is None:
        return []
    port = "" if settings.port == 443 else f":{settings.port}"
    return [
        "frontend redirect",
        f"    bind {_address(settings.host, settings.redirect_port)}",
        f"    http-request redirect code 308 location https://%[req.hdr(host),host_only]{port}%[capture.req.uri]",
    ]


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
