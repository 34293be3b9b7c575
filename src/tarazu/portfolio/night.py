"""What the end of the day does to the books: contracts that expire close as fills, and what is open is carried.

Index contracts settle in cash and a long option that ends in the money pays STT on its whole intrinsic value. Stock
contracts close at the same values; their delivery is a CNC trade of the clearing house's, to be applied as the fill it
is when the broker tells it. Delivered shares leave the books for the holdings.
"""

import msgspec

from tarazu.model.execution import Fill
from tarazu.model.ids import BrokerOrderId
from tarazu.model.instrument import Instrument, Kind
from tarazu.model.order import Product, Side
from tarazu.portfolio.book import Books
from tarazu.portfolio.charges import exercise_charges
from tarazu.portfolio.marks import MarkOf
from tarazu.portfolio.positions import Position
from tarazu.portfolio.postings import Carried, Levy
from tarazu.portfolio.unknown_paise import UnknownPaise

DELIVERED = (Product.CNC, Product.MTF)


class Expiry(msgspec.Struct, frozen=True, kw_only=True):
    """What closes today. Both lists are idempotent: their ids are of day, instrument and product."""

    fills: list[Fill]
    levies: list[Levy]
    waiting: list[UnknownPaise]
    """Contracts that expired and cannot be closed yet: no final price, or a stranger to the master."""


def expiry(books: Books, final: MarkOf, index_names: frozenset[str], ts_ns: int) -> Expiry:
    """Closing fills of every contract that expires on the books' day; nothing is applied.

    `final` gives an underlying's final settlement price by its key; `index_names` are the underlyings settled in cash.
    """
    found = Expiry(fills=[], levies=[], waiting=[])
    for position in books.positions():
        instrument = books.instruments.get(position.key)
        if position.qty == 0 or instrument is None or instrument.expiry is None or instrument.expiry > books.day:
            continue
        price = final(instrument.underlying)
        if isinstance(price, UnknownPaise):
            found.waiting.append(price)
            continue
        worth = final_value_paise(instrument, price)
        fill = _closing(books, instrument, position, worth, ts_ns)
        found.fills.append(fill)
        if instrument.is_option and position.qty > 0 and worth and instrument.name in index_names:
            tax = exercise_charges(books.rates, position.qty * worth, books.day)
            found.levies.append(Levy(levy_id=fill.exec_id, charges=tax, key=position.key, product=position.product))
    return found


def final_value_paise(instrument: Instrument, underlying_paise: int) -> int:
    """What one unit is worth at expiry: the underlying for a future, the intrinsic value for an option."""
    if instrument.kind is Kind.CE:
        return max(0, underlying_paise - instrument.strike_paise)
    if instrument.kind is Kind.PE:
        return max(0, instrument.strike_paise - underlying_paise)
    return underlying_paise


def carried(books: Books, close: MarkOf) -> list[Carried]:
    """The opening position of the next day, at today's closing or settlement prices.

    MIS that is still open is carried as what it is: what the broker made of it, its rows will say in the morning.
    """
    return [_carry(p, close) for p in books.positions() if p.qty and p.product not in DELIVERED]


def _carry(position: Position, close: MarkOf) -> Carried:
    price = close(position.key)
    return Carried(
        key=position.key,
        product=position.product,
        qty=position.qty,
        cost_paise=position.kite_open_cost_paise(),
        close_value_paise=None if isinstance(price, UnknownPaise) else position.qty * price,
    )


def _closing(books: Books, instrument: Instrument, position: Position, price_paise: int, ts_ns: int) -> Fill:
    return Fill(
        exec_id=f"EXPIRY-{books.day:%Y%m%d}-{position.key}-{position.product}",
        order_id=BrokerOrderId(""),
        key=position.key,
        instrument_token=instrument.instrument_token,
        product=position.product,
        side=Side.SELL if position.qty > 0 else Side.BUY,
        qty=abs(position.qty),
        price_paise=price_paise,
        ts_event_ns=ts_ns,
    )
