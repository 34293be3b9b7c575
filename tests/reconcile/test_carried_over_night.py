"""Yesterday's closing book beside this morning's opening one: what the night changed is a typed break."""

from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from harness.engine_desk import NIFTY_CALL
from harness.journalled_desk import JournalledDesk
from tarazu.app.account.reading import AccountRead, Failure, Read, Why
from tarazu.app.closing.standing import Standing
from tarazu.app.closing.whole import close_folder
from tarazu.app.home import Home, Profile
from tarazu.app.incidents.store import incidents
from tarazu.app.masters.store import MasterStore
from tarazu.app.readiness.acceptance import accept
from tarazu.app.reconcile.breaks import Against, Compared, Reconciliation
from tarazu.app.reconcile.day import NOT_ASKED, reconcile_day
from tarazu.app.reconcile.kept import READ_FILE, BrokerRead, encoded, keep
from tarazu.app.reconcile.last_close import last_close
from tarazu.app.reconcile.told import checks_of
from tarazu.app.verdict import Check, Exit, Status
from tarazu.model import ist
from tarazu.model.ids import InstrumentToken, TradingSymbol
from tarazu.model.instrument import Instrument
from tarazu.model.order import Product
from tarazu.model.units import HOUR_NS
from tarazu.ops.reconcile import reconcile
from tarazu.portfolio.breaks import BrokerPosition
from tarazu.runtime.desk_record import DeskKind, append
from tarazu.wire.kite_books import OrderBook
from tarazu.wire.kite_instruments import encode_csv
from tarazu.wire.kite_money import PositionRow, PositionsData

THURSDAY, FRIDAY, SATURDAY, MONDAY = (date(2026, 11, day) for day in (19, 20, 21, 23))
TUESDAY, WEDNESDAY = date(2026, 11, 24), date(2026, 11, 25)
"""Tuesday is a holiday (rules of 2026)."""
MONDAY_NS = ist.midnight_ns(MONDAY) + 16 * HOUR_NS
DECEMBER = date(2026, 12, 29)


def listed(number: int, symbol: str, expiry: date) -> Instrument:
    token = InstrumentToken((2000 + number) << 8 | 2)
    return msgspec.structs.replace(
        NIFTY_CALL, instrument_token=token, tradingsymbol=TradingSymbol(symbol), expiry=expiry
    )


CALL, PUT = listed(1, "NIFTY26DEC26000CE", DECEMBER), listed(2, "NIFTY26DEC25000PE", DECEMBER)
OF_FRIDAY, OF_MONDAY = listed(3, "NIFTY26N2026000CE", FRIDAY), listed(4, "NIFTY26N2326000CE", MONDAY)
NONE = Read[Any](started_ns=0, ended_ns=0, failure=Failure(Why.NOT_ASKED, "not asked for"))
FLAT = PositionRow(**{field.name: field.type() for field in msgspec.structs.fields(PositionRow)})


def row(text: str, *, overnight: bool) -> PositionRow:
    """`+75 NFO:NIFTY26DEC26000CE NRML`; `overnight`: carried in, else bought that day."""
    qty, key, product = text.split()
    exchange, _, symbol = key.partition(":")
    return msgspec.structs.replace(
        FLAT,
        exchange=exchange,
        tradingsymbol=symbol,
        product=product,
        quantity=int(qty),
        overnight_quantity=int(qty) if overnight else 0,
    )


def account(rows: list[PositionRow]) -> AccountRead:
    positions = Read(started_ns=0, ended_ns=0, value=PositionsData(net=rows, day=[]))
    orders = Read(started_ns=0, ended_ns=0, value=OrderBook(rows=[], odd=[]))
    return AccountRead(positions=positions, orders=orders, trades=Read(started_ns=0, ended_ns=0, value=[]), funds=NONE)


