"""The outbox: an alert is on the disk when it was posted, once for what happened once, and outlives what is broken."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tarazu.app.alerts.acking import ack_alerts
from tarazu.app.alerts.alert import Alert
from tarazu.app.alerts.box import KEPT_NS, SAME_NS, Box
from tarazu.app.alerts.post import post
from tarazu.app.home import Home, Profile
from tarazu.model.units import SECOND_NS
from tarazu.runtime import desk_record
from tarazu.runtime.desk_record import DeskKind

NOW_NS = 1_795_411_800_000_000_000
STALE = Alert("FEED_STALE", "SEV2", "options are 11.8 s old", "FEED_STALE:options", runbook="sev2-feed-stale")
HALT = Alert("HARD_HALT", "SEV1", "an order that nobody decided", "HARD_HALT:1")


@pytest.fixture
def desk(tmp_path: Path) -> Home:
    return Home(Profile.SIM, tmp_path / "sim")


def test_what_was_posted_is_there_for_another_process_and_in_the_desks_record(desk: Home) -> None:
    id_ = post(desk, STALE, NOW_NS, "watchdog")
    assert id_ == "AL-20261123-001"
    kept = Box(desk.alerts).find(id_)
    assert kept is not None
    assert (kept.alert, kept.who, kept.is_open) == (STALE, "watchdog", True)
    said = list(desk_record.whole(desk.desk))
    assert [(entry.kind, entry.who, entry.body["act"]) for entry in said] == [(DeskKind.ALERT, "watchdog", "posted")]


def test_the_same_key_is_counted_and_not_an_alert_of_its_own(desk: Home) -> None:
    first = post(desk, STALE, NOW_NS)
    assert [post(desk, STALE, NOW_NS + s * SECOND_NS) for s in (1, 2)] == [first, first]
    (kept,) = Box(desk.alerts).alerts()
    assert (kept.times, kept.first_ns, kept.last_ns) == (3, NOW_NS, NOW_NS + 2 * SECOND_NS)
    assert len(list(desk_record.whole(desk.desk))) == 1
    assert post(desk, HALT, NOW_NS) == "AL-20261123-002"


def test_an_acknowledged_alert_that_goes_on_is_the_same_and_one_that_comes_back_is_new(desk: Home) -> None:
    first = post(desk, STALE, NOW_NS)
    ack_alerts(desk, first, "asha", NOW_NS)
    assert post(desk, STALE, NOW_NS + SAME_NS) == first
    again = post(desk, STALE, NOW_NS + 2 * SAME_NS + 1)
    assert again != first
    kept = Box(desk.alerts).find(again)
    assert kept is not None and kept.is_open


def test_one_that_becomes_graver_must_be_acknowledged_anew(desk: Home) -> None:
    id_ = post(desk, STALE, NOW_NS)
    ack_alerts(desk, "all", "asha", NOW_NS)
    graver = Alert("FEED_STALE", "SEV1", "and positions are open", STALE.key)
    assert post(desk, graver, NOW_NS + SECOND_NS) == id_
    kept = Box(desk.alerts).find(id_)
    assert kept is not None and kept.is_open and kept.alert == graver


def test_a_file_that_does_not_read_is_told_and_keeps_no_other_alert_from_going_out(desk: Home) -> None:
    post(desk, STALE, NOW_NS)
    (path,) = desk.alerts.glob("AL-*.json")
    path.write_bytes(b"{garbage")
    assert post(desk, HALT, NOW_NS) == "AL-20261123-002"
    assert post(desk, STALE, NOW_NS) == "AL-20261123-003"
    box = Box(desk.alerts)
    assert [kept.alert.code for kept in box.alerts()] == ["HARD_HALT", "FEED_STALE"]
    assert box.unreadable() == [path]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux's full disk")
def test_a_full_disk_raises_nothing_and_leaves_no_half_alert(desk: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    id_ = post(desk, STALE, NOW_NS)
    real = os.open

    def full(path: object, flags: int, *rest: int) -> int:
        made = Path(str(path)).name.startswith(".AL-") and flags & os.O_CREAT
        return real("/dev/full", os.O_WRONLY) if made else real(path, flags, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", full)
    assert post(desk, HALT, NOW_NS) == ""
    monkeypatch.undo()
    assert [kept.id for kept in Box(desk.alerts).alerts()] == [id_]


def test_an_alert_goes_out_though_the_desks_record_takes_nothing(desk: Home) -> None:
    desk.root.mkdir(parents=True)
    desk.desk.write_text("a file where the folder should be")
    assert post(desk, HALT, NOW_NS)
    assert [kept.alert for kept in Box(desk.alerts).alerts()] == [HALT]


POST_SOME = """
import sys
from pathlib import Path
from tarazu.app.alerts.post import Alert, post
from tarazu.app.home import Home, Profile

