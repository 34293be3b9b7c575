"""The shell: stamp, process, journal, and only then perform."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from harness.engine_desk import BUY, CONFIG, NIFTY_CALL, PaperQuotes, touch
from harness.order_story import DAY, KEY, NINE_ON_MONDAY_NS
from tarazu import reference
from tarazu.engine import codec
from tarazu.engine import messages as m
from tarazu.engine.acts import BeginExit, Step
from tarazu.engine.messages import Stamped
from tarazu.engine.process import Engine
from tarazu.journal.entry import Durability
from tarazu.model.order import Product
from tarazu.model.units import SECOND_NS
from tarazu.orders.client_order_id import ClientOrderId, head_bits, read_tag
from tarazu.orders.lifecycle import OrdStatus
from tarazu.ports.desk import Request
from tarazu.runtime.journal_reader import JournalReader
from tarazu.runtime.journal_writer import Journal
from tarazu.runtime.shell import EngineFailed, Shell, recover
from tarazu.strategy.wants import ExitWant

NAME = "tarazu.local/test"


class Times:
    def __init__(self) -> None:
        self.now_ns = NINE_ON_MONDAY_NS + 900 * SECOND_NS

    def steady_ns(self) -> int:
        self.now_ns += 1_000_000
        return self.now_ns

    def wall_ns(self) -> int:
        return self.now_ns


class WatchedDesk:
    """Notes, at each request, how far the journal had been made durable by then."""

    def __init__(self) -> None:
        self.journal: Journal | None = None
        self.requests: list[tuple[Request, int]] = []
        self.reads: list[m.What] = []
        self.sequences: list[int] = []

    def request(self, request: Request) -> None:
        assert self.journal is not None
        self.requests.append((request, self.journal.acknowledged))

    def read(self, what: m.What) -> None:
        self.reads.append(what)

    def told(self, sequence: int, stamped: Stamped, step: Step) -> None:
        self.sequences.append(sequence)


class Rig:
    def __init__(self, root: Path) -> None:
        self.journal = Journal.open(root, DAY, NAME)
        self.engine = engine()
        self.desk, self.times = WatchedDesk(), Times()
        self.desk.journal = self.journal
        self.shell = Shell(self.engine, self.journal, self.desk, self.times)

    def start(self) -> None:
        epoch = self.journal.epoch
        session = reference.calendar().session(DAY)
        started = m.Started(day=DAY.isoformat(), epoch=epoch, profile="sim", build="t", config=CONFIG, session=session)
        self.shell.take(started)
        self.shell.take(m.BandsRead(bands=(m.Band(key=KEY, low_paise=5, high_paise=10_000_000),)))
        self.shell.take(m.FeedMoved(feed="options", fresh=True, required=True))
        self.shell.take(m.Ticked())
        now_ns = self.times.now_ns
        self.shell.take(m.OrdersRead(started_ns=now_ns, reports=()))
        self.shell.take(m.TradesRead(started_ns=now_ns, fills=()))
        self.shell.take(m.PositionsRead(started_ns=now_ns, positions=()))
        self.shell.take(m.MarginsRead(started_ns=now_ns, available_paise=10**12, used_paise=0))
        self.times.now_ns += 2 * SECOND_NS  # the first second after a start is silent


def engine() -> Engine:
    quotes = PaperQuotes((KEY,))
    quotes.touches[NIFTY_CALL.underlying] = touch(None, None, NIFTY_CALL.strike_paise)
    return Engine({KEY: NIFTY_CALL}, reference.charge_rates(), quotes)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    made = Rig(tmp_path / "journal")
    yield made
    made.journal.close()


def test_an_order_that_the_next_start_could_not_read_is_not_sent(rig: Rig) -> None:
    rig.start()
    odd: Any = 9_950.0
    with pytest.raises(EngineFailed, match=r"BadPayload.*price_paise"):
        rig.shell.take(m.Wanted(want=msgspec.structs.replace(BUY, price_paise=odd)))
    assert rig.desk.requests == []
    last = list(JournalReader(rig.journal.folder).ready())[-1]
    assert last.kind == codec.FAILED and isinstance(codec.decode(last.kind, last.payload), codec.Failure)


def test_an_order_is_on_the_disk_before_it_is_sent_and_its_tag_carries_the_head_of_the_journal(rig: Rig) -> None:
    rig.start()
    head = rig.journal.head
    rig.shell.take(m.Wanted(want=BUY))
    ((request, acknowledged),) = rig.desk.requests
    assert acknowledged == rig.desk.sequences[-1] == head.sequence + 1
    name = read_tag(request.ref)
    assert isinstance(name, ClientOrderId) and name.head == head_bits(head.hash)


def test_reads_are_asked_for_and_every_step_is_told_with_its_place_in_the_journal(rig: Rig) -> None:
    rig.start()
    assert rig.desk.reads[:3] == [m.What.ORDERS, m.What.TRADES, m.What.POSITIONS]
    assert rig.desk.sequences == list(range(1, 9))


def test_another_process_recovers_the_same_state_and_sends_nothing_again(rig: Rig, tmp_path: Path) -> None:
    rig.start()
    rig.shell.take(m.Wanted(want=BUY))
    digest, tag = rig.engine.state.digest(), rig.desk.requests[0][0].ref
    rig.journal.close()
    again = Rig(tmp_path / "journal")
    last_ns = recover(again.engine, JournalReader(again.journal.folder).ready())
    assert again.engine.state.digest() == digest and last_ns == rig.times.now_ns
    again.times.now_ns = last_ns
    again.start()
    order = again.engine.state.blotter.find(tag)
    assert order is not None and order.status is OrdStatus.UNKNOWN and not again.desk.requests
    again.journal.close()


def test_a_bug_is_written_down_with_the_message_it_met_and_nothing_is_performed(
    rig: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.start()

    def broken(*_: object) -> None:
        raise KeyError("boom")

    monkeypatch.setattr("tarazu.engine.entries.carry_out", broken)
    with pytest.raises(EngineFailed, match="Wanted: KeyError"):
        rig.shell.take(m.Wanted(want=BUY))
    assert not rig.desk.requests
    last = list(JournalReader(rig.journal.folder).ready())[-1]
    failure = codec.decode(last.kind, last.payload)
    assert isinstance(failure, codec.Failure) and failure.stamped.message == m.Wanted(want=BUY)
    assert recover(engine(), JournalReader(rig.journal.folder).ready()) == last.ts_ns


@pytest.mark.parametrize("told", [{"qty": 2**70}, {"strategy": "\udc80"}])
def test_a_step_that_cannot_be_written_down_is_a_bug_that_can(rig: Rig, told: dict[str, Any]) -> None:
    rig.start()
    want = msgspec.structs.replace(BUY, **told)
    with pytest.raises(EngineFailed, match="at Wanted: "):
        rig.shell.take(m.Wanted(want=want))
    assert not rig.desk.requests
    last = list(JournalReader(rig.journal.folder).ready())[-1]
    failure = codec.decode(last.kind, last.payload)
    assert isinstance(failure, codec.Failure) and "Error: " in failure.error
    message = failure.stamped.message
    assert isinstance(message, m.RecordTrouble) and message.text.startswith("Wanted: Wanted(want=EntryWant(")
    assert recover(engine(), JournalReader(rig.journal.folder).ready()) == last.ts_ns


def test_a_place_that_is_to_be_left_is_on_the_disk_first() -> None:
    leave = ExitWant(strategy="story", key=KEY, product=Product.NRML)
    step = Step((BeginExit(key=KEY, product=Product.NRML, strategy="story"),))
    for message in (m.Wanted(want=leave), m.MarketMoved(sequence=1)):
        assert codec.durability(Stamped(1, 1, 0, message), step) is Durability.FORCE


def test_what_must_be_on_the_disk_first_and_what_may_follow() -> None:
    stamped = Stamped(1, 1, 0, m.Ticked())
    assert codec.durability(stamped, Step()) is Durability.GROUP
    assert codec.durability(Stamped(1, 1, 0, m.Commanded(order=m.Order.HALT, who="a", why="b")), Step()) is (
        Durability.FORCE
    )
    assert set(codec.KINDS) == set(m.Message.__args__), "every message has a number"
    assert len(set(codec.NAMES)) == len(codec.KINDS) + 1
    with pytest.raises(codec.BadPayload, match="kind 2"):
        codec.decode(2, b"\xc1")