def encoded_at(hour: int, day: date = MONDAY, books: AccountRead | None = None) -> bytes:
    """The broker's answers of that hour, as they are kept."""
    asked_ns = ist.midnight_ns(day) + hour * HOUR_NS
    read = BrokerRead(
        day=day.isoformat(), profile="sim", as_of_ns=asked_ns, account=books or account([]), charges=NOT_ASKED
    )
    return encoded(read)


class Nights:
    """A desk whose reconciliations are kept by the product's own code."""

    def __init__(self, home: Home) -> None:
        self.home = home
        home.make()
        self.master(FRIDAY, CALL, PUT, OF_FRIDAY, OF_MONDAY)
        self.master(MONDAY, CALL, PUT, OF_MONDAY)

    def master(self, day: date, *instruments: Instrument) -> None:
        csv = encode_csv((one, 100) for one in instruments)
        MasterStore(self.home.masters).keep(day, csv, ist.midnight_ns(day), rows=len(instruments), source="test")

    def closed(self, *held: str, day: date = FRIDAY, hour: int = 16, positions: Any = None) -> "Nights":
        """That day was reconciled at that hour, when the broker held this."""
        asked_ns = ist.midnight_ns(day) + hour * HOUR_NS
        books = account([row(text, overnight=False) for text in held])
        books = books if positions is None else msgspec.structs.replace(books, positions=positions)
        result = Reconciliation(day=day.isoformat(), profile="sim", as_of_ns=asked_ns, standing=Standing())
        answers = encoded_at(hour, day, books)
        keep(self.home, day, result, answers, verdict="RECONCILED", exit_code=0, who="t", now_ns=asked_ns)
        return self

    def morning(self, *held: str, day: date = MONDAY) -> Reconciliation:
        """Nothing is journalled of the day: its opening is what the broker says was carried in."""
        return reconcile_day(self.home, day, account([row(text, overnight=True) for text in held]))


@pytest.fixture
def nights(tmp_path: Path) -> Nights:
    return Nights(Home(Profile.SIM, tmp_path / "sim"))


def told(result: Reconciliation) -> list[str]:
    """`KEY PRODUCT ours -> broker`, without the exchange and the year."""
    breaks = [found for found in result.breaks if found.against is Against.CARRIED]
    assert all((b.kind, b.unit) == ("CARRIED", "units") for b in breaks)
    return [f"{b.key} {b.product} {b.ours} -> {b.broker}" for b in breaks]


def leg(result: Reconciliation) -> Compared:
    (found,) = (leg for leg in result.compared if leg.against is Against.CARRIED)
    return found


def check(result: Reconciliation) -> Check:
    (found,) = (check for check in checks_of(result) if check.id == "reconcile.carried")
    return found


HELD = ("+150 NFO:NIFTY26DEC26000CE NRML", "-75 NFO:NIFTY26DEC25000PE NRML")


def test_an_untouched_night_has_no_break_and_names_the_close_it_was_compared_with(nights: Nights) -> None:
    result = nights.closed(*HELD).morning(*HELD)
    assert told(result) == [] and check(result).status is Status.OK
    assert (leg(result).ours, leg(result).broker, leg(result).since) == (2, 2, "2026-11-20")
    assert not leg(result).unknown and not leg(result).skipped


NIGHTS = [
    (["+225 NFO:NIFTY26DEC26000CE NRML", HELD[1]], ["NFO:NIFTY26DEC26000CE NRML 150 -> 225"]),
    (["+75 NFO:NIFTY26DEC26000CE NRML", HELD[1]], ["NFO:NIFTY26DEC26000CE NRML 150 -> 75"]),
    ([HELD[1]], ["NFO:NIFTY26DEC26000CE NRML 150 -> 0"]),
    ([HELD[0], "+75 NFO:NIFTY26DEC25000PE NRML"], ["NFO:NIFTY26DEC25000PE NRML -75 -> 75"]),
    ([*HELD, "+75 NFO:BANKNIFTY26DECFUT NRML"], ["NFO:BANKNIFTY26DECFUT NRML 0 -> 75"]),
    (
        ["+150 NFO:NIFTY26DEC26000CE MIS", HELD[1]],
        ["NFO:NIFTY26DEC26000CE MIS 0 -> 150", "NFO:NIFTY26DEC26000CE NRML 150 -> 0"],
    ),
    ([], ["NFO:NIFTY26DEC25000PE NRML -75 -> 0", "NFO:NIFTY26DEC26000CE NRML 150 -> 0"]),
]


