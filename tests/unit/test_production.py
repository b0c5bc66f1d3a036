"""What production mode refuses to start with, and how the settings of the doors hang together."""

from pathlib import Path

import pytest

from ledger.settings import Settings, SettingsError, load_settings

NOWHERE = Path("/dev/null")
FIT = {
    "HEALTHPAY_MODE": "production",
    "HEALTHPAY_JWT_SECRET": "s" * 40,
    "HEALTHPAY_MASTER_KEY": "bm90IHNlY3JldA==",
    "HEALTHPAY_DATABASE_URL": "postgresql://db/ledger",
    "HEALTHPAY_REDIS_URL": "redis://cache",
    "HEALTHPAY_PLAYGROUND": "false",
    "HEALTHPAY_TLS_CERT": "server.pem",
    "HEALTHPAY_TLS_KEY": "server.key",
}


def loaded(**changes: str | None) -> Settings:
    chosen = {**FIT, **{f"HEALTHPAY_{name}": text for name, text in changes.items()}}
    return load_settings({name: text for name, text in chosen.items() if text is not None}, NOWHERE)


def test_production_starts_with_tls_of_its_own_or_a_declared_terminator() -> None:
    assert loaded().tls_cert == Path("server.pem")
    assert loaded(TLS_CERT=None, TLS_KEY=None, TLS_TERMINATED="true").tls_terminated


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"TLS_CERT": None, "TLS_KEY": None}, "production needs TLS"),
        ({"JWT_SECRET": None}, "production needs HEALTHPAY_JWT_SECRET"),
        ({"MASTER_KEY": None, "REDIS_URL": None}, "production needs HEALTHPAY_MASTER_KEY, HEALTHPAY_REDIS_URL"),
        ({"DATABASE_URL": None}, "production needs HEALTHPAY_DATABASE_URL"),
        ({"PLAYGROUND": "true"}, "HEALTHPAY_PLAYGROUND=false"),
        ({"TLS_KEY": None}, "HEALTHPAY_TLS_CERT and HEALTHPAY_TLS_KEY come together"),
        ({"REDIRECT_PORT": "3000"}, "another port than HEALTHPAY_PORT"),
        ({"TRUSTED_PROXIES": "10.0.0.1, the balancer"}, "HEALTHPAY_TRUSTED_PROXIES"),
    ],
)
def test_production_refuses_by_name(changes: dict[str, str | None], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        loaded(**changes)


def test_a_redirect_needs_somewhere_to_go() -> None:
    with pytest.raises(SettingsError, match="HEALTHPAY_REDIRECT_PORT needs HEALTHPAY_TLS_CERT"):
        load_settings({"HEALTHPAY_REDIRECT_PORT": "8080"}, NOWHERE)


def test_proxies_are_named_by_address_or_network() -> None:
    assert loaded(TRUSTED_PROXIES=" 10.1.2.3 ,10.9.8.7/8, fd00::/8").trusted_proxies == (
        "10.1.2.3/32",
        "10.0.0.0/8",
        "fd00::/8",
    )
