"""The hours of a day: freshness binds while a venue trades continuously, and outside nobody is alarmed.

The phases are the dated calendar's. The broker's clock runs at the speed of life; only hours in which nothing is
enforced are jumped over.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from harness.broker_process import broker_process
from harness.desk import Desk, desk
from harness.desk_operator import Answer, Operator, until
from harness.recorded import false_alarms
from tarazu import reference
from tarazu.app.depth_ws.health import DepthWsHealth, Stage
from tarazu.app.feed.record import FeedStarted, FeedStopped, MasterLoaded
from tarazu.market.feed_events import FeedRecover
from tarazu.model import ist
from tarazu.model.calendar import Phase, TradingSession, Venue, shorten
from tarazu.model.units import SECOND_NS

EACH_SECOND = ("--step-ms", "1000")
"""Coarse steps: a broker that begins late in the day plays all that came before first."""

SESSIONS = reference.calendar_for(reference.rules("nse-2026"))


@pytest.fixture(scope="module", autouse=True)
def _meanwhile(short_day: Desk) -> None:
    """It is played while the other tests of this file run."""


@contextmanager
def at_work(root: Path, *flags: str) -> Iterator[Desk]:
    """A broker of its own, whose clock stands until the desk is up, and the desk; nothing it writes is an alarm."""
    with broker_process(*flags) as served, desk(root, served) as made:
        served.admin("PUT", "/clock", {"pause": True})
        made.start()
        made.until(lambda h: h.stage is Stage.LIVE)
        served.admin("PUT", "/clock", {"pause": False})
        yield made
        assert false_alarms(made.home, "FEED_STALE", "BREAKER_TRIPPED") == []
        assert made.stop() == 0


def jump(made: Desk, moment: str) -> DepthWsHealth:
    """The broker's clock goes to this moment (IST); the health once depth_ws is there and its links are up."""
    made.served.admin("PUT", "/clock", {"jump_to": moment})
    target_ns = ist.parse_stamp(moment)
    assert target_ns is not None
    return made.until(lambda h: h.wall_ns >= target_ns and h.stage is Stage.LIVE)


def asked(made: Desk) -> tuple[Answer, Answer]:
    """`feed status` and `sla`, asked until both are content; they name the mode and the moment, and tell one story."""
    operator = Operator(made.home.root.parent)
    status, sla = operator.tarazu_until(0, "feed", "status"), operator.tarazu_until(0, "sla")
    for answer in (status, sla):
        assert answer.first.startswith("OK  SIM  ") and "(epoch " in answer.first
    return status, sla


def is_closed(made: Desk) -> None:
    status, sla = asked(made)
    assert "market CLOSED, freshness observed but not enforced" in status.first
    assert "market CLOSED, feed SLAs observed but not enforced" in sla.first


def is_open(made: Desk) -> None:
    status, sla = asked(made)
    assert "market OPEN, closes 15:40:00" in status.first and "5 of 5 feeds fresh" in status.first
    assert "market OPEN, closes 15:40:00" in sla.first and "enforcing" in sla.first


def phase(day: str, moment: str) -> str:
    session = SESSIONS.session(date.fromisoformat(day))
    ts_ns = ist.parse_stamp(f"{day} {moment}")
    assert session is not None and ts_ns is not None
    return session.phase_at(Venue.DERIVATIVES, ts_ns)


def test_before_the_open_it_is_connected_and_from_the_open_on_it_is_judged(tmp_path: Path) -> None:
    day = "2026-11-23"
    with at_work(tmp_path, "--day", day, "--at", "08:00") as made:
        is_closed(made)
        jump(made, f"{day} 09:04:00")  # the day's own master was written meanwhile, and is looked for
        made.until(lambda h: h.stage is Stage.LIVE and h.master is not None and h.master.due_ns is None)
        for moment in ("09:05:10", "09:07:00"):
            health = jump(made, f"{day} {moment}")
            assert (health.phase, health.market_open) == (phase(day, moment), False)
            is_closed(made)
        health = jump(made, f"{day} 09:16:00")
        assert health.phase == phase(day, "09:16:00") == Phase.CONTINUOUS
        made.until(lambda h: h.market_open)
        made.until_fresh()
        is_open(made)


def test_shares_with_contracts_go_to_their_closing_auction_and_only_they_are_let_off(tmp_path: Path) -> None:
    """15:15 (NSE, closing auction session); the others trade on."""
    with at_work(tmp_path, "--day", "2026-11-20", "--at", "15:14:54", "--size", "desk", *EACH_SECOND) as made:
        made.until_fresh()

        def enforced(h: DepthWsHealth) -> dict[str, bool]:
            return {f.health.feed: f.health.enforced for f in h.feeds}

        made.until(lambda h: all(enforced(h).values()))
        later = made.until(lambda h: not enforced(h)["stocks"])
        assert ist.stamp(later.wall_ns)[11:] >= "15:15:00"
        assert [feed for feed, on in enforced(later).items() if on] == ["cross_asset", "futures", "index", "options"]
        time.sleep(6.0)  # longer than the limit of shares, in whose auction nothing ticks
        status, _ = asked(made)
        assert "4 of 5 feeds fresh" in status.first
        assert "not trading now" in status.line("skip", "feed.stocks")


