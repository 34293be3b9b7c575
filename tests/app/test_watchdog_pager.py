"""From findings to incidents, alerts and halts: each once while it lasts, and never silently lost."""

import time
from pathlib import Path

import msgspec
import pytest

from tarazu.app.alerts.alert import Alert, Kept
from tarazu.app.alerts.box import Box
from tarazu.app.home import Home, Profile
from tarazu.app.incidents.store import close, incidents
from tarazu.app.watchdog.endings import ENDED, STORM_ENDINGS, STORM_NS, Endings, end_hung
from tarazu.app.watchdog.finding import Finding
from tarazu.app.watchdog.pager import Pager
from tarazu.app.watchdog.record import note_act
from tarazu.model.units import SECOND_NS
from tarazu.runtime.desk_record import DeskKind, whole

NOW_NS = 1_795_411_800 * SECOND_NS
STALE = Finding(code="FEED_STALE", severity="SEV2", text="stale: options", key="stale", runbook="sev2-feed-stale")
NOBODYS = Finding(code="NO_INTENT", severity="SEV1", text="order 9", key="order 9", halts=True, stays=True)


class Paged:
    """A pager of a home without a main, worked once a second."""

    def __init__(self, home: Home) -> None:
        self.home, self.second = home, 100
        self.again()

    def again(self) -> None:
        """Another watchdog."""
        self.pager = Pager(self.home, NOW_NS)

    def work(self, *findings: Finding, seconds: int = 1) -> None:
        for _ in range(seconds):
            self.second += 1
            self.pager.take(findings)
            self.pager.work(self.second * SECOND_NS, NOW_NS + self.second * SECOND_NS)

    def said(self, code: str) -> list[str]:
        """The timeline of all incidents of the code."""
        return [said.text for one in incidents(self.home) if one.code == code for said in one.timeline]

    def halts(self) -> list[str]:
        found = [e.body for e in whole(self.home.desk) if e.kind is DeskKind.HALT_ASKED]
        return [str(body["code"]) for body in found]


@pytest.fixture
def paged(tmp_path: Path) -> Paged:
    home = Home(Profile.SIM, tmp_path / "sim")
    home.make()
    return Paged(home)


def test_a_finding_opens_one_incident_and_one_alert_however_long_it_lasts(paged: Paged) -> None:
    paged.work(STALE, seconds=30)
    (incident,) = incidents(paged.home)
    (kept,) = Box(paged.home.alerts).alerts()
    assert (incident.code, incident.severity, incident.opened_by) == ("FEED_STALE", "SEV2", "watchdog")
    assert (kept.alert.incident, kept.alert.runbook, kept.times) == (incident.id, "sev2-feed-stale", 1)
    assert paged.pager.texts() == ("FEED_STALE stale: options",)
    paged.work(seconds=11)
    assert paged.pager.incidents_open == 1 and paged.pager.texts() == ()


def test_what_flickers_is_one_thing_and_its_end_is_noted_in_the_incident(paged: Paged) -> None:
    for _ in range(10):
        paged.work(STALE)
        paged.work()
    assert len(paged.said("FEED_STALE")) == 1
    paged.work(seconds=6)
    assert len(paged.said("FEED_STALE")) == 2 and paged.said("FEED_STALE")[-1].startswith("over after")


def test_a_finding_that_has_to_last_is_not_told_before(paged: Paged) -> None:
    lasting = msgspec.structs.replace(STALE, lasts_ns=10 * SECOND_NS)
    paged.work(lasting, seconds=10)
    assert incidents(paged.home) == []
    paged.work(lasting, seconds=2)
    assert len(incidents(paged.home)) == 1


def test_a_second_thing_under_an_open_incident_is_a_line_of_it(paged: Paged) -> None:
    paged.work(STALE)
    paged.work(STALE, msgspec.structs.replace(STALE, key="other", text="stale: futures"))
    assert paged.said("FEED_STALE") == ["stale: options", "stale: futures"]


def test_a_halt_that_main_cannot_be_told_is_in_the_record_once(paged: Paged) -> None:
    paged.work(NOBODYS, seconds=20)
    assert paged.halts() == ["NO_INTENT"] and paged.pager.halts == 1


def test_an_order_that_was_told_and_dealt_with_is_not_told_by_the_next_watchdog(paged: Paged) -> None:
    paged.work(NOBODYS, seconds=2)
    (incident,) = incidents(paged.home)
    close(paged.home, incident.id, "it was mine", who="asha", now_ns=NOW_NS + 200 * SECOND_NS)
    paged.again()
    paged.work(NOBODYS, seconds=2)
    assert len(incidents(paged.home)) == 1 and paged.halts() == ["NO_INTENT"]
    assert paged.pager.texts() == ("NO_INTENT order 9",), "it is still there to be seen"


def test_a_state_that_is_wrong_again_under_the_next_watchdog_is_told_again(paged: Paged) -> None:
    paged.work(STALE)
    close(paged.home, incidents(paged.home)[0].id, "over", who="asha", now_ns=NOW_NS + 200 * SECOND_NS)
    paged.again()
    paged.work(STALE)
    assert len(incidents(paged.home)) == 2


def test_a_home_that_takes_nothing_loses_no_alert_and_asks_for_the_halt_again(paged: Paged) -> None:
    for folder in ("desk", "alerts", "incidents"):
        (paged.home.root / folder).write_text("no folder")
    paged.work(NOBODYS, seconds=2)
    assert [alert.code for alert in paged.pager.unkept] == ["NO_INTENT"], "the courier carries it"
    assert paged.pager.halts == 0
    for folder in ("desk", "alerts", "incidents"):
        (paged.home.root / folder).unlink()
    paged.work(NOBODYS)
    assert paged.halts() == ["NO_INTENT"]


