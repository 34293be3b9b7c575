"""Every way the simulated broker's feed can fail, through real sockets and the whole of depth_ws.

For each: what was detected and in how many seconds, which event was written, and that data came back. The broker's
clock runs at rate 1 and stamps both the fault and the event, so the seconds are real and comparable.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from harness.desk import Desk, desk
from harness.in_time import Late, in_time, once_in_time
from harness.recorded import false_alarms, stood_still
from harness.served import Served, serving
from tarazu.adapters.kite_feed.events import DataResumed, Disconnected
from tarazu.app.feed.record import event_name, event_ts_ns
from tarazu.market.feed_events import FeedStale
from tarazu.market.feeds import FreshnessLimits
from tarazu.model.units import SECOND_NS

STALL_S = 5.0
"""RELIABILITY I9: a silent stall is detected within this."""


@pytest.fixture(scope="module")
def broker() -> Iterator[Served]:
    with serving("--day", "2026-11-19", "--at", "10:00", "--step-ms", "200") as served:
        yield served


@pytest.fixture(scope="module")
def running(broker: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One desk for all: what a fault leaves behind is the next one's problem, as on a real morning."""
    with desk(tmp_path_factory.mktemp("desk"), broker) as made:
        made.start()
        made.until_fresh()
        time.sleep(FreshnessLimits().open_grace_ns / SECOND_NS)  # in its first seconds a watch counts no age
        yield made
        assert made.stop() == 0
        assert [f.sequence for f in made.frames()] == list(range(1, 1 + sum(1 for _ in made.frames())))


@pytest.fixture(autouse=True)
def calm(running: Desk) -> Iterator[None]:
    """Every test leaves a feed that works, whatever it met."""
    yield
    running.served.admin("DELETE", "/faults")
    running.until_calm()


class Strike:
    """A fault armed now, and what the record says since."""

    def __init__(self, desk_: Desk, kind: str, for_s: float | None = None, **order: Any) -> None:
        self.desk = desk_
        self.at_ns: int = desk_.served.admin("GET", "/clock")["now_ns"]
        body = {"kind": kind, "for_s": for_s, **order}
        self.id: int = desk_.served.admin("POST", "/faults", {k: v for k, v in body.items() if v is not None})["id"]

    def until(self, name: str, patience_s: float = 60.0, **facts: Any) -> Any:
        """The first event of this name and these facts since the fault."""
        deadline = time.monotonic() + patience_s
        while time.monotonic() < deadline:
            for event in self.desk.events(name):
                if event_ts_ns(event) >= self.at_ns and all(getattr(event, k) == v for k, v in facts.items()):
                    return event
            time.sleep(0.05)
        raise AssertionError(f"no {name} {facts} within {patience_s} s: {self.desk.events()[-10:]}")

    def within(self, limit_s: float, event: Any) -> None:
        """So soon after the fault it was told."""
        in_time((event_ts_ns(event) - self.at_ns) / SECOND_NS, limit_s, event_name(event))

    def told(self, *names: str) -> list[str]:
        """The events since the fault, by name."""
        return [event_name(e) for e in self.desk.events(*names) if event_ts_ns(e) >= self.at_ns]

    @contextmanager
    def alone(self) -> Iterator[None]:
        """What is seen within is the fault's doing, unless the machine stood still meanwhile: then strike again."""
        try:
            yield
        except AssertionError as odd:
            self.desk.served.admin("DELETE", "/faults")
            self.desk.until_calm()
            now_ns = self.desk.served.admin("GET", "/clock")["now_ns"]
            if not isinstance(odd, Late) and stood_still(self.desk.home, self.at_ns, now_ns):
                raise Late(f"a look at what the machine did not stand still for, {odd},") from odd
            raise

    def false_alarms(self, *names: str) -> list[str]:
        """Those events since the fault that no pause of the machine explains, by name."""
        return [event_name(e) for e in false_alarms(self.desk.home, *names, since_ns=self.at_ns)]

    def end(self) -> None:
        """Disarm, and wait until every feed is fresh again."""
        self.desk.served.admin("DELETE", f"/faults/{self.id}")
        self.desk.until_calm()


