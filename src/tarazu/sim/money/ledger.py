"""The double-entry ledger of one account, in paise: every entry's legs sum to zero, so the books always balance."""

from collections.abc import Iterable
from enum import StrEnum

import msgspec


class Book(StrEnum):
    """Where money can be. CASH is the user's; every other book is the other side of some movement of it."""

    CASH = "CASH"
    CAPITAL = "CAPITAL"
    """The user's bank: what was paid in, negative."""
    CLEARING = "CLEARING"
    """Trade values, premiums, marks and expiry settlements exchanged with the clearing house."""
    BROKERAGE = "BROKERAGE"
    STT = "STT"
    EXCHANGE = "EXCHANGE"
    IPFT = "IPFT"
    SEBI = "SEBI"
    STAMP = "STAMP"
    GST = "GST"
    DEPOSITORY = "DEPOSITORY"
    PENALTY = "PENALTY"


CHARGE_BOOKS = (
    Book.BROKERAGE,
    Book.STT,
    Book.EXCHANGE,
    Book.IPFT,
    Book.SEBI,
    Book.STAMP,
    Book.GST,
    Book.DEPOSITORY,
    Book.PENALTY,
)


class EntryKind(StrEnum):
    PAY_IN = "PAY_IN"
    TRADE = "TRADE"
    CHARGES = "CHARGES"
    CONVERSION = "CONVERSION"
    """Charges re-rated because shares changed from intraday to delivery or back."""
    MARK = "MARK"
    """Futures' daily mark to the settlement price."""
    EXPIRY = "EXPIRY"
    CLOSE_OUT = "CLOSE_OUT"
    """Shares sold and not delivered, bought in at the close."""
    DEPOSITORY = "DEPOSITORY"
    PENALTY = "PENALTY"


class Posting(msgspec.Struct, frozen=True):
    book: Book
    paise: int
    """What the book gains; a loss is negative."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    seq: int
    ts_ns: int
    kind: EntryKind
    ref: str
    """What caused it: trade id, order id, tradingsymbol, day."""
    postings: tuple[Posting, ...]


class Ledger:
    """Entries in the order they were made, and the running balance of each book."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._balance = dict.fromkeys(Book, 0)

    def post(self, ts_ns: int, kind: EntryKind, ref: str, postings: Iterable[tuple[Book, int]]) -> None:
        """Book one movement; legs of zero are left out, and an entry of nothing but zeros is not made."""
        legs = tuple(Posting(book, paise) for book, paise in postings if paise)
        assert sum(leg.paise for leg in legs) == 0, (kind, ref, legs)
        if not legs:
            return
        for leg in legs:
            self._balance[leg.book] += leg.paise
        self.entries.append(Entry(seq=len(self.entries) + 1, ts_ns=ts_ns, kind=kind, ref=ref, postings=legs))

    def move(self, ts_ns: int, kind: EntryKind, ref: str, source: Book, cash_paise: int) -> None:
        """Cash gains `cash_paise` out of `source`; negative: pays it in."""
        self.post(ts_ns, kind, ref, ((Book.CASH, cash_paise), (source, -cash_paise)))

    def balance(self, book: Book) -> int:
        return self._balance[book]

    @property
    def cash_paise(self) -> int:
        return self._balance[Book.CASH]

    @property
    def charges_paise(self) -> int:
        """Everything paid beside trade values since the account was opened."""
        return sum(self._balance[book] for book in CHARGE_BOOKS)

    def imbalance_paise(self) -> int:
        """Zero. Adds every leg of every entry again rather than trust the running balances."""
        again = dict.fromkeys(Book, 0)
        for entry in self.entries:
            for leg in entry.postings:
                again[leg.book] += leg.paise
        assert again == self._balance
        return sum(again.values())
