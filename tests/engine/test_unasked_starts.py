"""A process that dies again and again: no new risk after two deaths in 10 min, a hard halt after four in 30."""

import msgspec

from harness.engine_desk import CONFIG, EngineDesk
from tarazu.engine import messages as m
from tarazu.engine.acts import Alert
from tarazu.engine.config import StartLimits
from tarazu.engine.phase import Phase
from tarazu.engine.starts import RESTARTS
from tarazu.orders.intent import Purpose

COUNTED = msgspec.structs.replace(CONFIG, starts=StartLimits())
MINUTE = 60.0


def dies(of: "Dying", after_s: float = 1.0) -> None:
    """And is started again by its supervisor, `after_s` later."""
    of.now_ns += round(after_s * 1e9)
    of.wall_ns += round(after_s * 1e9)
    of.ready_again()


def phase(of: EngineDesk) -> tuple[Phase, str]:
    return of.engine.state.phase, of.engine.state.phase_why


def told(of: EngineDesk) -> list[str]:
    return [act.text for step in of.steps for act in step.acts if isinstance(act, Alert) and act.code == RESTARTS]


class Dying(EngineDesk):
    def ready_again(self) -> None:
        """As `ready`, in whatever phase it ends."""
        self.start()
        self.tell(m.FeedMoved(feed="options", fresh=True, required=True))
        self.second()
        self.reads()
        self.second()


def dying() -> Dying:
    made = Dying(COUNTED)
    made.ready()
    return made


def test_one_death_costs_no_more_than_the_reconciliation() -> None:
    of = dying()
    dies(of)
    assert phase(of) == (Phase.ACTIVE, "") and told(of) == []


def test_two_deaths_in_ten_minutes_keep_entries_off_until_a_person_says_so() -> None:
    of = dying()
    dies(of)
    dies(of, 9 * MINUTE)
    assert phase(of)[0] is Phase.REDUCE_ONLY and "started 2 times within 10 min" in phase(of)[1]
    assert len(told(of)) == 1
    of.second(3_600)
    of.reads()
    assert "started 2 times" in phase(of)[1], "no time ends it"
    of.tell(m.Commanded(order=m.Order.ENTRIES_ON, who="asha", why="a bad disk, replaced"))
    assert phase(of)[0] is Phase.ACTIVE


def test_two_deaths_further_apart_than_ten_minutes_do_not() -> None:
    of = dying()
    dies(of)
    dies(of, 11 * MINUTE)
    assert phase(of) == (Phase.ACTIVE, "")


def test_a_person_who_says_go_on_is_not_asked_again_for_the_same_deaths() -> None:
    of = dying()
    dies(of)
    dies(of)
    of.tell(m.Commanded(order=m.Order.ENTRIES_ON, who="asha", why="seen"), 1)
    dies(of)
    assert phase(of)[0] is Phase.ACTIVE, "one death since then"
    dies(of)
    assert phase(of)[0] is Phase.HALTED, "and four in all"


def test_four_deaths_in_half_an_hour_halt_until_a_person_has_looked() -> None:
    of = dying()
    for _ in range(3):
        dies(of, 9.9 * MINUTE)
    assert phase(of)[0] is Phase.REDUCE_ONLY
    dies(of, 9.9 * MINUTE)
    assert phase(of)[0] is Phase.HALTED and "RESTARTS: main was started 4 times within 30 min" in phase(of)[1]
    reset = m.Commanded(order=m.Order.RESET_HALT, who="asha", why="a bad disk", incident="INC-1")
    of.tell(reset, 1)
    of.second()
    of.reads()
    assert phase(of)[0] is Phase.REDUCE_ONLY, "the softer one was another's to end"
    of.tell(m.Commanded(order=m.Order.ENTRIES_ON, who="asha", why="a bad disk"), 1)
    assert phase(of)[0] is Phase.ACTIVE
    dies(of)
    assert phase(of)[0] is Phase.ACTIVE, "the count has begun anew"


def test_a_start_that_was_asked_for_counts_for_nothing() -> None:
    of = dying()
    for _ in range(6):
        of.tell(m.Stopping(), 1)
        dies(of)
    assert phase(of) == (Phase.ACTIVE, "") and of.engine.state.unasked == []


def test_what_a_person_has_switched_off_keeps_their_reason_and_they_are_told_of_the_deaths() -> None:
    of = dying()
    of.tell(m.Commanded(order=m.Order.ENTRIES_OFF, who="asha", why="lunch"))
    dies(of)
    dies(of)
    assert of.engine.state.entries_off == "asha: lunch"
    assert ["started 2 times within 10 min" in text for text in told(of)] == [True]


def test_where_nobody_counts_nothing_is_counted() -> None:
    of = Dying(CONFIG)
    of.ready()
    for _ in range(6):
        dies(of)
    assert phase(of) == (Phase.ACTIVE, "")


def test_a_main_that_died_leaves_no_entry_working() -> None:
    of = dying()
    of.want()
    of.placed("1")
    of.start()
    assert [one.cancellation.order_id for one in of.cancelled] == ["1"], "at once, before any read of the broker"


def test_its_protective_stops_go_on_protecting() -> None:
    of = dying()
    of.want()
    of.placed("1")
    of.filled("1", 75)
    of.second()
    stop = of.order(of.placed("2")).intent
    assert stop is not None and stop.purpose is Purpose.STOP
    dies(of)
    assert not of.cancelled


def test_an_entry_without_an_answer_when_main_died_is_cancelled_when_it_is_found() -> None:
    of = dying()
    of.want()
    of.start()
    assert not of.cancelled, "nobody knows it at the broker yet"
    lost = of.sent[-1].order
    facts = {"tag": lost.tag, "side": lost.side, "qty": lost.qty, "key": f"{lost.exchange}:{lost.tradingsymbol}"}
    of.row("9", "WORKING", price_paise=lost.price_paise, **facts)
    of.second()
    of.reads()
    assert [one.cancellation.order_id for one in of.cancelled] == ["9"]


def test_entries_of_a_main_that_was_stopped_by_a_person_are_adopted() -> None:
    of = dying()
    of.want()
    of.placed("1")
    of.tell(m.Stopping(), 1)
    of.start()
    of.reads()
    assert not of.cancelled
