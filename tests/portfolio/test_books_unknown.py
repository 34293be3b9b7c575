"""What is not known is said to be: it is never 0, and it passes no limit by accident."""

import msgspec
import pytest

from harness.account_flows import BY_KEY
from harness.ledger_table import DAY, NOW_NS, RATES, fill
from tarazu.model.instrument import Exchange, SegmentByte, token_of
from tarazu.model.units import SECOND_NS
from tarazu.portfolio.book import Books
from tarazu.portfolio.bookings import Booked
from tarazu.portfolio.marks import Mark, Marks, wire_price_paise
from tarazu.portfolio.pnl import Snapshot
from tarazu.portfolio.unknown_paise import Cause, Paise, UnknownPaise

MARKS = Marks({"NSE:INFY": Mark(15_000, NOW_NS)}, NOW_NS, SECOND_NS)


def causes(of: Paise) -> set[tuple[str, str]]:
    assert isinstance(of, UnknownPaise)
    return {(str(cause), key) for cause, key in of.causes}


def desk_with(*keys: str) -> Books:
    desk = Books(DAY, RATES, BY_KEY)
    for n, key in enumerate(keys):
        assert isinstance(desk.apply(fill("BUY MIS 10 @ 100", str(n), f"o{n}", key)), Booked)
    return desk


def test_one_position_without_a_mark_makes_the_whole_unknown_and_says_which() -> None:
    snapshot = desk_with("NSE:INFY", "NSE:TCS").as_of(MARKS)
    assert causes(snapshot.total.net_paise) == {("NO_PRICE", "NSE:TCS")}
    assert str(snapshot.total.net_paise) == "UNKNOWN: NO_PRICE NSE:TCS"
    assert snapshot.by_instrument()["NSE:INFY"].gross_paise == 10 * 5_000
    assert snapshot.realised_paise == 0, "what is booked needs no mark"
    assert isinstance(snapshot.total.charges_paise, int)


@pytest.mark.parametrize(
    ("mark", "why"),
    [
        (Mark(15_000, NOW_NS - SECOND_NS), None),
        (Mark(15_000, NOW_NS - SECOND_NS - 1), "STALE_PRICE"),
        (Mark(15_000, NOW_NS + 1), "STALE_PRICE"),
        (Mark(0, NOW_NS), "NO_PRICE"),
    ],
)
def test_a_mark_counts_while_it_is_fresh(mark: Mark, why: str | None) -> None:
    net = desk_with("NSE:INFY").as_of(Marks({"NSE:INFY": mark}, NOW_NS, SECOND_NS)).total.net_paise
    assert isinstance(net, int) if why is None else causes(net) == {(why, "NSE:INFY")}


def test_a_limit_cannot_be_compared_with_what_is_not_known() -> None:
    net = desk_with("NSE:TCS").as_of(MARKS).total.net_paise
    with pytest.raises(TypeError):
        _ = net < -100_000  # type: ignore[operator]


def test_causes_add_up() -> None:
    a, b = UnknownPaise.because(Cause.NO_PRICE, "x"), UnknownPaise.because(Cause.STALE_PRICE, "y")
    assert causes(a + 5 - b) == causes(3 - b + a) == {("NO_PRICE", "x"), ("STALE_PRICE", "y")}
    assert a + b == b + a == a + b + a
    assert -a == a and sum([1, a, 2]) == a


def test_what_is_not_in_the_master_has_a_position_and_a_result_but_no_known_charges() -> None:
    """A foreign order in a contract listed this morning: exposure first."""
    desk = desk_with("NSE:NEWLY")
    marks = Marks({"NSE:NEWLY": Mark(11_000, NOW_NS)}, NOW_NS, SECOND_NS)
    line = desk.as_of(marks).lines[0]
    assert (line.qty, line.unrealised_paise) == (10, 10_000)
    assert causes(line.charges_paise) == causes(desk.as_of(marks).total.net_paise) == {("NO_INSTRUMENT", "NSE:NEWLY")}
    assert causes(desk.charges()) == {("NO_INSTRUMENT", "NSE:NEWLY")}  # type: ignore[arg-type]


def test_charges_are_known_as_soon_as_the_master_is() -> None:
    master = {}
    desk = Books(DAY, RATES, master)
    desk.apply(fill("BUY MIS 10 @ 100"))
    assert isinstance(desk.charges_of("o1"), UnknownPaise)
    master["NSE:INFY"] = BY_KEY["NSE:INFY"]
    assert isinstance(desk.charges_of("o1"), int)


@pytest.mark.parametrize("key", ["CDS:USDINR26NOVFUT", "MCX:GOLD26DECFUT", "BCD:USDINR26NOVFUT"])
@pytest.mark.parametrize("listed", [False, True])
def test_segments_with_finer_prices_and_multipliers_keep_units_and_no_money(key: str, listed: bool) -> None:
    exchange, symbol = key.split(":")
    future = msgspec.structs.replace(BY_KEY["NFO:NIFTY26DECFUT"], exchange=Exchange(exchange), tradingsymbol=symbol)
    desk = Books(DAY, RATES, {key: future} if listed else {})
    assert isinstance(desk.apply(fill("BUY MIS 10 @ 100", key=key)), Booked)
    line = desk.as_of(Marks({key: Mark(8_300, NOW_NS)}, NOW_NS, SECOND_NS)).lines[0]
    assert line.qty == 10 and line.average_paise is None
    for money in (line.realised_paise, line.unrealised_paise, line.charges_paise):
        assert causes(money) == {("OTHER_SEGMENT", key)}
    assert causes(desk.by_strategy(lambda k: 8_300, {})[""].gross_paise) == {("OTHER_SEGMENT", key)}


@pytest.mark.parametrize(
    ("price", "segment", "expected"),
    [
        (1_500_05, SegmentByte.NSE, 150_005),
        (12_345, SegmentByte.NFO, 12_345),
        (83_25_00000, SegmentByte.CDS, 83_25),
        (83_25_25000, SegmentByte.CDS, None),
        (83_2500, SegmentByte.BCD, 83_25),
        (83_2525, SegmentByte.BCD, None),
    ],
)
def test_the_tickers_price_is_divided_exactly_or_not_known(price: int, segment: SegmentByte, expected: int) -> None:
    said = wire_price_paise(price, token_of(7, segment), "X:Y")
    assert said == (UnknownPaise.because(Cause.OTHER_SEGMENT, "X:Y") if expected is None else expected)


def test_a_snapshot_is_written_and_read_as_it_is_unknown_amounts_too() -> None:
    snapshot = desk_with("NSE:INFY", "NSE:TCS", "BSE:SBIN").as_of(MARKS)
    written = msgspec.json.encode(snapshot)
    assert msgspec.json.decode(written, type=Snapshot) == snapshot
    assert b'"causes":[["NO_PRICE","BSE:SBIN"]]' in written
    assert str(snapshot.total.net_paise) == "UNKNOWN: NO_PRICE BSE:SBIN, NO_PRICE NSE:TCS"
