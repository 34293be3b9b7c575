"""The best prices as the engine is shown them: of the state as it stands, in paise, by key."""

import numpy as np
import pytest

from harness.market_rows import feed, row, state_of
from tarazu.market.state import MarketState
from tarazu.market.state_quotes import StateQuotes
from tarazu.market.touch import Quotes, Touch
from tarazu.model.instrument import SegmentByte
from tarazu.model.units import SECOND_NS

A, B, C = 40_001 << 8 | 2, 40_002 << 8 | 2, 40_003 << 8 | 2
DOLLAR, DOLLAR_BSE = 500 << 8 | SegmentByte.CDS, 501 << 8 | SegmentByte.BCD
NOW = 1_795_411_800 * SECOND_NS
KEYS = {A: "NFO:A", B: "NFO:B", C: "NFO:C", DOLLAR: "CDS:USDINR", DOLLAR_BSE: "BCD:USDINR"}


def quotes_of(*tokens: int) -> tuple[MarketState, StateQuotes]:
    state = state_of(*tokens)
    return state, StateQuotes(state, KEYS)


def test_it_is_the_engines_view_of_the_market() -> None:
    quotes: Quotes = quotes_of(A)[1]
    assert not quotes.changed()


def test_nothing_is_known_of_what_has_not_ticked_or_is_not_watched() -> None:
    _, quotes = quotes_of(A)
    assert quotes.touch("NFO:A") is None and quotes.touch("NFO:B") is None and quotes.touch("NSE:X") is None


def test_the_best_prices_are_those_of_the_last_packet() -> None:
    state, quotes = quotes_of(A, B)
    feed(state, NOW, row(B, ltp=10_005, bids=[(10_000, 75), (9_995, 300)], asks=[(10_010, 150)]))
    assert quotes.touch("NFO:A") is None
    assert quotes.touch("NFO:B") == Touch(
        bid_paise=10_000, bid_qty=75, ask_paise=10_010, ask_qty=150, last_paise=10_005, seen_ns=NOW
    )
    feed(state, NOW + 1, row(B, ltp=10_015, bids=[(10_010, 1)], asks=[(10_020, 2)]))
    assert quotes.touch("NFO:B") == Touch(
        bid_paise=10_010, bid_qty=1, ask_paise=10_020, ask_qty=2, last_paise=10_015, seen_ns=NOW + 1
    )


def test_a_packet_that_tells_nothing_new_is_a_sign_of_life() -> None:
    state, quotes = quotes_of(A)
    same = row(A, ltp=100, bids=[(95, 1)], asks=[(105, 1)])
    assert feed(state, NOW, same) == [0] and feed(state, NOW + SECOND_NS, same) == []
    touch = quotes.touch("NFO:A")
    assert touch is not None and touch.seen_ns == NOW + SECOND_NS


# bids | asks -> bid, its quantity, ask, its quantity; levels are price x qty.
BOOKS = """
    100x10 95x20        | 105x5         -> 100 10 105 5
                        | 105x5         -> None 0 105 5
    100x10              |               -> 100 10 None 0
    0x10 95x20          | 105x0 110x7   -> 95 20 110 7
    100x0 0x5 90x0 85x0 80x3 | 0x0      -> 80 3 None 0
    -100x5              | 105x-3        -> None 0 None 0
"""


@pytest.mark.parametrize("line", BOOKS.strip().splitlines())
def test_the_best_level_is_the_first_with_an_order_at_a_price(line: str) -> None:
    book, wanted = line.split("->")
    bids, asks = ([tuple(map(int, level.split("x"))) for level in side.split()] for side in book.split("|"))
    state, quotes = quotes_of(A)
    feed(state, NOW, row(A, ltp=100, bids=bids, asks=asks))
    touch = quotes.touch("NFO:A")
    assert touch is not None
    found = (touch.bid_paise, touch.bid_qty, touch.ask_paise, touch.ask_qty)
    assert " ".join(map(str, found)) == wanted.strip()


