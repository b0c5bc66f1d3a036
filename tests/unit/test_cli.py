"""The command `ledger`: tokens, and what it says when it cannot go on."""

import socket
from pathlib import Path
from typing import Any

import jwt
import pytest

from ledger.cli import main
from ledger.exits import Exit, StartFailure
from ledger.preflight import check_database, check_port

SECRET = "a secret of a test, long enough for HS256"


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HEALTHPAY_JWT_SECRET", SECRET)


def claims_of(token: str, secret: str = SECRET) -> dict[str, Any]:
    decoded: dict[str, Any] = jwt.decode(
        token, secret, ["HS256"], audience="healthpay-ledger", issuer="healthpay-ledger"
    )
    return decoded


def test_a_token_says_who_may_what_and_how_long(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--user", "user-1", "--pharmacy", "pharmacy-1", "--terminal", "t-1", "--provider", "provider-1"]
    assert main(["token", "--role", "pharmacy", "--sub", "ahmed", *words, "--plan", "gold", "--scope", "claims"]) == 0
    claims = claims_of(capsys.readouterr().out.strip())
    assert claims["exp"] - claims["iat"] == 12 * 3600
    assert {name: value for name, value in claims.items() if name not in ("iat", "nbf", "exp")} == {
        "sub": "ahmed",
        "roles": ["PHARMACY"],
        "user_id": "user-1",
        "pharmacy_id": "pharmacy-1",
        "terminal_id": "t-1",
        "provider_id": "provider-1",
        "plan_id": "gold",
        "scope": "claims",
        "iss": "healthpay-ledger",
        "aud": "healthpay-ledger",
    }


def test_a_token_without_details_holds_none_and_names_its_role(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["token", "--role", "ADMIN", "--ttl-h", "0.5", "--user", ""]) == 0
    printed = capsys.readouterr().out
    claims = claims_of(printed.strip())
    assert set(claims) == {"sub", "roles", "iss", "aud", "iat", "nbf", "exp"}
    assert claims["sub"] == "admin-local"
    assert claims["exp"] - claims["iat"] == 1800
    assert printed.count("\n") == 1


def test_without_a_secret_one_is_made_and_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("HEALTHPAY_JWT_SECRET")
    assert main(["token", "--role", "AUDITOR"]) == 0
    secret = (tmp_path / ".healthpay" / "secrets" / "jwt_secret").read_text().strip()
    assert claims_of(capsys.readouterr().out.strip(), secret)["roles"] == ["AUDITOR"]


@pytest.mark.parametrize("role", ["", "KING", "ADMIN,MEMBER"])
def test_an_unknown_role_is_refused_with_those_there_are(role: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["token", "--role", role]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "ROLE is one of ADMIN, OPERATOR" in said.err


def test_settings_that_cannot_be_used_are_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HEALTHPAY_PROT", "3001")
    assert main(["run"]) == 2
    assert "HEALTHPAY_PROT" in capsys.readouterr().err


def test_an_unreachable_database_is_named_without_its_password() -> None:
    with socket.socket() as door:  # bound, but nobody listens
        door.bind(("127.0.0.1", 0))
        port = door.getsockname()[1]
        with pytest.raises(StartFailure) as refused:
            check_database(f"postgresql://me:hush@127.0.0.1:{port}/there", lambda: None, timeout_s=0)
    assert refused.value.code == 5
    assert f"127.0.0.1:{port}/there" in str(refused.value)
    assert "hush" not in str(refused.value)


def test_a_listener_on_every_address_takes_the_port_of_each() -> None:
    with socket.socket() as door:
        door.bind(("0.0.0.0", 0))
        door.listen()
        with pytest.raises(StartFailure, match="is taken"):
            check_port("127.0.0.1", door.getsockname()[1])


def test_an_address_of_another_machine_is_no_taken_port() -> None:
    with pytest.raises(StartFailure, match="HEALTHPAY_HOST"):
        check_port("192.0.2.1", 3000)


def test_the_demo_writes_into_no_database_but_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HEALTHPAY_DATABASE_URL", "postgresql://ledger@127.0.0.1:1/ledger")
    assert main(["run", "--demo"]) == Exit.SETTINGS
    assert "demo" in capsys.readouterr().err