def test_the_close_the_evening_a_holiday_and_a_saturday_alarm_nobody(tmp_path: Path) -> None:
    """From the Thursday before Christmas, a Friday without trading."""
    session = SESSIONS.session(date(2026, 12, 24))
    assert session is not None
    window = session.window(Venue.DERIVATIVES, Phase.CONTINUOUS)
    assert window is not None
    shortly_before = ist.stamp(window.end_ns - 6 * SECOND_NS)[11:]
    with at_work(tmp_path, "--day", "2026-12-24", "--at", shortly_before, *EACH_SECOND) as made:
        first = made.until(lambda h: any(f.health.enforced and f.health.state == "FRESH" for f in h.feeds))
        closed = made.until(lambda h: not h.market_open)
        assert closed.wall_ns >= window.end_ns and closed.phase == session.phase_at(Venue.DERIVATIVES, window.end_ns)
        time.sleep(5.0)  # as long as a stall may last unseen
        is_closed(made)
        for moment in (ist.stamp(window.end_ns + 300 * SECOND_NS), "2026-12-24 17:00:00"):
            jump(made, moment)
            is_closed(made)

        jump(made, "2026-12-24 23:59:58")
        holiday = made.until(lambda h: str(h.day) == "2026-12-25" and h.stage is Stage.LIVE)
        assert holiday.pid == first.pid and holiday.phase == "" and holiday.master is not None
        assert str(holiday.master.day) == "2026-12-25" and holiday.master.due_ns is not None
        is_closed(made)
        _another_day_another_folder(made)

        made.served.admin("PUT", "/clock", {"jump_to": "2026-12-26 11:00:00"})  # tokens died at six in the morning
        made.until(lambda h: str(h.day) == "2026-12-26" and h.stage is Stage.NO_TOKEN)
        until(lambda: made.served.admin("GET", "/status")["lag_s"] < 0.2, 60.0, "the broker, on Saturday")
        login = made.served.admin("POST", "/access-token", {"user_id": made.served["user_id"]})
        made.home.env_file.write_text(f"KITE_ACCESS_TOKEN={login['access_token']}\n")
        saturday = made.until(lambda h: h.stage is Stage.LIVE)
        assert saturday.phase == "" and saturday.pid == first.pid
        is_closed(made)


def _another_day_another_folder(made: Desk) -> None:
    assert sorted(path.name for path in made.home.feed.iterdir()) == ["2026-12-24", "2026-12-25"]
    stopped, started, master = [e for e in made.events() if isinstance(e, FeedStarted | FeedStopped | MasterLoaded)][
        -3:
    ]
    assert isinstance(stopped, FeedStopped) and stopped.reason == "2026-12-24 is over"
    assert isinstance(started, FeedStarted) and str(started.day) == "2026-12-25"
    assert isinstance(master, MasterLoaded) and (str(master.day), str(master.before)) == ("2026-12-25", "2026-12-24")
    assert "provisional" in master.alarms[0]


def test_a_market_without_hours_trades_through_midnight(tmp_path: Path) -> None:
    with at_work(tmp_path, "--rules", "permissive", "--day", "2026-11-21", "--at", "23:59:54", *EACH_SECOND) as made:
        first = made.until_fresh()
        assert first.market_open and first.phase == Phase.CONTINUOUS
        sunday = made.until(lambda h: str(h.day) == "2026-11-22" and h.stage is Stage.LIVE)
        assert sunday.pid == first.pid
        made.until_fresh()


@pytest.mark.timeout(300)
def test_a_whole_day_played_short_has_every_phase_and_no_false_alarm(short_day: Desk) -> None:
    regular = SESSIONS.session(date(2026, 11, 19))
    assert regular is not None
    session = shorten(regular)
    while short_day.health.wall_ns < session.last_ns + 4 * SECOND_NS:
        health = short_day.health
        if _is_inside_a_phase(session, health.wall_ns):
            assert health.phase == session.phase_at(Venue.DERIVATIVES, health.wall_ns)
        time.sleep(0.2)
    assert false_alarms(short_day.home, "FEED_STALE", "DISCONNECTED", "SELECTION_FAILED") == []
    fresh = {e.feed for e in short_day.events("FEED_RECOVER") if isinstance(e, FeedRecover)}
    assert fresh == {"index", "futures", "options", "stocks", "cross_asset"}, "each was judged"
    is_closed(short_day)
    assert short_day.stop() == 0


def _is_inside_a_phase(session: TradingSession, wall_ns: int) -> bool:
    window = session.window_at(Venue.DERIVATIVES, wall_ns)
    return window is not None and window.start_ns + SECOND_NS < wall_ns < window.end_ns - SECOND_NS