def test_what_has_not_traded_has_no_last_price() -> None:
    state, quotes = quotes_of(A)
    feed(state, NOW, row(A, ltp=0, bids=[(100, 10)]))
    assert quotes.touch("NFO:A") == Touch(bid_paise=100, bid_qty=10, seen_ns=NOW)


def test_a_packet_without_depth_tells_the_last_price_alone() -> None:
    state, quotes = quotes_of(A)
    feed(state, NOW, row(A, 8, ltp=100), packet_bytes=8)
    assert quotes.touch("NFO:A") == Touch(last_paise=100, seen_ns=NOW)


def test_a_price_is_told_only_where_it_is_a_whole_number_of_paise() -> None:
    """The wire counts CDS in ten-millionths of a rupee, BCD in ten-thousandths."""
    state, quotes = quotes_of(DOLLAR, DOLLAR_BSE)
    feed(state, NOW, row(DOLLAR, ltp=834_400_000, bids=[(834_350_000, 3), (834_300_000, 9)], asks=[(834_500_000, 2)]))
    feed(state, NOW, row(DOLLAR_BSE, ltp=834_425, bids=[(834_400, 5)]))
    assert quotes.touch("CDS:USDINR") == Touch(
        bid_paise=None, ask_paise=8_345, ask_qty=2, last_paise=8_344, seen_ns=NOW
    )
    assert quotes.touch("BCD:USDINR") == Touch(bid_paise=8_344, bid_qty=5, seen_ns=NOW)


def test_what_moved_is_told_in_the_order_of_the_subscription_until_the_next_move() -> None:
    state, quotes = quotes_of(C, B, A)
    quotes.moved(np.sort(feed(state, NOW, row(A, ltp=100), row(C, ltp=100))).astype(np.intp))
    assert list(quotes.changed()) == ["NFO:C", "NFO:A"] == list(quotes.changed())
    quotes.moved(np.array([], np.intp))
    assert not quotes.changed()


def test_whether_one_instrument_moved_is_known_without_going_through_all() -> None:
    _, quotes = quotes_of(A, B, C)
    quotes.moved(np.array([0, 2], np.intp))
    assert [key in quotes.changed() for key in ("NFO:A", "NFO:B", "NFO:C", "NFO:X")] == [True, False, True, False]
    assert len(quotes.changed()) == 2 and 7 not in quotes.changed()


def test_an_instrument_without_a_key_is_not_told_of() -> None:
    state = state_of(A, B)
    quotes = StateQuotes(state, {B: "NFO:B"})
    quotes.moved(np.array(feed(state, NOW, row(A, ltp=100), row(B, ltp=100)), np.intp))
    assert list(quotes.changed()) == ["NFO:B"] and quotes.touch("NFO:A") is None


@pytest.mark.control("C25")
def test_what_is_kept_of_a_moment_is_not_moved_by_later_frames() -> None:
    state, quotes = quotes_of(A, B)
    assert quotes.still().middle("NFO:A") is None
    feed(state, NOW, row(A, ltp=100, bids=[(95, 1)], asks=[(110, 1)]), row(B, ltp=100, bids=[(95, 1)], asks=[]))
    still = quotes.still()
    feed(state, NOW + 1, row(A, ltp=200, bids=[(195, 1)], asks=[(205, 1)]))
    assert still.middle("NFO:A") == 102.5 and quotes.still().middle("NFO:A") == 200
    assert still.middle("NFO:B") is None and still.middle("NSE:X") is None
    touch = quotes.touch("NFO:A")
    assert touch is not None and touch.middle_paise == 200


@pytest.mark.control("C25")
def test_a_middle_is_in_paise_whatever_the_wire_counts_in() -> None:
    state, quotes = quotes_of(DOLLAR)
    feed(state, NOW, row(DOLLAR, ltp=880_000_000, bids=[(880_000_000, 1)], asks=[(880_200_000, 1)]))
    touch = quotes.touch("CDS:USDINR")
    assert touch is not None and quotes.still().middle("CDS:USDINR") == touch.middle_paise == 8_801
