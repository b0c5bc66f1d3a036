"""Money: integers of minor units (piastres), never a float."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal

EGP = "EGP"

_BY_DECIMALS = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC "
    "CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD "
    "KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO "
    "NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL "
    "THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VES WST XCD XCG YER ZAR ZMW ZWG",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
DECIMALS: Mapping[str, int] = {code: decimals for decimals, codes in _BY_DECIMALS.items() for code in codes.split()}
"""The currencies of ISO 4217 that money is paid in, with their decimals."""

DECIMALS_MAX = max(DECIMALS.values())
AMOUNT_MINOR_MAX = 99_999_999_999_999
"""Largest amount on the wire, 999,999,999,999.99 EGP: far above any business, and safe in every client's numbers."""

BASIS_POINTS = 10_000
"""A percentage is kept in hundredths of a percent, so that 12.5 % is exact."""


def minor_of(amount: Decimal, currency: str = EGP) -> int | None:
    """The amount in minor units, or None where it is no number, has too many decimals or is too large.

    >>> minor_of(Decimal("350.00"))
    35000
    """
    if not amount.is_finite() or amount.adjusted() > len(str(AMOUNT_MINOR_MAX)):
        return None
    sign, digits, exponent = amount.as_tuple()
    assert isinstance(exponent, int), "a finite number has an exponent"
    # By hand, because Decimal's own arithmetic rounds to its context and would hide far decimals.
    coefficient = int("".join(map(str, digits)))
    shift = exponent + DECIMALS[currency]
    if -shift > len(digits):
        return None if coefficient else 0
    scale: int = 10 ** abs(shift)
    minor, rest = (coefficient * scale, 0) if shift >= 0 else divmod(coefficient, scale)
    if rest or minor > AMOUNT_MINOR_MAX:
        return None
    return -minor if sign else minor


def text_of(minor: int, currency: str = EGP) -> str:
    """The exact decimal text with the currency's decimals: 35000 -> `350.00`, of yen `35000`."""
    if currency == EGP and minor >= 0:
        return f"{minor // 100}.{minor % 100:02d}"  # nearly all amounts, in two thirds of the time
    decimals = DECIMALS[currency]
    whole, part = divmod(abs(minor), 10**decimals)
    fraction = f".{part:0{decimals}d}" if decimals else ""
    return f"{'-' if minor < 0 else ''}{whole}{fraction}"


def share_half_up(total_minor: int, basis_points: int) -> int:
    """total × percentage, rounded half up to the minor unit. Both arguments are zero or more."""
    return (total_minor * basis_points * 2 + BASIS_POINTS) // (2 * BASIS_POINTS)


Rounding = Callable[[int, int], int]
"""(total, basis points) -> the share in whole minor units."""

# A change of law is a new row with its first day: it holds for services from that day on, and no earlier event.
# The first row also stands for all days before it.
ROUNDINGS: tuple[tuple[date, Rounding], ...] = ((date(2020, 1, 1), share_half_up),)


def share_on(day: date, total_minor: int, basis_points: int) -> int:
    """total × percentage, as shares were rounded on a Cairo day. Both figures are zero or more."""
    rounded = next((rounding for first_day, rounding in reversed(ROUNDINGS) if first_day <= day), ROUNDINGS[0][1])
    return rounded(total_minor, basis_points)
