"""The steps of a close as the desk's record has them: in turn, on what they stood, and when the day is closed."""

from datetime import date

import msgspec
import pytest

from harness.closing_desk import FOUR_NS, Step
from harness.market_day import KEY, LOT, MarketDay
from harness.order_story import DAY
from tarazu.app.closing.standing import NOTHING_JOURNALLED, Standing, moved_since, standing_of
from tarazu.app.closing.steps import ORDER, done, out_of_order, record_step, rows, step_done
from tarazu.app.flags.store import known_good
from tarazu.app.home import Home
from tarazu.app.verdict import Exit
from tarazu.engine import messages as m
from tarazu.model.ids import BrokerOrderId, InstrumentToken
from tarazu.model.order import OrdType, Product, Side
from tarazu.orders.report import OrderReport, Word
from tarazu.runtime.desk_record import DeskKind, append
from tarazu.runtime.journal_files import day_folder, segment_path
from tarazu.runtime.journal_reader import JournalReader

TUESDAY = date(2026, 11, 24)


def wrongs(home: Home, day: date = DAY) -> dict[DeskKind, str]:
    return {row.kind: row.wrong for row in rows(home, day) if row.wrong}


def test_a_day_is_closed_when_all_five_have_passed_in_turn(traded: Home, step: Step) -> None:
    for kind in ORDER:
        assert step_done(traded, DAY, DeskKind.CLOSED) is None
        assert out_of_order(traded, DAY, kind) is None
        step(traded, kind, Exit.WARN if kind is DeskKind.BACKED_UP else Exit.OK)
    closed = step_done(traded, DAY, DeskKind.CLOSED)
    assert closed is not None and closed.body == {"day": "2026-11-23", "flags": 0}
    found = known_good(traded.flags)
    assert found is not None and found.version == 0, "the flags of a closed day are what a rollback goes back to"


def test_a_step_says_what_is_missing_before_it(traded: Home, step: Step) -> None:
    step(traded, DeskKind.RECONCILED)
    check = out_of_order(traded, DAY, DeskKind.EXPORTED)
    assert check is not None and check.code == "OUT_OF_ORDER"
    assert check.detail == "audit daily not done; dr backup not done"
    assert check.hint == "tarazu audit daily --date 2026-11-23"


def test_a_failed_step_closes_nothing_until_it_was_done_again_and_those_after_it(traded: Home, step: Step) -> None:
    for kind in ORDER:
        step(traded, kind, Exit.CRIT if kind is DeskKind.AUDITED else Exit.OK)
    assert step_done(traded, DAY, DeskKind.CLOSED) is None
    assert wrongs(traded) == {DeskKind.AUDITED: "CRIT, exit 2"}
    step(traded, DeskKind.AUDITED)
    assert wrongs(traded) == {DeskKind.BACKED_UP: "done before audit daily was"}
    for kind in (DeskKind.BACKED_UP, DeskKind.EXPORTED, DeskKind.ROLLED_UP):
        step(traded, kind)
    assert not wrongs(traded) and step_done(traded, DAY, DeskKind.CLOSED) is not None


@pytest.mark.parametrize("exit_code", [Exit.UNKNOWN, Exit.REFUSED, Exit.PARTIAL])
def test_not_knowing_is_not_passing(traded: Home, step: Step, exit_code: Exit) -> None:
    for kind in ORDER:
        step(traded, kind, exit_code if kind is DeskKind.RECONCILED else Exit.OK)
    assert list(wrongs(traded)) == [DeskKind.RECONCILED] and step_done(traded, DAY, DeskKind.CLOSED) is None


def test_each_day_has_its_own_close(traded: Home, step: Step) -> None:
    for kind in ORDER:
        step(traded, kind)
    assert step_done(traded, TUESDAY, DeskKind.CLOSED) is None and len(wrongs(traded, TUESDAY)) == len(ORDER)


def test_a_step_is_found_whatever_day_it_was_done_on(traded: Home, step: Step) -> None:
    step(traded, DeskKind.RECONCILED, now_ns=FOUR_NS + 7 * 86_400 * 10**9)
    entry = step_done(traded, DAY, DeskKind.RECONCILED)
    assert entry is not None and done(entry).passed