@pytest.mark.parametrize(
    ("held", "breaks"), NIGHTS, ids=["more", "less", "gone", "turned", "appeared", "other-product", "all-gone"]
)
@pytest.mark.control("C31")
def test_each_thing_that_the_night_changed_is_one_typed_break_of_money(
    nights: Nights, held: list[str], breaks: list[str]
) -> None:
    result = nights.closed(*HELD).morning(*held)
    assert told(result) == breaks
    assert all(found.money for found in result.breaks if found.against is Against.CARRIED)
    assert (check(result).status, check(result).code) == (Status.CRIT, "BREAKS")
    assert "since the close of 2026-11-20, 3 days before" in check(result).detail


def test_a_contract_that_has_expired_is_settled_and_expects_nothing(nights: Nights) -> None:
    expired = "+75 NFO:NIFTY26N2026000CE NRML"
    assert told(nights.closed(*HELD, expired).morning(*HELD)) == []


def test_an_expired_contract_that_is_still_there_is_a_break(nights: Nights) -> None:
    expired = "+75 NFO:NIFTY26N2026000CE NRML"
    result = nights.closed(*HELD, expired).morning(*HELD, expired)
    assert told(result) == ["NFO:NIFTY26N2026000CE NRML 0 -> 75"]
    (found,) = result.breaks[:1] if result.breaks[0].against is Against.CARRIED else result.breaks[-1:]
    assert "it expired on 2026-11-20" in found.detail


def test_what_expires_today_is_carried_into_today(nights: Nights) -> None:
    todays = "+75 NFO:NIFTY26N2326000CE NRML"
    assert told(nights.closed(todays).morning(todays)) == []
    assert told(nights.morning()) == ["NFO:NIFTY26N2326000CE NRML 75 -> 0"]


def test_a_contract_of_which_nobody_knows_the_expiry_is_not_known_to_be_lost(nights: Nights) -> None:
    nameless = "+75 NFO:NIFTY26DEC99000CE NRML"
    result = nights.closed(nameless, *HELD).morning(HELD[0])
    assert told(result) == ["NFO:NIFTY26DEC25000PE NRML -75 -> 0"], "the others are compared"
    assert "NFO:NIFTY26DEC99000CE" in leg(result).unknown and "expire" in leg(result).unknown
    there = nights.morning(nameless, *HELD)
    assert told(there) == [] and leg(there).unknown == "", "it is as it was"
    more = nights.morning("+150 NFO:NIFTY26DEC99000CE NRML", *HELD)
    assert told(more) == ["NFO:NIFTY26DEC99000CE NRML 75 -> 150"], "that is none, expired or not"


def test_intraday_units_expect_nothing_and_shares_and_other_segments_are_not_compared(nights: Nights) -> None:
    nights.closed(
        "+75 NFO:NIFTY26DEC26000CE MIS", "+10 NSE:INFY CNC", "+5 NSE:SBIN MTF", "+100 MCX:CRUDEOIL26DECFUT NRML"
    )
    assert told(nights.morning()) == []
    assert told(nights.morning("+10 NSE:INFY CNC", "+1 MCX:GOLD26DECFUT NRML")) == []
    assert told(nights.morning("+75 NFO:NIFTY26DEC26000CE MIS")) == ["NFO:NIFTY26DEC26000CE MIS 0 -> 75"]


# Which close.


def test_a_desk_without_an_earlier_day_says_so_and_is_fine(nights: Nights) -> None:
    result = nights.morning(*HELD)
    assert told(result) == [] and check(result).status is Status.SKIP
    assert "no earlier day" in leg(result).skipped
    later = nights.closed(*HELD, day=WEDNESDAY).morning(*HELD)
    assert "no earlier day" in leg(later).skipped, "a day that comes after it is none before"


