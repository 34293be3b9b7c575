"""The money moves: the selection follows it, what stays is not disturbed, what is new comes at once."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.broker_process import broker_process
from harness.desk import Desk, desk
from harness.desk_operator import Operator
from harness.recorded import false_alarms, first_ticks, recorded_frames, stood_still
from harness.served import Served
from tarazu.app.feed.market_file import MappedMarket
from tarazu.app.feed.record import Selected, decode_event
from tarazu.model.units import SECOND_NS
from tarazu.runtime.segment import Kind

NARROW = """
[feed]
cross_asset = ["NSE:INDIA VIX"]
stocks = ["NSE:INFY"]
{limits}
[[feed.underlyings]]
key = "NSE:NIFTY 50"
name = "NIFTY"
strikes_each_side = 4
near_each_side = 2
"""
STRIKE_PAISE = 50_00
COMES_NS = 3 * SECOND_NS


@pytest.fixture(scope="module")
def broker() -> Iterator[Served]:
    with broker_process("--size", "desk", "--at", "09:16") as served:
        yield served


def moved(made: Desk, pct: float) -> tuple[Selected, int]:
    """The market jumps so far: the selection that follows, and when it was recorded (monotonic ns)."""
    before = len(made.events("SELECTED"))
    made.served.admin("POST", "/faults", {"kind": "market.jump", "count": 1, "params": {"pct": pct}})
    made.until(lambda h: h.selection is not None and len(made.events("SELECTED")) > before)
    found = [
        (event, frame.mono_ns)
        for frame in recorded_frames(made.home)
        if frame.kind == Kind.EVENT and isinstance(event := decode_event(frame.payload), Selected)
    ]
    return found[-1]


def test_the_selection_follows_the_money_and_disturbs_nothing_that_stays(broker: Served, tmp_path: Path) -> None:
    with desk(tmp_path, broker, NARROW.format(limits="")) as made:
        made.start()
        made.until_fresh()
        market = MappedMarket(made.home.market).view
        inode = made.home.market.stat().st_ino
        for nth, pct in enumerate((0.6, -0.6), start=1):
            before = made.events("SELECTED")[-1]
            assert isinstance(before, Selected)
            packets = {t: int(market.slots["packets"][market.slot_of(t)]) for t in before.tokens}
            selected, made_ns = moved(made, pct)

            assert selected.again and selected.left_out == 0 and len(selected.tokens) == len(before.tokens)
            was, now = before.centres[0], selected.centres[0]
            assert abs(now.atm_paise - was.atm_paise) >= 2 * STRIKE_PAISE
            assert abs(now.atm_paise - now.spot_paise) <= STRIKE_PAISE / 2

            carried = dict(zip(before.tokens, before.connections, strict=True))
            carries = dict(zip(selected.tokens, selected.connections, strict=True))
            stay, come = carried.keys() & carries.keys(), carries.keys() - carried.keys()
            assert len(stay) > 10 and len(come) >= 4
            assert {t: carries[t] for t in stay} == {t: carried[t] for t in stay}
            assert all(int(market.slots["packets"][market.slot_of(t)]) >= packets[t] > 0 for t in stay)

            made.until(lambda _, new=come, at=made_ns: new <= first_ticks(made.home, at).keys())  # type: ignore[misc]
            ticks = first_ticks(made.home, made_ns)
            late_ns = max(ticks[t] for t in come) - made_ns
            assert late_ns <= COMES_NS or stood_still(made.home, selected.ts_ns, selected.ts_ns + late_ns)
            health = made.until(lambda h, n=nth: h.selection is not None and h.selection.recentred == n)  # type: ignore[misc]
            assert health.throughput.subscribed == len(selected.tokens)
            links = broker.admin("GET", "/status")["connections"]
            assert sorted(c["tokens"] for c in links) == sorted(
                list(carries.values()).count(connection) for connection in range(3)
            )
        time.sleep(6.0)  # longer than a silent instrument at the money is let be
        assert false_alarms(made.home, "FEED_STALE", "SELECTION_FAILED", "DISCONNECTED") == []
        assert made.home.market.stat().st_ino == inode
        assert "re-centred 2 times" in Operator(tmp_path).tarazu_until(0, "feed", "status")
        assert made.stop() == 0


def test_what_the_connections_have_no_room_for_is_left_out_and_told(broker: Served, tmp_path: Path) -> None:
    with desk(tmp_path, broker, NARROW.format(limits="connections = 2\ninstruments_each = 9")) as made:
        made.start()
        made.until_fresh()
        for selected in (made.events("SELECTED")[-1], moved(made, 0.6)[0]):
            assert isinstance(selected, Selected)
            assert len(selected.tokens) == 18 and selected.left_out == 4
            assert {selected.connections.count(connection) for connection in range(2)} == {9}
            assert {"NSE:NIFTY 50", "NSE:INDIA VIX", "NSE:INFY"} <= set(selected.symbols), "the far strikes go first"
            links = broker.admin("GET", "/status")["connections"]
            assert [c["tokens"] for c in links] == [9, 9]
        status = Operator(tmp_path).tarazu_until(1, "feed", "status")
        assert "4 instruments are left out" in status.line("WARN", "SELECTION_CUT")
        assert false_alarms(made.home, "FEED_STALE") == []
        assert made.stop() == 0
