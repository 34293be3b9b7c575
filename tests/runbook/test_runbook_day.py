"""The day as RUNBOOK_LIVE.md has it: its own command lines, in its order, with real processes; and by `runbook run`."""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.runbook_desk import PATIENCE_S, Desk, sections
from tarazu.app.drills.place import drill_home
from tarazu.app.main.health import read_main_health
from tarazu.app.runbook.runs.record import runs
from tarazu.app.supervision import orphans
from tarazu.app.supervision.supervisor import Supervision
from tarazu.runtime.desk_record import whole


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with drill_home(tmp_path) as home:
        yield Desk(home)


def test_the_document_has_the_sections_and_lines_that_this_test_does() -> None:
    counts = {number: len(lines) for number, lines in sections().items()}
    assert counts == {"1": 6, "2": 2, "3": 5, "4": 6, "5": 5, "6": 3}


@pytest.mark.timeout(1800)
def test_sections_1_to_4_are_done_in_order_by_the_documents_own_lines(desk: Desk) -> None:
    told = sections()
    gate, validate, token, depth, feed, sla = told["1"]

    # 1) Pre-open. A fresh home: the gate is READY, and says what it does not know yet.
    assert desk.until(gate, 0).split()[0] == "READY"
    assert desk.until(validate, 0).split()[0] == "VALID"
    desk.broker.strike("token.kill", count=1)
    assert desk.until(validate, 2).split()[0] == "INVALID"
    code, out = desk.type(gate)
    assert code != 0 and out.startswith("NOT_READY") and "session" in out, "no missing Kite auth"
    code, out = desk.type(token, stdin=f"{desk.broker.request_token()}\n")
    assert code in (0, 1), out
    assert desk.home.env_file.stat().st_mode & 0o777 == 0o600
    assert desk.until(validate, 0).split()[0] == "VALID"
    desk.until(gate, 0)
    assert "depth_ws" in desk.until(depth, 0)
    assert desk.until(feed, 0).startswith("OK")
    assert "tick_lag_sec" in desk.until(sla, 0)

    # 2) Start sequence: it adopts the feed that runs.
    start, status = told["2"]
    desk.start_adopting_the_feed(start, feed)
    out = desk.until(status, 0, 1)
    for name in ("depth_ws", "main", "watchdog"):
        assert re.search(rf"^{name}\s+RUNNING\s+\d+", out, re.MULTILINE), out
    assert desk.until(feed, 0)

    # 3) Live monitoring, and what it says when the feed is stale.
    sla, summary, risk, status, depth = told["3"]
    desk.until_active()
    out = desk.until(sla, 0)
    assert "tick_lag_sec" in out and "depth_lag_sec" in out
    out = desk.until(summary, 0, 1)
    assert "FEED" in out and "DECISIONS" in out
    out = desk.until(risk, 0, 1)
    assert "HARD_HALT" not in out.splitlines()[0]
    desk.broker.strike("ws.freeze")
    desk.until(sla, 2, says="FEED_STALE")
    desk.until(status, 1, 2)
    desk.broker.calm()
    desk.until(depth, 0)
    desk.until(sla, 0)

    # 4) SEV2: the feed is stale, and stays so; the stack is stopped.
    plan, stop, bundle, depth, feed, stop_stale = told["4"]
    desk.broker.strike("ws.freeze")
    desk.until(feed, 2, says="FEED_STALE")
    desk.broker.calm()
    desk.until(depth, 0)
    assert desk.until(feed, 0).startswith("OK")
    code, out = desk.type(stop_stale)
    assert code in (0, 1), out
    _nothing_trades(desk)
    assert desk.type(stop_stale)[0] in (0, 1), "twice is as good as once"

    # 4) SEV1: something is held, the plan is told, the stack is stopped, and everything is bundled.
    code, out = desk.type(start)
    assert code in (0, 1), out
    desk.hold()
    assert desk.until(plan, 1).startswith("PLAN ONLY")
    before = len(desk.broker.books().orders)
    code, out = desk.type(stop)
    assert code in (0, 1), out
    assert "NIFTY" in out, "a stop is not silent about positions"
    _nothing_trades(desk)
    code, out = desk.type(bundle.replace("<ID>", "INC-20260101-99"))
    assert code in (0, 1) and out.startswith("BUNDLE"), "an unknown id is bundled, and flagged"
    assert desk.until(plan, 1), "it is still held; and in sim the box is begun where it was stopped"
    assert len(desk.broker.books().orders) == before, "the playbook has sent nothing"
    assert desk.tarazu("flatten", "--live", "--yes", "--reason", "the test is over")[0] == 0
    books = desk.broker.books()
    assert not books.net and not books.working and not books.doubled
    assert list(whole(desk.home.desk)), "the desk's record is one chain"


@pytest.mark.timeout(1800)
def test_runbook_run_does_the_same_and_leaves_evidence(desk: Desk) -> None:
    code, out = desk.tarazu("runbook", "run", "pre-open", "--auto")
    assert code == 1 and out.startswith("DONE_WITH_WARNINGS") and "eyeball skipped" in out, "nobody compared the prices"
    code, out = desk.tarazu("runbook", "run", "start", "--auto")
    assert code in (0, 1), out
    desk.hold()
    _monitored(desk)

    code, out = desk.tarazu("runbook", "run", "sev1-hard-halt", "--auto")
    assert code == 4 and out.startswith("PAUSED") and "--consent stop" in out
    assert read_main_health(desk.home.main_health) is not None and Supervision(desk.home).state("main").state.is_up
    paused = runs(desk.home)[-1]
    code, out = desk.tarazu("runbook", "resume", paused.id, "--auto", "--consent", "stop")
    assert code in (0, 1), out
    _nothing_trades(desk)
    told = runs(desk.home)[-1]
    assert told.id == paused.id and [d.step for d in told.steps] == ["plan", "stop", "bundle"]
    assert told.steps[0].first_line.startswith("PLAN ONLY") and told.steps[2].first_line.startswith("BUNDLE")
    assert told.incident == told.id, "no incident was open: the run's own name, which the bundle flags"

    page = desk.home.root / "run.html"
    code, out = desk.tarazu("runbook", "evidence", told.id, "--out", "--html", str(page))
    assert code == 0 and out.startswith("EVIDENCE") and "PLAN ONLY" in out and "<table>" in page.read_text()
    code, out = desk.tarazu("runbook", "list", "--json")
    listed: dict[str, Any] = {row["id"]: row for row in json.loads(out)["runbooks"]}
    assert listed["sev1-hard-halt"]["latest_run"] == told.id and listed["eod"]["absent_issue"] is None
    assert list(whole(desk.home.desk)), "the desk's record is one chain"


def _monitored(desk: Desk) -> None:
    """Its good way, to the end; anew where a machine that stood still led it round by the feed."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        code, out = desk.tarazu("runbook", "run", "monitor", "--auto", "--anew")
        if code in (0, 1) and [done.step for done in runs(desk.home)[-1].steps] == ["sla", "ops", "risk"]:
            return
        assert time.monotonic() < deadline, out


def _nothing_trades(desk: Desk) -> None:
    """Neither under a supervisor nor beside it."""
    supervision = Supervision(desk.home)
    for name in ("main", "watchdog", "depth_ws"):
        assert not supervision.state(name).state.is_up, supervision.state(name)
    left = {orphan.name for orphan in orphans.orphans(desk.home)} if supervision.pid is None else set()
    assert not left & {"main", "watchdog", "depth_ws"}
