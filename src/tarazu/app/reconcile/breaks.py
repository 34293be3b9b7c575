"""What a reconciliation found: typed breaks, what was compared with what, and what could not be."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from enum import StrEnum

import msgspec

from tarazu.app.closing.standing import Standing

SCHEMA = "tarazu.reconciliation/1"
FILE = "reconciliation.json"


class BreakKind(StrEnum):
    """Published and never renamed."""

    UNKNOWN_ORDER = "UNKNOWN_ORDER"
    """The broker has an order that the journal has not."""
    MISSING_AT_BROKER = "MISSING_AT_BROKER"
    """The journal has an order, or an intent that was sent, and a whole read of the broker's orders has none."""
    DUPLICATE_ORDER = "DUPLICATE_ORDER"
    """Two orders at the broker carry one tag of ours, or one order id is there twice."""
    FOREIGN_ORDER = "FOREIGN_ORDER"
    """Both have it, and nobody here decided it: by hand, by the broker, by another program."""
    UNSETTLED = "UNSETTLED"
    """An intent of which the journal does not know what became."""
    STATUS = "STATUS"
    TERMS = "TERMS"
    """Another instrument, side, product, quantity or price; `field` says which."""
    FILLED = "FILLED"
    """Units filled of an order."""
    AVERAGE = "AVERAGE"
    """The average of an order's fills, where more than a paisa apart."""
    QTY = "QTY"
    """Units of one fill."""
    PRICE = "PRICE"
    """Price of one fill."""
    MISSING_FILL = "MISSING_FILL"
    """Ours, and not theirs."""
    EXTRA_FILL = "EXTRA_FILL"
    """Theirs, and not ours."""
    DUPLICATE_FILL = "DUPLICATE_FILL"
    """Theirs, twice under one trade id of one order."""
    POSITION = "POSITION"
    """`field` says of what (`portfolio.breaks`): QTY, PRODUCT, CARRIED, TRADED, VALUE, AVERAGE, REALISED, PNL."""
    CARRIED = "CARRIED"
    """Units that the day began with, beside those that the last close expects: the night changed them."""
    CHARGES = "CHARGES"
    """`field` says which line of the contract note."""
    CASH = "CASH"
    """`field` says which of the funds."""


class Against(StrEnum):
    """Which of the broker's books."""

    ORDERS = "orders"
    TRADES = "trades"
    POSITIONS = "positions"
    CARRIED = "carried"
    """The book of the last close and this day's first one, both the broker's."""
    FUNDS = "funds"
    CHARGES = "charges"
    """The virtual contract note: `POST /charges/orders`."""
    NOTE = "note"
    """A contract note that a person took in."""


OWN_FILES = frozenset({Against.CARRIED, Against.NOTE})
"""Compared with what the desk has kept."""

Amount = int | str | None
"""Whole units, paise or millipaise, as `unit` says; or a word; None: there is none on this side."""


class Break(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One difference, with both sides of it."""

    id: str = ""
    """`BRK-1a2b3c4d`: the same difference of the same day has the same id in every run."""
    kind: BreakKind
    against: Against
    field: str = ""
    order_id: str = ""
    """The broker's."""
    trade_id: str = ""
    ref: str = ""
    """Our tag."""
    key: str = ""
    """`EXCHANGE:TRADINGSYMBOL`."""
    product: str = ""
    ours: Amount = None
    broker: Amount = None
    unit: str = ""
    """`units`, `paise`, `millipaise`; empty: words."""
    money: bool = True
    """Whether a rupee or a unit may hang on it: exit 2 and an incident."""
    detail: str = ""

    @property
    def of(self) -> str:
        """What it is about, for people."""
        trade = f"trade {self.trade_id} of " if self.trade_id else ""
        order = f"order {self.order_id}" if self.order_id else f"intent {self.ref}" if self.ref else ""
        place = " ".join(part for part in (self.key, self.product) if part)
        return f"{trade}{order}" or place or "the day"


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """One of the broker's books beside ours. Compared only where both counts are there and `unknown` is empty."""

    against: Against
    ours: int | None = None
    """Orders, fills, places, notes: what there is on our side; None: not known."""
    broker: int | None = None
    unknown: str = ""
    """Why nothing can be said, or not all of it; never the same as no breaks."""
    skipped: str = ""
    """Why it does not apply: the broker does not tell it, nobody took a note in."""
    unproven: str = ""
    """Of `carried`: why there is no closing book to compare with, though there were earlier days. A warning."""
    since: str = ""
    """Of `carried`: the day of the last close, ISO; empty: there is none."""
    difference: str = ""
    """Of `carried`: the name of what differs, if anything does, for `tarazu ready --accept-book`."""
    left_out: tuple[str, ...] = ()
    """Of segments that the desk does not trade: in no figure here."""


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """Charges of the day, paise; None: not known, or not told."""

    charges_paise: int | None = None
    """Ours."""
    asked_charges_paise: int | None = None
    """Ours of the same units at averages rounded to the paisa, as the broker is asked..."""
    broker_charges_paise: int | None = None
    """...and what its virtual contract notes of them come to."""
    note_charges_paise: int | None = None
    """The contract note's that was taken in."""


class Reconciliation(msgspec.Struct, frozen=True, kw_only=True):
    """`closes/<day>/reconciliation.json`. Equal inputs give equal bytes but for `as_of_ns`."""

    schema: str = SCHEMA
    day: str
    profile: str
    as_of_ns: int
    """When the broker was read, UTC ns of the profile's clock; 0: never."""
    standing: Standing
    """What of the journal it stood on."""
    source: str = ""
    """`broker`: read for this; `saved`: an earlier read of that day, kept beside; empty: there is none."""
    read_sha256: str = ""
    """Of the file with the broker's answers."""
    note_sha256: str = ""
    """Of the contract note as it was taken in; empty: none was."""
    compared: tuple[Compared, ...] = ()
    totals: Totals = Totals()
    later_fills: int = 0
    """Fills of ours that were heard since the kept answers, and that they do not tell."""
    open_orders: int = 0
    """Orders that still work at the broker: the day is not over."""
    breaks: tuple[Break, ...] = ()

    @property
    def money_breaks(self) -> tuple[Break, ...]:
        return tuple(found for found in self.breaks if found.money)

    @property
    def unknown(self) -> tuple[Compared, ...]:
        """Books of which nothing, or not all, could be said."""
        return tuple(leg for leg in self.compared if leg.unknown)

    @property
    def untold(self) -> tuple[Compared, ...]:
        """Those of them that the broker's answers left unknown: none for a file of our own that is not to be had."""
        return tuple(leg for leg in self.unknown if leg.against not in OWN_FILES)


def named(day: str, breaks: Iterable[Break]) -> tuple[Break, ...]:
    """Each with its id, in the order of the books, the money first."""
    books = list(Against)
    ordered = sorted(
        breaks, key=lambda b: (not b.money, books.index(b.against), b.order_id, b.trade_id, b.key, b.field)
    )
    times: Counter[str] = Counter()
    found = []
    for one in ordered:
        id_ = _id(day, one)
        times[id_] += 1
        found.append(msgspec.structs.replace(one, id=id_ if times[id_] == 1 else f"{id_}-{times[id_]}"))
    return tuple(found)


def _id(day: str, one: Break) -> str:
    identity = (day, one.kind, one.against, one.field, one.order_id, one.trade_id, one.ref, one.key, one.product)
    return f"BRK-{hashlib.sha256(msgspec.json.encode(identity)).hexdigest()[:8]}"
