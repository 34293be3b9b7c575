"""Shares held for delivery: settled, on their way (T1), sold today; their ISINs and depository authorisation."""

from collections.abc import Iterator
from datetime import date, time

import msgspec

from tarazu.model import ist
from tarazu.model.instrument import Instrument
from tarazu.model.units import div_half_up, rupees
from tarazu.sim.dice import Dice
from tarazu.sim.money.marks import Mark, Marks
from tarazu.wire.kite_money import HoldingRow

# KITE.md 1.2, status 428: an authorisation lasts until 17:30 of its day.
_AUTHORISED_UNTIL = time(17, 30)


class Incoming(msgspec.Struct, frozen=True):
    """Shares bought on `day`, delivered at the end of the first settlement day after it."""

    day: date
    qty: int


class Holding(msgspec.Struct, kw_only=True):
    instrument: Instrument
    isin: str
    settled_qty: int = 0
    """In the depository; today's sales come off at the day's settlement."""
    incoming: list[Incoming] = []
    cost_paise: int = 0
    """Of all units, settled and incoming."""
    authorised_qty: int = 0
    authorised_ns: int = 0

    @property
    def t1_qty(self) -> int:
        return sum(lot.qty for lot in self.incoming)

    @property
    def qty(self) -> int:
        return self.settled_qty + self.t1_qty

    def authorised_at(self, now_ns: int) -> int:
        """Units the depository lets go at this moment without asking again."""
        day = ist.day_of(self.authorised_ns)
        return self.authorised_qty if day == ist.day_of(now_ns) and now_ns < ist.at_ns(day, _AUTHORISED_UNTIL) else 0

    def receive(self, day: date, qty: int, value_paise: int) -> None:
        self.incoming.append(Incoming(day, qty))
        self.cost_paise += value_paise

    def deliver(self, qty: int) -> None:
        """Give `qty` away at average cost: settled units first, then the oldest on their way."""
        assert 0 < qty <= self.qty
        self.cost_paise -= div_half_up(self.cost_paise * qty, self.qty)
        settled = min(qty, self.settled_qty)
        self.settled_qty -= settled
        left = qty - settled
        remaining = []
        for lot in self.incoming:
            gone = min(left, lot.qty)
            left -= gone
            if lot.qty > gone:
                remaining.append(Incoming(lot.day, lot.qty - gone))
        self.incoming = remaining

    def settle(self, day: date) -> None:
        """End of settlement day `day`: everything bought before it arrives."""
        self.settled_qty += sum(lot.qty for lot in self.incoming if lot.day < day)
        self.incoming = [lot for lot in self.incoming if lot.day >= day]


class HoldingBook:
    """All holdings of an account, in the order they were first acquired."""

    def __init__(self) -> None:
        self._holdings: dict[str, Holding] = {}

    def __iter__(self) -> Iterator[Holding]:
        return iter(self._holdings.values())

    def find(self, instrument: Instrument) -> Holding | None:
        return self._holdings.get(instrument.key)

    def at(self, instrument: Instrument) -> Holding:
        found = self._holdings.get(instrument.key)
        if found is None:
            found = Holding(instrument=instrument, isin=isin_of(instrument))
            self._holdings[instrument.key] = found
        return found

    def drop_empty(self) -> None:
        self._holdings = {key: h for key, h in self._holdings.items() if h.qty}


def holding_row(h: Holding, sold_today: int, mark: Mark, now_ns: int) -> HoldingRow:
    """`sold_today` is the net CNC sale of the day, consumed from settled units first."""
    used = min(sold_today, h.settled_qty)
    t1_left = h.t1_qty - (sold_today - used)
    left = h.settled_qty - used + t1_left
    cost = div_half_up(h.cost_paise * left, h.qty) if h.qty else 0
    moved = mark.last_paise - mark.close_paise
    authorised = h.authorised_at(now_ns)
    day = ist.day_of(h.authorised_ns if authorised else now_ns)
    return HoldingRow(
        tradingsymbol=h.instrument.tradingsymbol,
        exchange=h.instrument.exchange,
        instrument_token=h.instrument.instrument_token,
        isin=h.isin,
        quantity=h.settled_qty - used,
        used_quantity=sold_today,
        t1_quantity=t1_left,
        realised_quantity=h.settled_qty - used,
        authorised_quantity=authorised,
        authorised_date=ist.stamp(ist.midnight_ns(day)),
        opening_quantity=h.qty,
        average_price=h.cost_paise / h.qty / 100 if h.qty else 0.0,
        last_price=rupees(mark.last_paise),
        close_price=rupees(mark.close_paise),
        pnl=rupees(left * mark.last_paise - cost),
        day_change=rupees(moved),
        day_change_percentage=100 * moved / mark.close_paise if mark.close_paise else 0.0,
    )


def holding_value_paise(holdings: HoldingBook, marks: Marks) -> int:
    return sum(h.qty * marks(h.instrument).last_paise for h in holdings)


_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def isin_of(instrument: Instrument) -> str:
    """A made-up ISIN of an Indian share's shape, the same for a symbol for ever: `INE`, issuer, `01`, serial, check.

    No real share's: the issuer part comes from the symbol's letters by a fixed draw.
    """
    word = Dice(0).word("isin", instrument.tradingsymbol)
    issuer = "".join(_LETTERS[(word >> shift) % 36] for shift in (0, 12, 24, 36))
    body = f"INE{issuer}01{(word >> 48) % 90 + 10}"
    return body + str(isin_check_digit(body))


def isin_check_digit(body: str) -> int:
    """ISO 6166: letters as numbers from 10, every second digit from the right doubled, digits summed, up to ten."""
    digits = "".join(str(_LETTERS.index(c)) for c in body)
    doubled = (int(d) * (2 if n % 2 == 0 else 1) for n, d in enumerate(reversed(digits)))
    return -sum(d // 10 + d % 10 for d in doubled) % 10
