"""A row of the trade log, and the columns every format has, in this order. A column is added at the end, with another
number in the schema's name; none is renamed."""

import msgspec

SCHEMA = "tarazu.trades/1"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One execution. Paise are whole; times are UTC ns and, for people, IST."""

    day: str
    """ISO date, IST."""
    executed_ist: str
    """`2026-11-23 09:16:02`: when the exchange says it happened."""
    executed_ns: int
    heard_ns: int
    """When the desk heard of it."""
    journal_seq: int
    """The entry of the day's journal that has it."""
    exec_id: str
    """The exchange's trade id."""
    order_id: str
    """The broker's."""
    tag: str
    """Ours; empty for an order nobody here decided."""
    strategy: str
    purpose: str
    """ENTRY, EXIT, STOP, SQUARE_OFF; FOREIGN for an order nobody here decided."""
    group: str
    """The spread, or the parent of slices."""
    exchange: str
    symbol: str
    product: str
    side: str
    qty_units: int
    price_paise: int
    """A unit."""
    value_paise: int
    """Paid; negative: received. Before charges."""
    position_units: int | None
    """Of the instrument in the product, after it."""
    gross_paise: int | None
    """Realised by it at the running average, units carried in at the close before; None: not known."""
    charges_paise: int | None
    """Its part of the order's contract note, by value; the parts of an order add up to its note. None: not known."""
    net_paise: int | None
    """Gross less charges."""
    note: str
    """Why it is not like the others: NOT_BOOKED and why, GONE (the broker tells of it no more); else empty."""


COLUMNS: dict[str, type] = {
    field.name: int if field.type in (int, int | None) else str for field in msgspec.structs.fields(Row)
}