def test_days_on_which_the_desk_did_not_run_are_counted_and_a_difference_is_still_a_break(nights: Nights) -> None:
    nights.closed(*HELD, day=THURSDAY)
    result = nights.morning(HELD[0], day=WEDNESDAY)
    assert told(result) == ["NFO:NIFTY26DEC25000PE NRML -75 -> 0"]
    assert leg(result).since == "2026-11-19" and "since the close of 2026-11-19, 6 days before" in check(result).detail


def test_the_latest_close_before_the_day_counts(nights: Nights) -> None:
    nights.closed("+75 NFO:NIFTY26DEC26000CE NRML", day=THURSDAY).closed(*HELD).closed(day=WEDNESDAY)
    nights.closed("+75 NFO:NIFTY26DEC26000CE NRML", day=THURSDAY)  # once more, later
    assert told(nights.morning(*HELD)) == [] and leg(nights.morning(*HELD)).since == "2026-11-20"


@pytest.mark.parametrize("how", ["altered", "gone"])
def test_a_closing_book_that_is_not_what_the_record_says_is_unknown_and_never_agreement(
    nights: Nights, how: str
) -> None:
    path = close_folder(nights.closed(*HELD).home, FRIDAY) / READ_FILE
    if how == "altered":
        path.write_bytes(path.read_bytes().replace(b'"quantity":150', b'"quantity":225'))
    else:
        path.unlink()
    for held in (HELD, ("+225 NFO:NIFTY26DEC26000CE NRML", HELD[1])):
        result = nights.morning(*held)
        assert told(result) == [] and str(path) in leg(result).unknown
        assert (check(result).status, check(result).code) == (Status.UNKNOWN, "NOT_COMPARED")


def test_a_book_that_was_asked_before_its_market_closed_is_no_closing_book(nights: Nights) -> None:
    result = nights.closed(*HELD, hour=11).morning()
    assert told(result) == [] and "before its close" in leg(result).unproven
    assert (check(result).status, check(result).code) == (Status.WARN, "NO_CLOSING_BOOK")


def test_a_close_without_the_brokers_positions_is_no_closing_book(nights: Nights) -> None:
    silent = Read[Any](started_ns=0, ended_ns=0, failure=Failure(Why.THROTTLED, "too often"))
    result = nights.closed(positions=silent).morning(*HELD)
    assert told(result) == [] and "too often" in leg(result).unproven
    assert check(result).code == "NO_CLOSING_BOOK"


def test_a_traded_day_that_was_never_reconciled_leaves_nothing_to_compare_with_and_that_is_told(
    nights: Nights,
) -> None:
    nights.closed(*HELD, day=THURSDAY)
    with JournalledDesk(nights.home, day=FRIDAY) as desk:
        desk.start()
    result = nights.morning()
    assert told(result) == [] and "2026-11-20" in leg(result).unproven
    assert (check(result).status, check(result).code) == (Status.WARN, "NO_CLOSING_BOOK")


def test_a_process_that_ran_through_a_weekend_makes_no_trading_day_of_it(nights: Nights) -> None:
    nights.closed(*HELD)
    with JournalledDesk(nights.home, day=SATURDAY) as desk:
        desk.start()
    assert told(nights.morning()) != [] and leg(nights.morning(*HELD)).unproven == ""


# Which opening.


def test_the_opening_is_what_the_journals_first_read_told_whatever_the_broker_tells_later(nights: Nights) -> None:
    nights.closed(*HELD[:1])
    with JournalledDesk(nights.home, instruments=(CALL,), day=MONDAY) as desk:
        desk.positions = [BrokerPosition(key=CALL.key, product=Product.NRML, qty=75, overnight_qty=75)]
        desk.ready()
        desk.positions = [BrokerPosition(key=CALL.key, product=Product.NRML, qty=150, overnight_qty=150)]
        desk.second(40)
        desk.reads()
    assert told(nights.morning(*HELD[:1])) == ["NFO:NIFTY26DEC26000CE NRML 150 -> 75"]


