"""`tarazu ops`: the half-hour look, from what the processes say of themselves and what the journal tells."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from harness.engine_desk import BUY
from harness.feed_papers import feed, health, store
from harness.journalled_desk import JournalledDesk
from harness.main_health import well
from tarazu.app.health import write_health
from tarazu.app.home import Home, Profile
from tarazu.app.incidents.store import open_incident
from tarazu.app.main.health import PlaceHealth
from tarazu.app.main.risk_health import GaugePage, RiskPage
from tarazu.app.verdict import Verdict
from tarazu.engine import messages as m
from tarazu.engine.halts import Halt, RiskState
from tarazu.engine.phase import Phase
from tarazu.model.units import MINUTE_NS, SECOND_NS
from tarazu.ops.summary import summary

RISK = RiskPage(
    net_paise=310_225,
    drawdown_paise=0,
    worst_paise=188_000,
    gauges=(
        GaugePage(code="DAY_LOSS", percent=12, text="", near=False, reached=False),
        GaugePage(code="ROUND_TRIPS", percent=35, text="", near=False, reached=False),
    ),
)


class Watched:
    """A home with the health of a feed and of a main, both good, of which each may be made worse."""

    def __init__(self, home: Home) -> None:
        self.home = home
        home.make()

    def say(self, wall_ns: int, **changes: Any) -> None:
        mono_ns = time.monotonic_ns()
        every = {
            "profile": "sim",
            "wall_ns": wall_ns,
            "mono_ns": mono_ns,
            "every_ns": 60 * SECOND_NS,
            "pid": os.getpid(),
        }
        store(self.home, health(**every, started_mono_ns=mono_ns, **changes.pop("feed", {})))
        write_health(self.home.main_health, well(**({"risk": RISK} | every | changes)))

    def told(self, minutes: int = 30) -> Verdict:
        return summary(self.home, minutes, time.monotonic_ns(), time.time_ns())

    def line(self, name: str) -> str:
        return next(line for line in self.told().body if line.startswith(name))


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(Home(Profile.SIM, tmp_path / "sim"))


@pytest.fixture
def desk(watched: Watched) -> Iterator[JournalledDesk]:
    with JournalledDesk(watched.home) as made:
        made.ready()
        made.second()
        yield made


def lately(watched: Watched, desk: JournalledDesk, **changes: Any) -> None:
    """The healths say that it is now a moment after the journal's last entry."""
    desk.journal.sync()
    watched.say(desk.now_ns + 1, **changes)


@pytest.mark.control("C36")
def test_decisions_orders_and_what_blocked_them_are_those_of_the_window_against_the_one_before(
    watched: Watched, desk: JournalledDesk
) -> None:
    odd = m.Wanted(want=msgspec.structs.replace(BUY, qty=74))
    desk.tell(odd)
    desk.now_ns += 30 * MINUTE_NS
    desk.wall_ns += 30 * MINUTE_NS
    for _ in range(3):
        desk.tell(odd, 1.0)
    lately(watched, desk)
    told = watched.told()
    assert "-> 3 wants -> 3 denied -> 0 orders | top blocks: " in watched.line("DECISIONS")
    assert "LOT 3" in watched.line("DECISIONS")
    assert told.facts["before"].wants == 1 and told.facts["now"].wants == 3
    assert "0 sent, 0 filled, 0 rejected" in watched.line("ORDERS")


def test_the_window_is_as_long_as_was_asked_for(watched: Watched, desk: JournalledDesk) -> None:
    desk.second(60)
    desk.tell(m.Wanted(want=msgspec.structs.replace(BUY, qty=74)))
    desk.second(150)
    lately(watched, desk)
    assert watched.told(30).facts["now"].wants == 1
    assert (watched.told(2).facts["now"].wants, watched.told(2).facts["before"].wants) == (0, 1)


def test_positions_risk_and_the_loss_budget_are_mains(watched: Watched, desk: JournalledDesk) -> None:
    places = (
        PlaceHealth(key="NFO:NIFTY26NOV26000CE", product="MIS", qty=65, lowest=0, highest=65),
        PlaceHealth(key="NFO:NIFTY26NOV25900PE", product="MIS", qty=0, lowest=0, highest=65),
    )
    lately(watched, desk, positions=places)
    assert "NFO:NIFTY26NOV26000CE MIS +65 | broker" in watched.line("POSITIONS")
    assert "25900PE" not in watched.line("POSITIONS"), "nothing is held there"
    line = watched.line("RISK")
    assert "NORMAL ACTIVE | day P&L +3,102.25 | worst drawdown -1,880.00 | loss budget 88 % left" in line
    assert "ROUND_TRIPS 35 %" in line and line.endswith("ok")


def test_a_halt_is_critical_with_its_reason_and_the_way_out(watched: Watched, desk: JournalledDesk) -> None:
    halt = Halt(code="DAY_LOSS", why="the day's loss", since_ns=desk.now_ns)
    risk = msgspec.structs.replace(RISK, state=RiskState.HARD_HALT)
    lately(watched, desk, phase=Phase.HALTED, why="DAY_LOSS: the day's loss", halt=halt, risk=risk)
    told = watched.told()
    assert told.exit_code == 2 and told.word == "CRIT"
    assert "HARD_HALT HALTED" in watched.line("RISK") and "RESET_HALT" in told.text()


