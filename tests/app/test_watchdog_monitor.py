"""The runbook's half-hourly look: a desk that works and that nobody looks at is one alert, and one alone."""

from datetime import date, time
from pathlib import Path
from typing import Any

import pytest

from tarazu.app.home import Home, Profile
from tarazu.app.runbook.book.model import Runbook, Window
from tarazu.app.runbook.duty import MINUTE_NS, Market, overdue
from tarazu.app.runbook.runs.record import Run
from tarazu.app.settings import WatchdogSettings
from tarazu.app.watchdog import monitor_duty as module
from tarazu.app.watchdog.monitor_duty import LOOK_NS, MonitorDuty, is_watched, monitor_duty
from tarazu.app.watchdog.triggers import of_monitor
from tarazu.model import ist
from tarazu.runtime.desk_record import BadDeskRecord

OPENS_NS = ist.at_ns(date(2026, 11, 23), time(9, 15))
MARKET = Market(OPENS_NS, OPENS_NS + 375 * MINUTE_NS)
BOOK = Runbook(id="monitor", title="Live monitoring", window=Window(every_min=30), steps=())


def at(minutes: float) -> int:
    """UTC, after the open."""
    return OPENS_NS + round(minutes * MINUTE_NS)


def run(minutes: float, verdict: str = "DONE") -> Run:
    return Run(
        id=f"rb-{minutes}",
        runbook="monitor",
        began_ns=at(minutes),
        verdict=verdict,
        source_sha256="",
        who="",
        way="auto",
    )


def missed(now: float, *runs: Run, since: float = -60) -> float | None:
    """The end of the window that was missed, in minutes after the open."""
    found = overdue(BOOK, MARKET, runs, at(since), at(now))
    return None if found is None else (found.until_ns - OPENS_NS) / MINUTE_NS


def test_half_an_hour_in_which_nobody_looked_is_missed_until_somebody_does() -> None:
    assert missed(29) is None, "there is still time"
    assert missed(31) == 30
    assert missed(31, run(12)) is None
    assert missed(31, run(12, "FAILED")) == 30, "one that found the desk stale and went no further is no look"
    assert missed(35, run(31)) is None, "late, and done"
    assert missed(75, run(31)) is None and missed(95, run(31)) == 90


def test_what_was_due_before_the_watchdog_was_there_is_nobodys_to_be_missed() -> None:
    assert missed(40, since=10) is None
    assert missed(61, since=10) == 60


@pytest.mark.parametrize("now", [-5, 375, 600])
def test_outside_the_markets_hours_nothing_is_missed(now: float) -> None:
    assert missed(now) is None


def test_a_missed_look_is_one_sev3_and_opens_no_incident() -> None:
    duty = overdue(BOOK, MARKET, (), OPENS_NS, at(31))
    (found,) = of_monitor(duty, stack_works=True)
    assert (found.code, found.severity, found.opens, found.halts) == ("MONITOR_MISSED", "SEV3", False, False)
    assert "due until 09:45 IST" in found.text and found.hint == "tarazu runbook run monitor"
    (later,) = of_monitor(overdue(BOOK, MARKET, (), OPENS_NS, at(95)), stack_works=True)
    assert later.key == found.key, "the same thing: nobody is called again for it"
    assert not list(of_monitor(None, stack_works=True))
    assert not list(of_monitor(duty, stack_works=False)), "of a main that does not work there is a worse alert"


@pytest.mark.parametrize(
    ("profile", "said", "watched"),
    [("live", None, True), ("paper", None, False), ("sim", None, False), ("sim", True, True), ("live", False, False)],
)
def test_it_is_watched_where_money_is_at_stake_unless_it_is_set(profile: Profile, said: Any, watched: bool) -> None:
    home = Home(Profile(profile), Path("/nowhere"))
    assert is_watched(home, WatchdogSettings(monitor=said)) is watched
    assert (monitor_duty(home, WatchdogSettings(monitor=said), 0) is not None) is watched


def test_the_record_is_read_twice_a_minute_and_one_that_does_not_read_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    reads: list[list[Run] | Exception] = [[], BadDeskRecord("torn"), [run(32)]]

    def read(home: Home, days_back: int) -> list[Run]:
        told = reads.pop(0)
        if isinstance(told, Exception):
            raise told
        return told

    monkeypatch.setattr(module, "runs", read)
    duty = MonitorDuty(Home(Profile.LIVE, tmp_path), at(-30))
    first = duty.missed(at(31))
    assert first is not None and len(reads) == 2
    assert duty.missed(at(31) + LOOK_NS - 1) is first and len(reads) == 2
    assert duty.missed(at(31) + LOOK_NS) is first, "unread: what was known before"
    assert duty.missed(at(33)) is None and not reads


def test_a_look_that_was_missed_is_over_with_the_market_whether_the_record_reads_or_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    reads: list[list[Run]] = [[]]

    def read(home: Home, days_back: int) -> list[Run]:
        if not reads:
            raise BadDeskRecord("torn")
        return reads.pop()

    monkeypatch.setattr(module, "runs", read)
    duty = MonitorDuty(Home(Profile.LIVE, tmp_path), at(-30))
    assert duty.missed(at(374)) is not None
    assert duty.missed(at(374.6)) is not None, "unread: what was known before"
    assert duty.missed(at(600)) is None


def test_a_book_without_that_runbook_is_said_and_ends_no_watchdog(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "MONITOR", "gone")
    assert monitor_duty(Home(Profile.LIVE, tmp_path), WatchdogSettings(), 0) is None
    assert "nobody is reminded of gone" in caplog.text