def test_units_that_were_bought_today_are_not_carried_in(nights: Nights) -> None:
    today = account([row("+75 NFO:NIFTY26DEC26000CE NRML", overnight=False)])
    assert told(reconcile_day(nights.closed().home, MONDAY, today)) == []


def test_an_opening_that_nobody_was_told_is_unknown(nights: Nights) -> None:
    silent = Read[Any](started_ns=0, ended_ns=0, failure=Failure(Why.UNREACHABLE, "no answer in time"))
    books = msgspec.structs.replace(account([]), positions=silent)
    result = reconcile_day(nights.closed(*HELD).home, MONDAY, books)
    assert told(result) == [] and "no answer in time" in leg(result).unknown


# What a person accepts, and what the command says.


def hash_of(found: Check) -> str:
    return found.hint.partition("--accept-book ")[2].split()[0]


def test_a_difference_that_a_person_accepted_today_by_its_hash_is_told_and_no_money(nights: Nights) -> None:
    found = check(nights.closed(*HELD).morning(HELD[0]))
    now_ns = ist.midnight_ns(MONDAY) + 9 * HOUR_NS
    accept(nights.home, now_ns, f"difference {'0' * 8}: another", "looked", who="asha")
    accept(nights.home, now_ns - 30 * HOUR_NS, f"difference {hash_of(found)}: ...", "on Saturday", who="asha")
    assert check(nights.morning(HELD[0])).code == "BREAKS"
    accept(nights.home, now_ns, f"difference {hash_of(found)}: broker ...", "sold by hand at 15:39", who="asha")
    result = nights.morning(HELD[0])
    assert told(result) == ["NFO:NIFTY26DEC25000PE NRML -75 -> 0"]
    assert [b.money for b in result.breaks if b.against is Against.CARRIED] == [False]
    assert (check(result).status, check(result).code) == (Status.WARN, "BOOK_ACCEPTED")
    assert "accepted by asha: sold by hand at 15:39" in check(result).detail
    assert check(nights.morning()).code == "BREAKS", "another difference"


def test_the_command_ends_with_2_tells_both_books_and_opens_one_incident(nights: Nights) -> None:
    nights.closed(*HELD).closed(day=MONDAY)
    verdict = reconcile(nights.home, MONDAY, True, "tester")
    assert (verdict.word, verdict.exit_code) == ("BREAKS", Exit.CRIT)
    text = verdict.text()
    assert "CARRIED in carried, NFO:NIFTY26DEC26000CE NRML: ours 150 units, broker 0 units" in text
    assert "since the close of 2026-11-20, 3 days before" in text and "tarazu ready --accept-book " in text
    breaks = msgspec.json.decode(verdict.json())["reconciliation"]["breaks"]
    assert [(b["kind"], b["key"], b["ours"], b["broker"]) for b in breaks if b["against"] == "carried"] == [
        ("CARRIED", "NFO:NIFTY26DEC25000PE", -75, 0),
        ("CARRIED", "NFO:NIFTY26DEC26000CE", 150, 0),
    ]
    assert len(incidents(nights.home)) == 1


def test_what_a_day_was_based_on_does_not_need_the_day_itself_to_have_passed(nights: Nights) -> None:
    """Else one altered file would leave every later day unknown."""
    path = close_folder(nights.closed(*HELD).home, FRIDAY) / READ_FILE
    path.unlink()
    nights.closed(*HELD, day=MONDAY)
    assert reconcile(nights.home, MONDAY, True, "tester").exit_code == Exit.UNKNOWN
    assert leg(nights.morning(*HELD, day=WEDNESDAY)).since == "2026-11-23"


