"""A certificate's files before the server starts: each thing that may be wrong with them has its own words."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from ledger.certificates import CertificateError, read_certificate
from ledger.exits import Exit, StartFailure
from ledger.preflight import check_doors
from ledger.settings import Settings
from tests.support.pairs import NOW, Pair, new_pair
from tests.support.server import free_port


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return new_pair(tmp_path)


def test_a_pair_is_put_together_as_haproxy_takes_it(pair: Pair) -> None:
    read = read_certificate(pair.cert, pair.key)
    assert b"\n\n" not in read.bundle
    assert read.bundle.index(b"BEGIN CERTIFICATE") < read.bundle.index(b"BEGIN PRIVATE KEY")
    assert read.concern(NOW) == ""
    assert "PRIVATE" not in repr(read)


def _remove(pair: Pair) -> None:
    pair.cert.unlink()


def _make_folder(pair: Pair) -> None:
    pair.key.unlink()
    pair.key.mkdir()


def _other_key(pair: Pair) -> None:
    kept = pair.cert.read_bytes()
    pair.renew()
    pair.cert.write_bytes(kept)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_remove, "HEALTHPAY_TLS_CERT: .* cannot be read: No such file"),
        (_make_folder, "HEALTHPAY_TLS_KEY: .* cannot be read: Is a directory"),
        (lambda pair: pair.cert.write_text("no certificate"), "HEALTHPAY_TLS_CERT: .* holds no certificate in PEM"),
        (lambda pair: pair.key.write_text("no key"), "HEALTHPAY_TLS_KEY: .* holds no key in PEM"),
        (lambda pair: pair.lock(b"hush"), "HEALTHPAY_TLS_KEY: .* is locked by a passphrase"),
        (_other_key, "HEALTHPAY_TLS_KEY: .* is not the key of the first certificate"),
    ],
)
def test_what_cannot_be_served_is_named(pair: Pair, spoil: Callable[[Pair], object], said: str) -> None:
    spoil(pair)
    with pytest.raises(CertificateError, match=said):
        read_certificate(pair.cert, pair.key)
    with pytest.raises(StartFailure, match=said) as refused:
        check_doors(Settings(port=free_port(), tls_cert=pair.cert, tls_key=pair.key), NOW)
    assert refused.value.code == Exit.SETTINGS


@pytest.mark.parametrize(
    ("ends_in_days", "said"), [(-1, "has expired"), (3, "expires soon"), (13.9, "expires soon"), (14.1, "")]
)
def test_the_end_of_a_certificate_is_told_of_and_hinders_nothing(pair: Pair, ends_in_days: float, said: str) -> None:
    pair.renew(NOW + timedelta(days=ends_in_days), begins=NOW - timedelta(days=80))
    told = check_doors(Settings(port=free_port(), tls_cert=pair.cert, tls_key=pair.key), NOW)
    assert [said in each for each in told] == ([True] if said else [])


def test_a_certificate_of_tomorrow_is_told_of(pair: Pair) -> None:
    pair.renew(begins=NOW + timedelta(days=1))
    assert "not valid before" in read_certificate(pair.cert, pair.key).concern(NOW)


def test_a_terminator_without_a_name_is_told_of() -> None:
    assert "HEALTHPAY_TRUSTED_PROXIES" in check_doors(Settings(port=free_port(), tls_terminated=True), NOW)[0]
    named = Settings(port=free_port(), tls_terminated=True, trusted_proxies=("10.0.0.1",))
    assert check_doors(named, NOW) == []
