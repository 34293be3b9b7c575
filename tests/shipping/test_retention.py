"""A day goes after the years it is kept: by a person's word, and never where this disk alone has it."""

import shutil
from datetime import date
from pathlib import Path

import msgspec
import pytest

from harness.shipped_home import ShippedHome, write
from tarazu.app.backup.make import Asked, Made, make_backup
from tarazu.app.closing.whole import close_folder, write_whole
from tarazu.app.data.steps import steps
from tarazu.app.home import Home, Profile
from tarazu.app.incidents.store import close, open_incident
from tarazu.app.retention.expire import retire
from tarazu.app.retention.plan import oldest_kept
from tarazu.app.verdict import Verdict
from tarazu.model import ist
from tarazu.model.units import HOUR_NS
from tarazu.runtime.desk_record import DeskKind, append, whole

FIRST, SECOND, TODAY = date(2018, 1, 2), date(2018, 1, 3), date(2026, 11, 23)
YEARS = 8
NOW_NS = ist.midnight_ns(TODAY) + 17 * HOUR_NS


def lived(desk: ShippedHome, day: date) -> None:
    """A day that was traded and closed."""
    with desk.journal(day) as log:
        write(log, 1, 9)
        log.checkpoint()
    write_whole(close_folder(desk.home, day) / "rollup.json", b"{}\n")
    write_whole(desk.home.archive / "logs" / day.isoformat() / "main.log.gz", b"packed")
    append(desk.home.desk, DeskKind.CLOSED, {"day": day.isoformat()}, who="tester", now_ns=ist.midnight_ns(day))


def backed_up(home: Home) -> Made:
    made = make_backup(
        home, Asked(folder=home.root.parent.parent / "backups", day=TODAY), who="tester", now_ns=NOW_NS, steps=steps()
    )
    assert isinstance(made, Made), made
    body = msgspec.to_builtins({"backup": made.file})
    append(home.desk, DeskKind.BACKED_UP, body, who="tester", now_ns=NOW_NS)
    return made


