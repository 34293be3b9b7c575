"""While the watchdog is down main sends the alerts: to a real HTTP server, and no longer than it is needed."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.alert_inbox import AlertInbox, alert_inbox
from harness.supervised import PATIENCE_S
from tarazu.app.alerts.post import Alert, post
from tarazu.app.home import Home, Profile
from tarazu.app.main.page_alone import PageAlone
from tarazu.app.main.watchdog_watch import ALARM_NS, WatchdogWatch
from tarazu.app.settings import AlertSettings
from tarazu.model.units import SECOND_NS

NOW_NS = 1_795_411_800 * SECOND_NS


@pytest.fixture
def inbox() -> Iterator[AlertInbox]:
    with alert_inbox() as inbox:
        yield inbox


@pytest.fixture
def desk(tmp_path: Path, inbox: AlertInbox) -> Home:
    made = Home(Profile.LIVE, tmp_path / "live")
    made.make()
    addresses(made, inbox)
    return made


def addresses(home: Home, *inboxes: AlertInbox) -> None:
    home.env_file.write_text(f'TARAZU_ALERT_URLS="{" ".join(one.url for one in inboxes)}"\n')
    home.env_file.chmod(0o600)


def pages(home: Home) -> PageAlone:
    return PageAlone(home, AlertSettings(), lambda: NOW_NS)


def until(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not is_so():
        assert time.monotonic() < end, "it never was"
        time.sleep(0.05)


def test_that_the_watchdog_is_silent_reaches_a_person_though_no_watchdog_is_there_to_send_it(
    desk: Home, inbox: AlertInbox
) -> None:
    watch, alone, now_ns = WatchdogWatch(desk, lambda: NOW_NS), pages(desk), time.monotonic_ns()
    for second in range(12):
        watch.look(now_ns + second * SECOND_NS)
        alone.look(watch.silent_ns)
    until(lambda: inbox.titles == ["SEV2 WATCHDOG_SILENT  LIVE"])
    alone.look(0)


def test_while_there_is_a_watchdog_main_sends_nothing(desk: Home, inbox: AlertInbox) -> None:
    alone = pages(desk)
    post(desk, Alert("HALT", "SEV1", "a person halted", "HALT"), NOW_NS, "main")
    alone.look(ALARM_NS - 1)
    assert alone._thread is None and inbox.messages == []


def test_it_ends_when_the_watchdog_is_back_and_begins_anew_when_that_goes_again(desk: Home, inbox: AlertInbox) -> None:
    alone = pages(desk)
    alone.look(ALARM_NS)
    first = alone._thread
    alone.look(ALARM_NS)
    assert first is not None and alone._thread is first
    alone.look(0)
    until(lambda: not first.is_alive())
    post(desk, Alert("HALT", "SEV1", "a person halted", "HALT"), NOW_NS, "main")
    alone.look(ALARM_NS)
    until(lambda: inbox.titles == ["SEV1 HALT  LIVE"])
    alone.look(0)


def test_an_address_that_is_set_meanwhile_is_taken(desk: Home, inbox: AlertInbox) -> None:
    desk.env_file.write_text("")
    alone = pages(desk)
    post(desk, Alert("HALT", "SEV1", "a person halted", "HALT"), NOW_NS, "main")
    alone.look(ALARM_NS)
    time.sleep(0.2)
    addresses(desk, inbox)
    until(lambda: inbox.titles == ["SEV1 HALT  LIVE"])
    alone.look(0)