# kind, params, the reasons of FEED_STALE that are right, the loss the client tells of, seconds to detect
STALLS = [
    ("ws.freeze", {}, {"SILENT_CONNECTION", "NO_DATA"}, "SILENT", STALL_S),
    ("ws.freeze_ticks", {}, {"NO_DATA"}, None, STALL_S),
    ("ws.half_open", {}, {"SILENT_CONNECTION", "NO_DATA"}, "PONG_TIMEOUT", STALL_S),
    ("tick.gap", {"share": 1.0}, {"NO_DATA"}, None, STALL_S),
    ("tick.backdate", {"by_s": 30}, {"CLOCK_SKEW"}, None, STALL_S),
    ("tick.backdate", {"by_s": 86_400}, {"REPLAYED_DATA"}, None, STALL_S),
    ("market.freeze", {}, {"FROZEN_BOOK"}, None, 12.0),
]


@pytest.mark.parametrize(
    ("kind", "params", "reasons", "loss", "within_s"),
    STALLS,
    ids=[f"{kind}{params or ''}" for kind, params, *_ in STALLS],
)
def test_a_stall_is_seen_said_and_got_over(
    running: Desk, kind: str, params: dict[str, Any], reasons: set[str], loss: str | None, within_s: float
) -> None:
    feed = "options" if kind == "market.freeze" else "index"  # one instrument alone may stand still

    def story() -> None:
        strike = Strike(running, kind, params=params)
        with strike.alone():
            stale = strike.until("FEED_STALE", feed=feed)
            assert isinstance(stale, FeedStale) and stale.reason in reasons and stale.required
            if loss is not None:
                assert strike.until("DISCONNECTED").reason == loss
            strike.end()
            recovered = strike.until("FEED_RECOVER", feed=feed)
            assert (recovered.reason, recovered.since_ns) == (stale.reason, stale.since_ns)
            strike.within(within_s, stale)

    once_in_time(story)


def test_half_of_one_connections_instruments_mute_and_exactly_those_are_reported(running: Desk) -> None:
    selected = running.events("SELECTED")[-1]
    of_first = [t for t, c in zip(selected.tokens, selected.connections, strict=True) if c == 0]  # type: ignore[union-attr]
    muted = sorted(of_first[::2])

    def story() -> None:
        strike, silent = Strike(running, "ws.mute", params={"tokens": muted}), list[int]()
        with strike.alone():
            deadline = time.monotonic() + 60.0
            while time.monotonic() < deadline and silent != muted:
                silent = sorted(t for f in running.health.feeds for t in f.health.silent)
                assert set(silent) <= set(muted), "nothing that ticks is called silent"
                time.sleep(0.05)
            assert silent == muted, "rarely traded options are given their habit's time, and then named"
            for feed in {f.health.feed for f in running.health.feeds if f.health.silent}:
                stale = strike.until("FEED_STALE", feed=feed)
                assert stale.reason == ("NO_DATA" if stale.members == len(stale.tokens) else "PARTIAL_MUTE")
            stales = [e for e in running.events("FEED_STALE") if event_ts_ns(e) >= strike.at_ns]
            assert sorted({t for e in stales for t in e.tokens}) == muted  # type: ignore[union-attr]
            strike.end()

    once_in_time(story)


@pytest.mark.parametrize(("kind", "params", "reason"), [("ws.drop", {}, "CUT"), ("ws.close", {"code": 1000}, "CLOSED")])
def test_a_lost_link_is_made_again_before_anything_goes_stale(
    running: Desk, kind: str, params: dict[str, Any], reason: str
) -> None:
    def story() -> None:
        strike = Strike(running, kind, count=3, params=params)
        with strike.alone():
            lost = strike.until("DISCONNECTED")
            assert isinstance(lost, Disconnected) and lost.reason == reason
            back = [strike.until("DATA_RESUMED", connection=connection) for connection in range(3)]
            strike.end()
            strike.within(2.0, lost)
            for resumed in back:
                assert isinstance(resumed, DataResumed) and resumed.gap_ns is not None
                in_time(resumed.gap_ns / SECOND_NS, 3.0, "data")
            assert strike.false_alarms("FEED_STALE") == []

    once_in_time(story)


def test_a_refused_token_is_told_apart_and_the_feed_returns_with_a_good_one(running: Desk) -> None:
    def story() -> None:
        strike = Strike(running, "ws.refuse", params={"status": 403})
        Strike(running, "ws.drop", count=3)
        with strike.alone():
            lost = strike.until("AUTH_LOST")
            stale = strike.until("FEED_STALE", feed="index")
            assert stale.reason == "AUTH_LOST"
            strike.end()
            assert strike.until("FEED_RECOVER", feed="index").reason == "AUTH_LOST"
            strike.within(3.0, lost)
            strike.within(STALL_S, stale)

    once_in_time(story)