@pytest.fixture(scope="module")
def as_it_was(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two old days and one of today, in a proven backup."""
    desk = ShippedHome(tmp_path_factory.mktemp("old") / "desk")
    for day in (FIRST, SECOND, TODAY):
        lived(desk, day)
    backed_up(desk.home)
    return desk.home.root.parent.parent


@pytest.fixture
def home(as_it_was: Path, tmp_path: Path) -> Home:
    """The same, to be changed; its backup lies where it lay."""
    shutil.copytree(as_it_was, tmp_path / "desk")
    return Home(Profile.SIM, tmp_path / "desk" / "home" / "sim")


def asked(home: Home, plan: str = "", years: int = YEARS) -> Verdict:
    return retire(home, TODAY, years, plan, "asha", steps(), NOW_NS)


def staying(told: Verdict) -> dict[str, str]:
    found: dict[str, str] = told.facts["staying"]
    return found


def everything(home: Home) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in home.root.rglob("*") if path.is_file()}


@pytest.mark.control("C33")
def test_nothing_is_taken_away_before_a_person_has_named_the_plan(home: Home) -> None:
    before = everything(home)
    told = asked(home)
    assert (told.word, told.facts["going"], staying(told)) == ("PLAN", [FIRST, SECOND], {})
    assert told.tail == (f"next       tarazu rollup --expire --plan {told.facts['plan']}",)
    assert everything(home) == before


def test_by_the_plans_name_its_days_go_and_that_is_written_down(home: Home) -> None:
    told = asked(home, asked(home).facts["plan"])
    assert (told.word, int(told.exit_code)) == ("DONE", 0), told.text()
    left = {path.name for path in home.root.rglob("20*") if path.is_dir()}
    assert left == {TODAY.isoformat()}
    gone = [entry for entry in whole(home.desk) if entry.kind is DeskKind.EXPIRED]
    assert [(entry.who, entry.body["day"]) for entry in gone] == [("asha", str(FIRST)), ("asha", str(SECOND))]
    assert f"journal/{FIRST}/000001.seg" in gone[0].body["files"]
    assert asked(home).word == "NOTHING"


@pytest.mark.parametrize("plan", ["0" * 12, "a", "yes"])
def test_another_plan_than_the_one_that_was_told_takes_nothing(home: Home, plan: str) -> None:
    before = everything(home)
    told = asked(home, plan)
    assert (told.word, told.checks[0].code) == ("REFUSED", "OTHER_PLAN") and everything(home) == before


def test_a_plan_told_before_something_changed_is_another_plan(home: Home) -> None:
    plan = asked(home).facts["plan"]
    open_incident(home, "SEV3", "LATE_QUESTION", f"what was sold on {SECOND}?", who="asha", now_ns=NOW_NS)
    assert asked(home, plan).checks[0].code == "OTHER_PLAN"


@pytest.mark.control("C33")
def test_a_day_is_kept_for_its_years(home: Home) -> None:
    assert asked(home, years=9).word == "NOTHING"
    assert asked(home, years=8).facts["before"] == date(2018, 11, 23)
    assert oldest_kept(date(2028, 2, 29), 1) == date(2027, 2, 28)


def test_a_day_that_an_open_incident_names_stays_and_keeps_those_after_it(home: Home) -> None:
    incident = open_incident(home, "SEV2", "DISPUTE", f"the broker asks about {FIRST}", who="asha", now_ns=NOW_NS)
    told = asked(home)
    assert told.facts["going"] == []
    assert incident.id in staying(told)[str(FIRST)] and "no gaps" in staying(told)[str(SECOND)]
    close(home, incident.id, "answered", who="asha", now_ns=NOW_NS)
    assert asked(home).facts["going"] == [FIRST, SECOND]


def test_a_day_that_was_never_closed_stays(tmp_path: Path) -> None:
    desk = ShippedHome(tmp_path / "desk")
    with desk.journal(FIRST) as log:
        write(log, 1, 5)
    backed_up(desk.home)
    assert staying(asked(desk.home)) == {str(FIRST): "it was never closed"}


@pytest.mark.parametrize(
    "name", ["journal/{day}/000001.seg", "closes/{day}/rollup.json", "archive/logs/{day}/main.log.gz"]
)
def test_a_file_that_is_another_one_in_the_backup_keeps_its_day(home: Home, name: str) -> None:
    path = home.root / name.format(day=SECOND)
    path.write_bytes(path.read_bytes() + b"x")
    told = asked(home)
    assert told.facts["going"] == [FIRST] and "is another one in" in staying(told)[str(SECOND)]


@pytest.mark.control("C33")
def test_a_file_that_no_backup_has_keeps_its_day(home: Home) -> None:
    (close_folder(home, FIRST) / "note-of-a-person.txt").write_text("remember")
    told = asked(home)
    assert told.facts["going"] == [] and "note-of-a-person.txt is not in" in staying(told)[str(FIRST)]


def test_without_a_backup_nothing_goes(tmp_path: Path) -> None:
    desk = ShippedHome(tmp_path / "desk")
    lived(desk, FIRST)
    told = asked(desk.home)
    assert (told.word, told.checks[0].code, told.checks[0].hint) == ("CRIT", "NOT_KEPT", "tarazu dr backup")


def test_a_backup_that_was_changed_since_it_was_proven_keeps_everything(tmp_path: Path) -> None:
    desk = ShippedHome(tmp_path / "desk")
    lived(desk, FIRST)
    path = Path(backed_up(desk.home).file.path)
    raw = bytearray(path.read_bytes())
    raw[-2_000] ^= 1
    path.write_bytes(raw)
    told = asked(desk.home)
    assert told.checks[0].code == "NOT_KEPT" and "is not what it was" in told.checks[0].detail
    path.unlink()
    assert "not there any more" in asked(desk.home).checks[0].detail


def test_a_desks_record_that_does_not_read_keeps_everything(home: Home) -> None:
    path = home.desk / f"{SECOND}.jsonl"
    path.write_bytes(path.read_bytes().replace(b"tester", b"nobody"))
    assert all("does not read" in why for why in staying(asked(home)).values())
