"""Days and months of limits are those of Cairo, with its summer time; moments are UTC."""

from datetime import date, datetime
from importlib import resources
from zoneinfo import ZoneInfo

# From the pinned `tzdata` package and not from the machine: two hosts must never disagree about a day.
with resources.files("tzdata.zoneinfo.Africa").joinpath("Cairo").open("rb") as _zone:
    CAIRO = ZoneInfo.from_file(_zone, key="Africa/Cairo")


def cairo_date(at: datetime) -> date:
    """The calendar day in Cairo at a moment that carries its time zone."""
    assert at.tzinfo is not None, "a moment needs its time zone"
    return at.astimezone(CAIRO).date()


def month_of(day: date) -> str:
    """`2026-11`, the key of monthly limits."""
    return f"{day.year:04d}-{day.month:02d}"


def year_of_month(month: str) -> str:
    """`2026-11` -> `2026`, the key of annual limits."""
    return month[:4]