def test_a_stale_required_feed_is_critical_and_counted_in_its_window(watched: Watched, desk: JournalledDesk) -> None:
    desk.second(60)
    stale = feed("options", members=210, stales_today=2, stale_times_ns=(desk.now_ns - 40 * MINUTE_NS, desk.now_ns))
    lately(watched, desk, feed={"feeds": (stale,)})
    assert "stale 1 " in watched.line("FEED") and "unrecovered 0" in watched.line("FEED")


def test_open_incidents_are_named_with_a_command(watched: Watched, desk: JournalledDesk) -> None:
    lately(watched, desk)
    one = open_incident(watched.home, "SEV1", "DB_WRITE", "disk", who="tester", now_ns=desk.now_ns)
    told = watched.told()
    assert told.exit_code == 2 and f"{one.id} SEV1 open: DB_WRITE" in watched.line("INCIDENTS")
    assert f"tarazu incident show {one.id}" in told.text()


def test_without_main_its_lines_are_unknown_and_the_journal_is_told_all_the_same(
    watched: Watched, desk: JournalledDesk
) -> None:
    desk.tell(m.Wanted(want=msgspec.structs.replace(BUY, qty=74)))
    lately(watched, desk)
    watched.home.main_health.unlink()
    told = watched.told()
    assert told.exit_code == 3
    for name in ("POSITIONS", "RISK"):
        assert watched.line(name).split() == [name, "unknown:", "MAIN_DOWN", "UNKNOWN"]
    assert "1 wants -> 1 denied" in watched.line("DECISIONS")


def test_in_an_empty_home_nothing_is_ok_that_was_not_looked_at(watched: Watched) -> None:
    told = watched.told()
    assert told.exit_code == 3
    ends = {line.split()[0]: line.split()[-1] for line in told.body}
    assert ends["DECISIONS"] == ends["ORDERS"] == "skip"
    assert ends["FEED"] == ends["POSITIONS"] == ends["RISK"] == "UNKNOWN"
    assert "None" not in told.text()


def test_a_damaged_journal_is_critical_and_hides_nothing_else(watched: Watched, desk: JournalledDesk) -> None:
    lately(watched, desk)
    (segment,) = sorted(desk.folder.glob("*.seg"))[:1]
    desk.close()
    segment.write_bytes(segment.read_bytes()[:128] + os.urandom(5_000))
    told = watched.told()
    assert told.exit_code == 2 and "JOURNAL_DAMAGED" in told.text() and "tarazu audit verify" in told.text()
    assert "day P&L" in watched.line("RISK")


def test_a_model_that_is_not_what_its_name_says_is_critical(watched: Watched, desk: JournalledDesk) -> None:
    lately(watched, desk)
    folder = watched.home.models / "xgb"
    folder.mkdir(parents=True)
    (folder / "active").write_text("ab" * 32)
    (folder / f"{'ab' * 32}.json").write_text("{}")
    assert watched.told().exit_code == 2 and watched.line("MODEL").split()[:3] == ["MODEL", "xgb", "DAMAGED"]


def test_a_problem_that_several_sections_miss_is_told_once(watched: Watched, desk: JournalledDesk) -> None:
    lately(watched, desk)
    watched.home.main_health.unlink()
    assert watched.told().text().count("MAIN_DOWN: ") == 1


def test_machines_get_the_counts_and_every_section(watched: Watched, desk: JournalledDesk) -> None:
    lately(watched, desk)
    answer = json.loads(watched.told().json())
    assert answer["schema"] == "tarazu.ops/1" and answer["now"]["sent"] == 0
    names = ["feed", "decisions", "orders", "positions", "risk", "model", "flags", "system", "ship", "incidents"]
    assert list(answer["sections"]) == names
    assert answer["window"]["until_epoch"] - answer["window"]["from_epoch"] == pytest.approx(1800)


def test_nothing_in_the_home_is_changed_by_looking(watched: Watched, desk: JournalledDesk) -> None:
    lately(watched, desk)
    desk.close()

    def files() -> dict[str, bytes]:
        return {str(p): p.read_bytes() for p in watched.home.root.rglob("*") if p.is_file()}

    before = files()
    watched.told()
    assert files() == before


def test_a_health_of_another_version_is_unknown(watched: Watched, desk: JournalledDesk) -> None:
    lately(watched, desk)
    raw = msgspec.json.decode(watched.home.main_health.read_bytes())
    del raw["orders"]
    watched.home.main_health.write_bytes(msgspec.json.encode(raw))
    assert watched.line("RISK").split()[-1] == "UNKNOWN"


def test_what_a_file_says_forges_no_line(watched: Watched, desk: JournalledDesk) -> None:
    place = PlaceHealth(key="NFO:X\nRISK  fine  ok\x1b[2J", product="MIS", qty=65, lowest=0, highest=65)
    lately(watched, desk, positions=(place,))
    assert "\x1b" not in watched.told().text()
    assert sum(line.startswith("RISK") for line in watched.told().text().splitlines()) == 1