def alerts(paged: Paged, code: str) -> list[Kept]:
    return [kept for kept in Box(paged.home.alerts).alerts() if kept.alert.code == code]


def acked(paged: Paged, kept: Kept) -> None:
    ack_at = {"acked_by": "asha", "acked_ns": NOW_NS + paged.second * SECOND_NS}
    Box(paged.home.alerts).change(kept.id, lambda one: msgspec.structs.replace(one, **ack_at))


def test_what_happens_again_after_it_was_acknowledged_calls_again(paged: Paged) -> None:
    for _ in range(2):
        paged.work(STALE)
        paged.work(seconds=8)
    (kept,) = alerts(paged, "FEED_STALE")
    assert kept.times == 2, "while nobody has it, it is one more of the same"
    acked(paged, kept)
    paged.work(STALE)
    assert [one.is_open for one in alerts(paged, "FEED_STALE")] == [False, True]
    paged.again()
    paged.work(STALE)
    assert len(alerts(paged, "FEED_STALE")) == 2, "the next watchdog goes on where this one was"


def test_a_second_order_of_nobodys_under_the_open_incident_calls_by_the_engines_own_key(paged: Paged) -> None:
    other = msgspec.structs.replace(NOBODYS, key="order 10", text="order 10")
    paged.work(NOBODYS, seconds=2)
    acked(paged, alerts(paged, "NO_INTENT")[0])
    paged.work(NOBODYS, other, seconds=2)
    assert [one.alert.key for one in alerts(paged, "NO_INTENT")] == ["order 9", "order 10"]
    assert len(incidents(paged.home)) == 1


def test_a_halt_that_the_engine_has_called_for_opens_its_incident_and_calls_nobody_twice(paged: Paged) -> None:
    since_ns = NOW_NS + paged.second * SECOND_NS
    halt = Finding(
        code="HARD_HALT", severity="SEV1", text="x", key="h", called="main:D:HALT:NO_INTENT:", since_ns=since_ns
    )
    Box(paged.home.alerts).post(Alert("HALT", "SEV1", "x", "main:D:HALT:NO_INTENT:17"), "main", since_ns + SECOND_NS)
    paged.work(halt, seconds=2)
    assert alerts(paged, "HARD_HALT") == [] and [one.code for one in incidents(paged.home)] == ["HARD_HALT"]
    later = msgspec.structs.replace(halt, key="h2", since_ns=since_ns + 600 * SECOND_NS)
    paged.work(later, seconds=2)
    assert len(alerts(paged, "HARD_HALT")) == 1, "of that one the engine has called nobody"


def test_an_incident_that_could_not_be_opened_is_opened_once_the_record_takes_it_though_it_be_over(
    paged: Paged,
) -> None:
    (paged.home.root / "incidents").write_text("no folder")
    (paged.home.root / "desk").write_text("no folder")
    paged.work(NOBODYS, seconds=2)
    paged.work(seconds=20)
    for name in ("incidents", "desk"):
        (paged.home.root / name).unlink()
    paged.work(seconds=8)
    (incident,) = incidents(paged.home)
    assert incident.code == "NO_INTENT" and "over after" in incident.timeline[-1].text
    found = [e for e in whole(paged.home.desk) if e.body.get("act") == "found"]
    assert len(found) == 1 and len(alerts(paged, "NO_INTENT")) == 1


def test_what_was_there_for_one_look_has_not_lasted(paged: Paged) -> None:
    lasting = msgspec.structs.replace(STALE, lasts_ns=2 * SECOND_NS)
    paged.work(lasting)
    paged.work(seconds=8)
    assert incidents(paged.home) == []


# Endings.


def test_four_endings_within_half_an_hour_are_a_storm_whoever_counts(paged: Paged) -> None:
    endings = Endings(paged.home, NOW_NS)
    for _ in range(STORM_ENDINGS):
        assert not endings.is_storm("main")
        endings.count("main")
        note_act(paged.home, {"act": ENDED, "name": "main", "machine_ns": time.time_ns()}, NOW_NS)
    assert endings.is_storm("main") and not endings.is_storm("depth_ws")
    assert Endings(paged.home, NOW_NS).is_storm("main"), "the next watchdog counts on"


def test_endings_of_an_hour_ago_are_no_storm(paged: Paged) -> None:
    endings = Endings(paged.home, NOW_NS)
    for _ in range(STORM_ENDINGS):
        endings.count("main", time.time_ns() - 2 * STORM_NS)
    assert not endings.is_storm("main")


def test_a_process_that_no_supervisor_knows_is_not_ended(paged: Paged) -> None:
    import subprocess

    sleeper = subprocess.Popen(["sleep", "60"])
    try:
        assert f"kill -9 {sleeper.pid}" in end_hung(paged.home, "main", sleeper.pid)
        assert sleeper.poll() is None
    finally:
        sleeper.kill()
        sleeper.wait()
    assert end_hung(paged.home, "main", sleeper.pid) == f"process {sleeper.pid} is gone"


def test_a_home_that_cannot_be_read_is_a_reason_and_no_end_of_the_watchdog(paged: Paged) -> None:
    import subprocess

    sleeper = subprocess.Popen(["sleep", "60"])
    try:
        paged.home.root.rename(paged.home.root.with_suffix(".away"))
        paged.home.root.write_text("no folder")
        assert end_hung(paged.home, "main", sleeper.pid)
        assert sleeper.poll() is None
    finally:
        sleeper.kill()
        sleeper.wait()
