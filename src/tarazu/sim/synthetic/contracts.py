"""Derivative contracts of a day: expiries of the rule book and calendar, strikes, symbols, tokens."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from tarazu.model.calendar import NotCovered, TradingCalendar
from tarazu.model.instrument import Exchange, Instrument, Kind, SegmentByte, token_of
from tarazu.model.rules import Contract

FUTURE_MONTHS = 3
STRIKES_EACH_SIDE = 30
WEEKS_AHEAD = 16
"""How far expiries are looked for: enough for three monthly ones."""

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
WEEKLY_MONTH = "123456789OND"
"""One character a month in weekly symbols: `NIFTY26N2426000CE` (KITE facts 1.8)."""

_EPOCH = date(1970, 1, 1)
_STRIKE_AND_RIGHT = re.compile(r"([0-9]+(?:\.[0-9]+)?)(CE|PE)")


def monthly_expiries(day: date, calendar: TradingCalendar, weekday: int) -> list[date]:
    """Month-end expiries from `day` on: the month's last `weekday` (ISO) or the trading day before.

    Ends where the calendar's coverage does: an expiry that cannot be known is not listed.
    """
    return _from(day, calendar, (d for d in _weekdays(day, weekday) if (d + timedelta(days=7)).month != d.month))


def weekly_expiries(day: date, calendar: TradingCalendar, weekday: int) -> list[date]:
    """Every week's expiry from `day` on, the month-end ones among them."""
    return _from(day, calendar, _weekdays(day, weekday))


def _weekdays(day: date, weekday: int) -> Iterator[date]:
    first = day + timedelta(days=(weekday - day.isoweekday()) % 7)
    return (first + timedelta(weeks=n) for n in range(WEEKS_AHEAD))


def _from(day: date, calendar: TradingCalendar, nominal: Iterator[date]) -> list[date]:
    found: list[date] = []
    try:
        for candidate in nominal:
            expiry = calendar.expiry_on_or_before(candidate)
            if expiry >= day and expiry not in found:
                found.append(expiry)
    except NotCovered:
        pass  # Documented: contracts past the calendar's coverage are not listed.
    return found


def option_expiries(day: date, calendar: TradingCalendar, contract: Contract) -> list[date]:
    """Two expiries: the nearest and the nearest month-end; where these are one, the one after it."""
    monthly = monthly_expiries(day, calendar, contract.monthly_expiry)
    if contract.weekly_expiry is None:
        return monthly[:2]
    weekly = weekly_expiries(day, calendar, contract.weekly_expiry)
    return (
        sorted({*weekly[:1], *monthly[:1], *weekly[:2]})[:2] if weekly[:1] == monthly[:1] else weekly[:1] + monthly[:1]
    )


def strikes(spot_paise: int, step_paise: int, each_side: int) -> list[int]:
    """At-the-money and `each_side` strikes either way, ascending; none at or below zero."""
    atm = (spot_paise + step_paise // 2) // step_paise * step_paise
    return [k for n in range(-each_side, each_side + 1) if (k := atm + n * step_paise) > 0]


def strike_text(strike_paise: int) -> str:
    """Rupees without needless decimals: 26000, 302.5."""
    rupees, paise = divmod(strike_paise, 100)
    return f"{rupees}.{paise:02d}".rstrip("0") if paise else str(rupees)


def option_symbol(name: str, expiry: date, monthly: bool, strike_paise: int, kind: Kind) -> str:
    return f"{series_symbol(name, expiry, monthly)}{strike_text(strike_paise)}{kind}"


def strike_of(symbol: str, series: str) -> tuple[int, Kind] | None:
    """Strike (paise) and right of an option of this series; None for a symbol of another."""
    rest = _STRIKE_AND_RIGHT.fullmatch(symbol.removeprefix(series)) if symbol.startswith(series) else None
    return (int(Decimal(rest[1]) * 100), Kind(rest[2])) if rest else None


def series_symbol(name: str, expiry: date, monthly: bool) -> str:
    """What the symbols of all options of an expiry begin with."""
    when = MONTHS[expiry.month - 1] if monthly else f"{WEEKLY_MONTH[expiry.month - 1]}{expiry.day:02d}"
    return f"{name}{expiry:%y}{when}"


def future_symbol(name: str, expiry: date) -> str:
    return f"{name}{expiry:%y}{MONTHS[expiry.month - 1]}FUT"


_RIGHT = {Kind.FUT: 0, Kind.CE: 1, Kind.PE: 2}


def contract_exchange_token(underlying_no: int, expiry: date, strike_no: int, kind: Kind) -> int:
    """A contract's exchange token, the same every day it lives; like the exchange's, reused some months later.

    6 bits of underlying, 5 of the expiry's week, 1 that tells a holiday-shifted expiry from its week's own,
    10 of the strike's number, 2 of the right: 24 bits, what an instrument token leaves.
    """
    week = (expiry - _EPOCH).days // 7 % 32
    late = int(expiry.isoweekday() >= 4)
    assert 0 < underlying_no < 64
    return underlying_no << 18 | week << 13 | late << 12 | strike_no % 1024 << 2 | _RIGHT[kind]


class Underlying:
    """One underlying and how its contracts are made."""

    def __init__(self, no: int, key: str, name: str, contract: Contract, step_paise: int, spot_paise: int) -> None:
        self.no = no
        self.key = key
        self.name = name
        self.contract = contract
        self.step_paise = step_paise
        self.spot_paise = spot_paise
        self.exchange = Exchange.BFO if key.startswith("BSE:") else Exchange.NFO
        self.is_index = no <= 4

    def future(self, expiry: date) -> Instrument:
        return self._contract(Kind.FUT, expiry, 0, future_symbol(self.name, expiry))

    def chain(self, expiry: date, monthly: bool, each_side: int = STRIKES_EACH_SIDE) -> Iterator[Instrument]:
        """Calls and puts of one expiry, strike by strike from the money outwards."""
        around = strikes(self.spot_paise, self.step_paise, each_side)
        for strike in sorted(around, key=lambda k: (abs(k - self.spot_paise), k)):
            for kind in (Kind.CE, Kind.PE):
                yield self.option(expiry, monthly, strike, kind)

    def option(self, expiry: date, monthly: bool, strike_paise: int, kind: Kind) -> Instrument:
        return self._contract(kind, expiry, strike_paise, option_symbol(self.name, expiry, monthly, strike_paise, kind))

    def _contract(self, kind: Kind, expiry: date, strike_paise: int, symbol: str) -> Instrument:
        byte = SegmentByte.BFO if self.exchange is Exchange.BFO else SegmentByte.NFO
        number = contract_exchange_token(self.no, expiry, strike_paise // self.step_paise, kind)
        return Instrument(
            instrument_token=token_of(number, byte),
            exchange=self.exchange,
            tradingsymbol=symbol,  # type: ignore[arg-type]
            name=self.name,
            kind=kind,
            segment=f"{self.exchange}-{'FUT' if kind is Kind.FUT else 'OPT'}",
            tick_size_paise=5,
            lot_size=self.contract.lot_size,
            freeze_qty=self.contract.freeze_qty,
            expiry=expiry,
            strike_paise=strike_paise,
            underlying=self.key,
        )
