"""The courier with a real HTTP server: what arrives there, what is tried again, what a person stops."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.alert_inbox import AlertInbox, alert_inbox, urls
from harness.supervised import PATIENCE_S
from tarazu.app.alerts.acking import ack_alerts
from tarazu.app.alerts.alert import Alert, Kept, Severity
from tarazu.app.alerts.box import Box
from tarazu.app.alerts.deliver import DIGEST_FROM, Courier
from tarazu.app.alerts.post import post
from tarazu.app.home import Home, Profile
from tarazu.app.settings import AlertSettings
from tarazu.model.units import SECOND_NS
from tarazu.runtime import desk_record

NOW_NS = 1_795_411_800_000_000_000
SETTINGS = AlertSettings(sev1_repeat_s=60, sev2_repeat_s=300, escalate_s=600)


def alert(code: str = "HARD_HALT", severity: Severity = "SEV1") -> Alert:
    hint, runbook = "tarazu engine status", "sev1-hard-halt"
    return Alert(code, severity, "an order that nobody decided", code, hint, runbook, "INC-20261123-01")


@pytest.fixture
def desk(tmp_path: Path) -> Home:
    return Home(Profile.LIVE, tmp_path / "live")


@pytest.fixture
def inbox() -> Iterator[AlertInbox]:
    with alert_inbox() as inbox:
        yield inbox


@pytest.fixture
def second() -> Iterator[AlertInbox]:
    with alert_inbox() as inbox:
        yield inbox


class Clock:
    """A courier at a clock of its own: nothing here waits for an interval."""

    def __init__(self, courier: Courier) -> None:
        self.courier, self.now_ns = courier, NOW_NS

    def work(self, after_s: float = 0.0) -> None:
        self.now_ns += round(after_s * SECOND_NS)
        self.courier.work(self.now_ns)

    def until(self, is_so: Callable[[], bool], every_s: float = 0.0) -> None:
        """Passes until it is so; on a machine that stands still a flight may land in a later one."""
        end = time.monotonic() + PATIENCE_S
        while not is_so():
            assert time.monotonic() < end, "it never was"
            self.work(every_s)
            time.sleep(0.01)


def at(desk: Home, *first: AlertInbox, second: tuple[AlertInbox, ...] = ()) -> Clock:
    found = urls(*(one.url for one in first), second=tuple(one.url for one in second))
    return Clock(Courier(desk, SETTINGS, found))


@pytest.mark.control("C27")
def test_an_alert_arrives_with_all_that_a_person_away_from_the_desk_needs(desk: Home, inbox: AlertInbox) -> None:
    id_ = post(desk, alert(), NOW_NS, "watchdog")
    clock = at(desk, inbox)
    clock.until(lambda: bool(inbox.messages))
    (told,) = inbox.messages
    assert told["title"] == "SEV1 HARD_HALT  LIVE" and told["type"] == "failure"
    assert told["message"].splitlines() == [
        "HARD_HALT: an order that nobody decided",
        "since 2026-11-23 11:00:00 IST, noticed by watchdog",
        "incident INC-20261123-01: tarazu incident show INC-20261123-01",
        "look: tarazu engine status",
        "do: tarazu runbook run sev1-hard-halt",
        f"have it: tarazu alerts ack {id_}",
    ]


@pytest.mark.control("C27")
def test_it_is_sent_again_until_somebody_has_it_and_then_no_more(desk: Home, inbox: AlertInbox) -> None:
    id_ = post(desk, alert(), NOW_NS)
    clock = at(desk, inbox)
    clock.until(lambda: len(inbox.messages) == 1)
    clock.until(lambda: Box(desk.alerts).alerts()[0].has_arrived)
    clock.work(59)
    assert len(inbox.messages) == 1
    clock.work(1)
    clock.until(lambda: len(inbox.messages) == 2)
    assert "sent 2 times in 60 s, and nobody has said to have it" in inbox.messages[1]["message"]
    ack_alerts(desk, id_, "asha", clock.now_ns)
    for _ in range(3):
        clock.work(3_600)
    assert len(inbox.messages) == 2


def test_an_address_that_refuses_is_tried_again_and_the_record_tells_both(desk: Home, inbox: AlertInbox) -> None:
    inbox.status = 503
    id_ = post(desk, alert(), NOW_NS)
    clock = at(desk, inbox)
    clock.until(lambda: bool(clock.courier.failing))
    assert "503" in str(clock.courier.failing)
    inbox.status = 200
    clock.until(lambda: bool(inbox.messages), every_s=2)
    clock.until(lambda: not clock.courier.failing)
    told = [(entry.body["act"], entry.body["id"]) for entry in desk_record.whole(desk.desk)]
    assert told == [("posted", id_), ("failing", id_), ("arrived", id_)]


@pytest.mark.control("C27")
def test_what_nobody_acknowledges_goes_to_the_second_list(desk: Home, inbox: AlertInbox, second: AlertInbox) -> None:
    post(desk, alert(), NOW_NS)
    clock = at(desk, inbox, second=(second,))
    clock.until(lambda: bool(inbox.messages))
    clock.work(598)
    assert second.messages == []
    clock.until(lambda: bool(second.messages), every_s=1)
    assert "nobody has said to have it for 10 min" in second.messages[0]["message"]


def test_a_first_list_that_cannot_be_reached_does_not_wait_for_the_time(
    desk: Home, inbox: AlertInbox, second: AlertInbox
) -> None:
    inbox.status = 500
    post(desk, alert(), NOW_NS)
    clock = at(desk, inbox, second=(second,))
    clock.until(lambda: bool(second.messages), every_s=2)
    assert clock.now_ns - NOW_NS < 600 * SECOND_NS


@pytest.mark.control("C27")
def test_an_address_that_hangs_holds_up_no_other(desk: Home, inbox: AlertInbox, second: AlertInbox) -> None:
    inbox.hangs.set()
    post(desk, alert(), NOW_NS)
    clock = at(desk, inbox, second)
    clock.until(lambda: bool(second.messages))
    assert inbox.messages == []
    post(desk, alert("AUDIT_CHAIN"), clock.now_ns)
    clock.until(lambda: len(second.messages) == 2)
    assert second.titles == ["SEV1 HARD_HALT  LIVE", "SEV1 AUDIT_CHAIN  LIVE"]


def test_many_at_once_are_one_message_the_worst_first(desk: Home, inbox: AlertInbox) -> None:
    for n in range(DIGEST_FROM):
        post(desk, alert(f"CODE_{n}", "SEV1" if n == 2 else "SEV2"), NOW_NS)
    clock = at(desk, inbox)
    clock.until(lambda: bool(inbox.messages))
    (told,) = inbox.messages
    assert told["title"] == "SEV1 CODE_2 and 3 more  LIVE"
    assert told["message"].splitlines()[0].startswith("SEV1 CODE_2: an order that nobody decided  (AL-20261123-003)")
    clock.until(lambda: all(kept.has_arrived for kept in Box(desk.alerts).alerts()))


def test_another_courier_goes_on_where_the_first_one_died(desk: Home, inbox: AlertInbox) -> None:
    post(desk, alert(), NOW_NS)
    first = at(desk, inbox)
    first.until(lambda: Box(desk.alerts).alerts()[0].has_arrived)
    second = at(desk, inbox)
    second.work(1)
    second.work(1)
    assert len(inbox.messages) == 1


def test_a_disk_that_takes_nothing_makes_no_storm_and_keeps_nothing_back(
    desk: Home, inbox: AlertInbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    post(desk, alert(), NOW_NS)
    clock, real = at(desk, inbox), os.open

    def full(path: object, flags: int, *rest: int) -> int:
        made = Path(str(path)).name.startswith(".AL-") and flags & os.O_CREAT
        return real("/dev/full", os.O_WRONLY) if made else real(path, flags, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", full)
    clock.courier.carry(alert("DB_WRITE"), NOW_NS)
    clock.courier.carry(alert("DB_WRITE"), NOW_NS)
    clock.until(lambda: len(inbox.messages) == 2)
    for _ in range(20):
        clock.work(1)
    assert sorted(inbox.titles) == ["SEV1 DB_WRITE  LIVE", "SEV1 HARD_HALT  LIVE"]
    monkeypatch.undo()

    def is_all_kept() -> bool:
        kept = Box(desk.alerts).alerts()
        return len(kept) == 2 and all(one.has_arrived for one in kept)

    clock.until(is_all_kept, every_s=10)
    carried = next(one for one in Box(desk.alerts).alerts() if one.alert.code == "DB_WRITE")
    assert carried.first_ns == NOW_NS and inbox.titles.count("SEV1 DB_WRITE  LIVE") == 1
    ack_alerts(desk, "all", "asha", clock.now_ns)
    times = carried.times
    for _ in range(3):
        clock.work(3_600)
    assert inbox.titles.count("SEV1 DB_WRITE  LIVE") == 1, "it is an alert like any other from there on"
    assert [one.times for one in Box(desk.alerts).alerts() if one.id == carried.id] == [times]


def test_no_byte_of_an_address_is_in_what_is_written_or_said(
    desk: Home, inbox: AlertInbox, caplog: pytest.LogCaptureFixture
) -> None:
    inbox.status = 500
    secret = "canary-3f9a2c77d1"
    post(desk, alert(), NOW_NS)
    clock = Clock(Courier(desk, SETTINGS, urls(f"{inbox.url}/{secret}", f"nosuchkind://{secret}", secret)))
    clock.until(lambda: len(clock.courier.failing) == 3)
    clock.until(lambda: len(Box(desk.alerts).alerts()[0].sendings) == 3)
    said = str(clock.courier.failing) + caplog.text
    written = b"".join(path.read_bytes() for path in desk.root.rglob("*") if path.is_file())
    assert secret not in said and secret.encode() not in written
    assert sorted(name.split("-")[0] for name in clock.courier.failing) == ["json", "nosuchkind", "unreadable"]


def test_what_is_carried_while_the_disk_comes_and_goes_replaces_nothing_that_is_carried(
    desk: Home, inbox: AlertInbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, refused = at(desk), {"A", "B", "C"}
    real = Box.post

    def takes(box: Box, alert: Alert, who: str, now_ns: int) -> tuple[Kept, bool]:
        if alert.code in refused:
            raise OSError(28, "No space left on device")
        return real(box, alert, who, now_ns)

    monkeypatch.setattr(Box, "post", takes)
    clock.courier.carry(alert("A"), NOW_NS)
    clock.courier.carry(alert("B"), NOW_NS)
    refused.remove("A")
    clock.work(1)
    clock.courier.carry(alert("C"), NOW_NS)
    refused.clear()
    clock.work(1)
    assert sorted(kept.alert.code for kept in Box(desk.alerts).alerts()) == ["A", "B", "C"]
