"""The dated data that ships with tarazu: calendars, rule profiles, charge rates; and the one place that reads it.

Facts change by circular. Each file says for which dates it holds, where its numbers come from and what is uncertain.
"""

from functools import cache
from pathlib import Path
from typing import TypeVar

import msgspec

from tarazu.model.calendar import AlwaysOpen, CalendarData, TradingCalendar
from tarazu.model.rules import ChargeRates, RuleBook

T = TypeVar("T")

DATA = Path(__file__).parent / "data"

RULE_PROFILES = ("nse-2026", "permissive")


class BadReferenceData(ValueError):
    """A data file does not read as what it should be; the message names file and field."""


@cache
def calendar() -> TradingCalendar:
    """NSE and BSE, equity and equity derivatives."""
    return TradingCalendar(_read("calendar_nse_2026.json", CalendarData))


def calendar_for(rules: RuleBook) -> TradingCalendar:
    """The calendar a rule profile trades by: the exchange's, or every hour of every day."""
    return AlwaysOpen(calendar().data) if rules.always_open else calendar()


@cache
def rules(profile: str) -> RuleBook:
    """The rule profile of that name, one of `RULE_PROFILES`."""
    if profile not in RULE_PROFILES:
        raise KeyError(f"no rule profile {profile!r}; there are: {', '.join(RULE_PROFILES)}")
    return _read(f"rules_{profile}.json", RuleBook)


@cache
def charge_rates() -> ChargeRates:
    """Brokerage, statutory levies and exchange charges of FY 2026-27."""
    return _read("charges_2026.json", ChargeRates)


def _read(name: str, kind: type[T]) -> T:
    text = (DATA / name).read_bytes()
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.DecodeError as bad:
        raise BadReferenceData(f"{name}: {bad}") from bad