desk, now_ns = Home(Profile.SIM, Path(sys.argv[1])), int(sys.argv[3])
for n in range(20):
    assert post(desk, Alert("FEED_STALE", "SEV2", "of both", "of both"), now_ns)
    assert post(desk, Alert("HARD_HALT", "SEV1", "of one", f"{sys.argv[2]}{n}"), now_ns)
"""


def test_processes_that_post_at_once_lose_nothing_and_share_no_id(desk: Home) -> None:
    words = [sys.executable, "-c", POST_SOME, str(desk.root)]
    processes = [subprocess.Popen([*words, name, str(NOW_NS)]) for name in "ab"]
    assert [process.wait(120) for process in processes] == [0, 0]
    kept = Box(desk.alerts).alerts()
    assert len(kept) == 41 and len({one.id for one in kept}) == 41
    assert max(one.times for one in kept) == 40
    assert len(list(desk_record.whole(desk.desk))) == 41


CHANGE_IT = """
import sys
from pathlib import Path
import msgspec
from tarazu.app.alerts.box import Box

box = Box(Path(sys.argv[1]))
for _ in range(60):
    assert box.change(sys.argv[2], lambda kept: msgspec.structs.replace(kept, times=kept.times + 1))
"""


def test_processes_that_change_one_alert_at_once_take_back_nothing_of_each_other(desk: Home) -> None:
    id_ = post(desk, STALE, NOW_NS)
    words = [sys.executable, "-c", CHANGE_IT, str(desk.alerts), id_]
    processes = [subprocess.Popen(words) for _ in range(2)]
    assert [process.wait(120) for process in processes] == [0, 0]
    kept = Box(desk.alerts).find(id_)
    assert kept is not None and kept.times == 121


def test_reading_an_outbox_that_is_not_there_makes_none(desk: Home) -> None:
    assert Box(desk.alerts).alerts() == [] and Box(desk.alerts).find("AL-20261123-001") is None
    assert not desk.root.exists()


def test_what_is_done_and_old_is_taken_away_and_what_nobody_has_stays(desk: Home) -> None:
    post(desk, STALE, NOW_NS)
    post(desk, HALT, NOW_NS)
    ack_alerts(desk, "AL-20261123-001", "asha", NOW_NS)
    box = Box(desk.alerts)
    assert box.prune(NOW_NS + KEPT_NS) == 0
    assert box.prune(NOW_NS + KEPT_NS + 1) == 1
    assert [kept.alert for kept in box.alerts()] == [HALT]


POST_WITH_NO_ROOM = """
import resource, sys
from pathlib import Path
from tarazu.app.alerts.box import Box
from tarazu.app.alerts.post import Alert, post
from tarazu.app.home import Home, Profile

desk, now_ns = Home(Profile.SIM, Path(sys.argv[1])), int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (250, 250))
alert = Box(desk.alerts).alerts()[0].alert
assert post(desk, alert, now_ns) == "", "it was taken for kept"
assert post(desk, Alert("HARD_HALT", "SEV1", "another", "another"), now_ns) == "", "it was taken for kept"
"""


def test_a_disk_that_takes_a_part_of_an_alert_leaves_the_one_before_as_it_was(desk: Home) -> None:
    id_ = post(desk, STALE, NOW_NS)
    before = {path.name: path.read_bytes() for path in desk.alerts.glob("AL-*")}
    words = [sys.executable, "-c", POST_WITH_NO_ROOM, str(desk.root), str(NOW_NS + SECOND_NS)]
    assert subprocess.run(words, timeout=120).returncode == 0
    assert {path.name: path.read_bytes() for path in desk.alerts.glob("AL-*")} == before
    assert post(desk, STALE, NOW_NS + 2 * SECOND_NS) == id_