def test_a_server_that_refuses_is_dialled_until_it_opens(running: Desk) -> None:
    def story() -> None:
        strike = Strike(running, "ws.refuse", params={"status": 503})
        Strike(running, "ws.drop", count=3)
        with strike.alone():
            assert strike.until("CONNECT_FAILED").status == 503
            assert strike.until("FEED_STALE", feed="index").reason == "DISCONNECTED"
            strike.end()
            strike.until("FEED_RECOVER", feed="index")

    once_in_time(story)


def test_too_many_connections_are_waited_out(running: Desk) -> None:
    strike = Strike(running, "ws.linger", count=3, params={"linger_s": 10.0})
    Strike(running, "ws.drop", count=3)
    strike.until("THROTTLED")
    for connection in range(3):
        strike.until("DATA_RESUMED", connection=connection)
    strike.end()


def test_an_unasked_for_pong_is_nothing(running: Desk) -> None:
    strike = Strike(running, "ws.pong", for_s=3.0)
    time.sleep(9.0)  # the official client gives up about seven seconds after one
    assert strike.false_alarms("DISCONNECTED", "FEED_STALE") == []
    strike.end()


def test_duplicates_change_nothing_but_are_recorded(running: Desk) -> None:
    strike = Strike(running, "ws.duplicate", for_s=4.0)
    before = running.health.throughput
    time.sleep(4.0)
    after = running.until(lambda h: h.throughput.frames > before.frames + 30).throughput
    assert strike.false_alarms("FEED_STALE", "DISCONNECTED") == []
    assert after.regressed_packets == before.regressed_packets
    strike.end()


@pytest.mark.parametrize("how", ["truncate", "length"])
def test_a_garbled_frame_is_counted_recorded_as_received_and_survived(running: Desk, how: str) -> None:
    before = running.health.throughput.damaged_frames
    strike = Strike(running, "ws.garble", count=3, params={"how": how})
    running.until(lambda h: h.throughput.damaged_frames >= before + 3)
    assert strike.false_alarms("DISCONNECTED", "FEED_STALE") == []
    strike.end()


def test_late_ticks_are_no_stall(running: Desk) -> None:
    strike = Strike(running, "tick.latency", for_s=8.0, params={"min_ms": 400, "max_ms": 900})
    time.sleep(8.0)
    assert strike.false_alarms("FEED_STALE") == []
    strike.end()


@pytest.mark.parametrize("kind", ["rest.status", "rest.html", "rest.garbage", "rest.throttle", "rest.hangup"])
def test_rest_that_fails_takes_nothing_from_the_feed(running: Desk, kind: str) -> None:
    before = running.health.sentinels.unanswered
    strike = Strike(running, kind)
    running.until(lambda h: h.sentinels.unanswered > before)
    assert strike.false_alarms("FEED_STALE") == []
    asked = running.health.sentinels.asked
    strike.end()
    running.until(lambda h: h.sentinels.asked > asked and not h.sentinels.disagreeing)


def test_a_jump_beyond_the_strikes_is_said_once_and_is_no_fault_of_the_feed(running: Desk) -> None:
    strike = Strike(running, "market.jump", count=1, params={"pct": -1.0})
    failed = strike.until("SELECTION_FAILED")
    assert (failed.reason, failed.key) == ("SPOT_OUTSIDE_STRIKES", "NSE:NIFTY 50")
    time.sleep(4.0)
    assert strike.told("SELECTION_FAILED") == ["SELECTION_FAILED"] and strike.false_alarms("FEED_STALE") == []
    selection = running.health.selection
    assert selection is not None and "lies outside the strikes" in selection.refused
    strike.end()


def test_a_token_that_dies_in_mid_session_is_replaced_without_a_restart(running: Desk) -> None:
    pid = running.health.pid
    strike = Strike(running, "token.kill", count=1)
    Strike(running, "ws.drop", count=3)
    strike.until("AUTH_LOST")
    token = running.served.admin("POST", "/access-token", {"user_id": running.served["user_id"]})["access_token"]
    running.home.env_file.write_text(f"KITE_ACCESS_TOKEN={token}\n")
    strike.until("TOKEN_REPLACED")
    assert running.until_fresh().pid == pid
    strike.end()
