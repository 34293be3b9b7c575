import pytest

from tarazu.sim.money.ledger import Book, EntryKind, Ledger


def test_every_entry_sums_to_zero_and_so_do_the_books() -> None:
    ledger = Ledger()
    ledger.move(1, EntryKind.PAY_IN, "opening", Book.CAPITAL, 100_000)
    ledger.move(2, EntryKind.TRADE, "t1", Book.CLEARING, -40_000)
    ledger.post(3, EntryKind.CHARGES, "o1", ((Book.CASH, -118), (Book.BROKERAGE, 100), (Book.GST, 18)))
    assert ledger.cash_paise == 59_882
    assert ledger.charges_paise == 118
    assert ledger.balance(Book.CAPITAL) == -100_000
    assert ledger.imbalance_paise() == 0
    assert [sum(leg.paise for leg in e.postings) for e in ledger.entries] == [0, 0, 0]


def test_an_entry_that_does_not_sum_to_zero_stops_the_program() -> None:
    ledger = Ledger()
    with pytest.raises(AssertionError):
        ledger.post(1, EntryKind.TRADE, "t1", ((Book.CASH, -100), (Book.CLEARING, 99)))
    assert ledger.entries == [] and ledger.cash_paise == 0


def test_a_movement_of_nothing_leaves_no_entry() -> None:
    ledger = Ledger()
    ledger.move(1, EntryKind.MARK, "FUT", Book.CLEARING, 0)
    assert ledger.entries == []


def test_entries_are_numbered_from_one_and_keep_their_time_and_cause() -> None:
    ledger = Ledger()
    ledger.move(7, EntryKind.PAY_IN, "opening", Book.CAPITAL, 5)
    ledger.move(9, EntryKind.PENALTY, "order-3", Book.PENALTY, -5)
    assert [(e.seq, e.ts_ns, e.kind, e.ref) for e in ledger.entries] == [
        (1, 7, EntryKind.PAY_IN, "opening"),
        (2, 9, EntryKind.PENALTY, "order-3"),
    ]