def test_a_body_without_its_verdict_is_refused_and_one_that_does_not_read_has_not_passed(traded: Home) -> None:
    with pytest.raises(msgspec.ValidationError):
        record_step(traded, DeskKind.EXPORTED, DAY, {"exit": 0}, "me", FOUR_NS)
    assert step_done(traded, DAY, DeskKind.EXPORTED) is None
    append(traded.desk, DeskKind.EXPORTED, {"day": str(DAY), "exit": 0}, who="another", now_ns=FOUR_NS)
    entry = step_done(traded, DAY, DeskKind.EXPORTED)
    assert entry is not None and not done(entry).passed


# What a step stood on.


def test_seconds_after_the_close_change_nothing_and_an_order_does(traded: Home, step: Step) -> None:
    before = standing_of(traded, DAY)
    for kind in ORDER:
        step(traded, kind)
    with MarketDay(traded) as desk:
        desk.tell(m.Ticked(skewed=False), 1)
        desk.log.close()
    assert standing_of(traded, DAY).entries == before.entries + 1
    assert moved_since(traded, DAY, before) == "" and not wrongs(traded)
    with MarketDay(traded) as desk:
        desk.tell(m.Commanded(order=m.Order.ENTRIES_OFF, who="me", why="test"), 1)
        desk.log.close()
    assert moved_since(traded, DAY, before) == f"Commanded was journalled since, entry {before.entries + 2}"
    assert len(wrongs(traded)) == len(ORDER), "all of it is done again"


def test_a_row_that_nobody_knew_is_news_of_an_order_and_the_same_row_read_again_is_none(traded: Home) -> None:
    row = OrderReport(
        order_id=BrokerOrderId("99"),
        key=KEY,
        instrument_token=InstrumentToken(1),
        side=Side.BUY,
        product=Product.NRML,
        order_type=OrdType.LIMIT,
        qty=LOT,
        price_paise=100,
        filled_qty=LOT,
        average_paise=100,
        word=Word.FILLED,
        ts_event_ns=1,
    )
    before = standing_of(traded, DAY)
    with MarketDay(traded) as desk:
        for _ in range(2):
            rows_ns = desk.engine.state.broker.rows_ns
            desk.tell(m.OrdersRead(started_ns=desk.now_ns, reports=(row,), base_ns=rows_ns), 1)
        desk.log.close()
    assert moved_since(traded, DAY, before) == f"news of an order was journalled since, entry {before.entries + 1}"
    head = list(JournalReader(day_folder(traded.journal, DAY)).ready())[before.entries].hash.hex()
    assert moved_since(traded, DAY, Standing(entries=before.entries + 1, head=head)) == ""


def test_another_journal_of_the_same_length_is_not_what_it_stood_on(traded: Home) -> None:
    now = standing_of(traded, DAY)
    assert moved_since(traded, DAY, now) == ""
    other = msgspec.structs.replace(now, head="00" * 32)
    assert moved_since(traded, DAY, other) == f"entry {now.entries} of the journal is another than it was"
    longer = msgspec.structs.replace(now, entries=now.entries + 1)
    assert moved_since(traded, DAY, longer) == f"the journal had {longer.entries} entries and has {now.entries}"


def test_a_day_without_a_journal_stands_on_nothing_until_there_is_one(traded: Home) -> None:
    assert standing_of(traded, TUESDAY) == NOTHING_JOURNALLED == Standing()
    assert moved_since(traded, TUESDAY, NOTHING_JOURNALLED) == ""
    assert "was journalled since" in moved_since(traded, DAY, NOTHING_JOURNALLED)


def test_a_damaged_journal_is_told_with_what_stands_on_it(traded: Home) -> None:
    path = segment_path(day_folder(traded.journal, DAY), 1)
    raw = bytearray(path.read_bytes())
    raw[4_000] ^= 0xFF
    path.write_bytes(raw)
    found = standing_of(traded, DAY)
    assert found.fault.startswith("CORRUPT at segment 1") and 0 < found.entries < 94
