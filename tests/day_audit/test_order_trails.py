"""Every order has its decision, gate, intent, send and outcome; each link that is missing is named by the order."""

from collections.abc import Iterator

import msgspec
import pytest

from harness.desk_stories import busy_morning
from harness.engine_desk import BUY
from harness.seen_desk import SeenDesk, changed, trail_findings, walked, without
from tarazu.app.day_audit.finding import Code
from tarazu.app.day_audit.trail.completeness import counted, joined
from tarazu.app.day_audit.walk.seen import Seen
from tarazu.app.verdict import Status
from tarazu.dst.tally import USUAL_DAY
from tarazu.dst.world import World
from tarazu.engine import codec
from tarazu.engine import messages as m
from tarazu.engine.acts import Intend, SetHalt, Step
from tarazu.engine.halts import Halt
from tarazu.journal.codec import SEGMENT_HEADER_BYTES, after, entry_at
from tarazu.journal.entry import Durability
from tarazu.model.order import Product
from tarazu.orders.messages import Filled, Moved, SendOrder
from tarazu.strategy.wants import ExitWant


@pytest.fixture(scope="module")
def entered() -> list[Seen]:
    """An entry, filled and protected, and left again."""
    desk = SeenDesk()
    desk.ready()
    desk.want(BUY)
    desk.placed("17")
    desk.filled("17")
    desk.placed("18")
    desk.tell(m.Wanted(want=ExitWant(strategy="story", key=BUY.key, product=Product.NRML, why="enough")), 1)
    desk.second()
    desk.reads()
    return desk.seen


def crits(seen, *, is_over=False) -> list[tuple[str, str]]:
    return [(one.code, one.about) for one in trail_findings(walked(seen), is_over=is_over) if one.status is Status.CRIT]


def entry_ref(seen) -> str:
    return next(act.intent.ref for one in seen for act in one.acts if isinstance(act, Intend))


def test_a_whole_trail_has_every_link(entered):
    assert crits(entered) == []
    walk = walked(entered)
    whole = counted(joined(walk.trails), is_over=False)
    assert whole.orders == 2 == whole.decision == whole.gate == whole.intent == whole.send == whole.outcome
    origins = [trail.decision for trail in walk.trails.orders.values()]
    assert origins == ["wanted from outside, as story", f"protects {entry_ref(entered)}"]


def test_an_order_that_nobody_wanted_lacks_its_decision(entered):
    def unwanted(one):
        return one._replace(message=m.Ticked()) if isinstance(one.message, m.Wanted) else None

    assert (Code.NO_DECISION, entry_ref(entered)) in [
        (f.code, f.about) for f in trail_findings(walked(changed(entered, unwanted)))
    ]


def test_an_entry_under_a_halt_did_not_pass_the_gate(entered):
    halt = SetHalt(halt=Halt(code="OPERATOR", why="lunch", since_ns=1))

    def halted(one):
        is_entry = any(isinstance(act, Intend) for act in one.acts)
        return one._replace(acts=(halt, *one.acts)) if is_entry else None

    assert (Code.NO_GATE, entry_ref(entered)) in crits(changed(entered, halted))


def test_an_entry_that_was_weighed_against_no_price_did_not_pass_the_gate(entered):
    def unweighed(one):
        acts = [msgspec.structs.replace(a, reference_paise=0) if isinstance(a, Intend) else a for a in one.acts]
        return one._replace(acts=tuple(acts)) if list(one.acts) != acts else None

    assert (Code.NO_GATE, entry_ref(entered)) in crits(changed(entered, unweighed))


def test_an_intent_that_was_not_forced_to_the_disk_is_named(entered):
    def lazy(one):
        is_entry = any(isinstance(act, Intend) for act in one.acts)
        return one._replace(durability=int(Durability.GROUP)) if is_entry else None

    assert (Code.NOT_DURABLE, entry_ref(entered)) in crits(changed(entered, lazy))


