"""The contracts of one underlying, as a strategy asks for them: by expiry, strike and kind, and its future."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from tarazu.market.listing import nearest
from tarazu.model.instrument import Instrument, Kind
from tarazu.model.order import Product
from tarazu.orders.exposure import Place
from tarazu.strategy.day import TradingDay


class NoContracts(ValueError):
    """There is nothing to trade by; the message says what is missing from the day's master."""


class OptionView:
    """Of one name on one day, of the nearest expiry that is at least `days_min` days away."""

    def __init__(self, day: TradingDay, index: str, name: str, days_min: int = 0) -> None:
        """`index`: the key of its cash or index row. Raises NoContracts."""
        if index not in day.instruments:
            raise NoContracts(f"{index} is not in the master of {day.date}")
        mine = [i for i in day.instruments.values() if i.name == name and i.is_derivative and i.expiry is not None]
        options = [i for i in mine if i.is_option]
        self.index, self.name = index, name
        self.expiry = _nearest(options, day.date + timedelta(days=days_min), f"options of {name}")
        self._by: dict[tuple[int, Kind], Instrument] = {
            (i.strike_paise, i.kind): i for i in options if i.expiry == self.expiry
        }
        self.strikes = tuple(sorted({strike for strike, _ in self._by}))
        """Ascending, paise."""
        futures = [i for i in mine if i.kind is Kind.FUT]
        near = min((i.expiry for i in futures if i.expiry and i.expiry >= day.date), default=None)
        self.future: Instrument | None = next((i for i in futures if i.expiry == near), None)
        """The nearest."""

    def places(self, product: Product) -> frozenset[Place]:
        """All of its options."""
        return frozenset((option.key, product) for option in self._by.values())

    def at_the_money(self, spot_paise: float) -> int:
        """Place of the strike nearest to the spot."""
        return nearest(self.strikes, round(spot_paise))

    def option(self, place: int, kind: Kind) -> Instrument | None:
        """None where there is none: the ladder ends, or has a gap."""
        if not 0 <= place < len(self.strikes):
            return None
        return self._by.get((self.strikes[place], kind))


def held_options(held: Mapping[str, int], instruments: Mapping[str, Instrument]) -> dict[str, int]:
    """The options among what is held."""
    return {key: qty for key, qty in held.items() if key in instruments and instruments[key].is_option}


def _nearest(of: Iterable[Instrument], since: date, what: str) -> date:
    expiries = {i.expiry for i in of if i.expiry is not None and i.expiry >= since}
    if not expiries:
        raise NoContracts(f"there are no {what} that expire on {since} or after: an old master?")
    return min(expiries)