def test_a_close_that_is_not_to_be_had_keeps_no_answers_of_today_from_being_kept(nights: Nights) -> None:
    (close_folder(nights.closed(*HELD).home, FRIDAY) / READ_FILE).unlink()
    unknown = nights.morning(*HELD)
    only = [leg for leg in unknown.compared if leg.against is Against.CARRIED]
    result = msgspec.structs.replace(unknown, compared=tuple(only))
    early, later = encoded_at(11), encoded_at(16)
    for answers in (early, later):
        keep(nights.home, MONDAY, result, answers, verdict="UNKNOWN", exit_code=3, who="t", now_ns=MONDAY_NS)
    assert result.unknown and (close_folder(nights.home, MONDAY) / READ_FILE).read_bytes() == later


def test_a_record_that_says_nothing_of_reconciling_has_no_last_close(nights: Nights) -> None:
    append(nights.home.desk, DeskKind.AUDITED, {"day": "2026-11-20"}, who="t", now_ns=ist.midnight_ns(FRIDAY))
    assert last_close(nights.home, MONDAY).day is None


def test_an_accepted_night_with_a_place_of_which_nobody_knows_the_expiry_is_still_unknown(nights: Nights) -> None:
    nameless = "+75 NFO:NIFTY26DEC99000CE NRML"
    found = check(nights.closed(nameless, *HELD).morning(HELD[0]))
    assert (found.status, found.code) == (Status.CRIT, "BREAKS")
    assert "NFO:NIFTY26DEC99000CE" in found.detail, "the break does not hide it"
    now_ns = ist.midnight_ns(MONDAY) + 9 * HOUR_NS
    accept(nights.home, now_ns, f"difference {hash_of(found)}: broker ...", "sold by hand", who="asha")
    after = check(nights.morning(HELD[0]))
    assert (after.status, after.code) == (Status.UNKNOWN, "NOT_COMPARED")
    assert "NFO:NIFTY26DEC99000CE" in after.detail and "accepted by asha: sold by hand" in after.detail


def test_a_closing_book_that_cannot_be_read_is_unknown_and_does_not_stop_the_other_books(nights: Nights) -> None:
    path = close_folder(nights.closed(*HELD).home, FRIDAY) / READ_FILE
    path.unlink()
    path.mkdir()
    result = nights.morning(*HELD)
    assert str(path) in leg(result).unknown
    assert (check(result).status, check(result).code) == (Status.UNKNOWN, "NOT_COMPARED")


@pytest.mark.parametrize("odd", ["", "2026-11-22x", "2026-11-200", "20261121", None])
def test_a_record_that_names_an_odd_day_is_passed_over(nights: Nights, odd: object) -> None:
    nights.closed(*HELD)
    append(nights.home.desk, DeskKind.RECONCILED, {"day": odd}, who="t", now_ns=ist.midnight_ns(MONDAY))
    assert last_close(nights.home, MONDAY).day == FRIDAY


def test_what_was_reconciled_of_a_day_without_a_market_is_no_last_close(nights: Nights) -> None:
    nights.closed(*HELD).closed(day=SATURDAY)
    result = nights.morning(*HELD)
    assert told(result) == [] and leg(result).since == "2026-11-20"
    nights.closed(*HELD, day=MONDAY).closed(day=TUESDAY)
    assert leg(nights.morning(*HELD, day=WEDNESDAY)).since == "2026-11-23", "a holiday"


@pytest.mark.parametrize("day", [SATURDAY, TUESDAY])
def test_into_a_day_without_a_market_nothing_is_carried(nights: Nights, day: date) -> None:
    result = nights.closed(*HELD).morning(day=day)
    assert told(result) == [] and check(result).status is Status.SKIP
    assert f"{day} has no market session" in leg(result).skipped


def test_the_hint_of_early_answers_does_not_promise_what_a_contract_note_cannot_do(nights: Nights) -> None:
    (found,) = (c for c in checks_of(nights.morning(), "the market is open") if c.code == "EARLY_ANSWERS")
    assert f"tarazu reconcile --date {MONDAY}" in found.hint and "tarazu close import-note FILE" in found.hint
    assert "stays UNKNOWN" in found.hint