def test_an_intent_that_was_never_sent_and_one_sent_twice_are_named(entered):
    assert (Code.NO_SEND, entry_ref(entered)) in crits(without(entered, SendOrder))

    def twice(one):
        sent = tuple(said for said in one.outputs if isinstance(said, SendOrder))
        return one._replace(outputs=(*one.outputs, *sent)) if sent else None

    assert (Code.SENT_TWICE, entry_ref(entered)) in crits(changed(entered, twice))


def test_an_order_without_an_intent_is_named(entered):
    assert (Code.NO_INTENT, entry_ref(entered)) in crits(without(entered, Intend, "acts"))


def test_a_tag_of_ours_at_the_broker_that_nobody_intended_is_named(entered):
    ref = entry_ref(entered)
    silent = [
        one._replace(acts=(), outputs=())
        for one in entered
        if not isinstance(one.message, m.Answered) and not isinstance(one.message, m.Wanted)
    ]
    assert (Code.NO_INTENT, ref) in crits(silent)


def test_an_order_whose_answer_never_came_has_no_outcome():
    desk = SeenDesk()
    desk.ready()
    desk.want(BUY)
    tag = desk.sent[-1].order.tag
    assert (Code.NO_ANSWER, tag) in crits(desk.seen)
    desk.answer(tag, kind="NO_ANSWER", text="RESET")
    assert (Code.NO_OUTCOME, tag) in crits(desk.seen)


def test_an_order_that_is_open_after_the_close_is_told(entered):
    walk = walked(entered)
    assert (Code.OPEN_AT_END, Status.WARN) in [(one.code, one.status) for one in trail_findings(walk, is_over=True)]
    assert Code.OPEN_AT_END not in [one.code for one in trail_findings(walk)]


def test_executions_that_the_rows_do_not_show_are_named(entered):
    assert (Code.NO_FILLS, entry_ref(entered)) in crits(without(entered, Filled))


def test_statuses_that_do_not_follow_one_another_are_named(entered):
    assert (Code.BROKEN_STATUS, entry_ref(entered)) in crits(without(entered, Moved))


def test_a_tag_that_was_used_twice_is_named(entered):
    at = next(n for n, one in enumerate(entered) if any(isinstance(act, Intend) for act in one.acts))
    again = [*entered, entered[at]]
    assert (Code.TAG_TWICE, entry_ref(entered)) in crits(again)


def test_an_engine_that_failed_is_named(entered):
    failed = [*entered[:-1], entered[-1]._replace(acts=(), outputs=(), failed="AssertionError: a bug")]
    assert (Code.ENGINE_FAILED, "") in crits(failed)


def test_a_busy_morning_has_no_missing_link():
    """Answers that never came, cancellations that crossed fills, orders by hand, claims, a halt and a reset."""
    desk = SeenDesk()
    desk.ready()
    busy_morning(desk)
    assert {(code, str(desk.order(ref).status)) for code, ref in crits(desk.seen)} <= {(Code.NO_OUTCOME, "UNKNOWN")}
    assert {one.code for one in trail_findings(walked(desk.seen))} >= {Code.FOREIGN}


@pytest.mark.parametrize("seed", [1, 11, 19])
def test_a_simulated_day_of_crashes_and_faults_has_no_missing_link(seed):
    world = World(seed, USUAL_DAY)
    world.run()
    walk = walked(in_image(bytes(world.disk.image)), world.listed.values())
    walk.money.end()
    assert not world.oracle.violations and len(walk.trails.orders) > 20
    wrong = [*trail_findings(walk), *walk.money.findings, *walk.limits.findings]
    assert [one for one in wrong if one.status is not Status.WARN] == []


def in_image(image: bytes) -> Iterator[Seen]:
    """Of a simulated disk, as far as it is whole."""
    at, view = SEGMENT_HEADER_BYTES, memoryview(image)
    while (entry := entry_at(view, at)) is not None:
        record, at = codec.decode(entry.kind, entry.payload), after(entry, at)
        stamped, step = record.stamped, record.step if isinstance(record, codec.Record) else Step()
        when = entry.sequence, stamped.ts_ns, stamped.wall_ns, entry.durability
        yield Seen(*when, stamped.message, step.acts, step.outputs)
