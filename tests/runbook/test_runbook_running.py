"""A run does its steps, judges them, and writes each down before the next; whatever it is broken off by."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tarazu.app.home import Home, Profile
from tarazu.app.incidents.store import close, open_incident
from tarazu.app.runbook.book.model import Expect, Rule, Runbook, Step
from tarazu.app.runbook.runs import judging
from tarazu.app.runbook.runs.attendance import Nobody, Person
from tarazu.app.runbook.runs.beginning import Refused, Terms, begin, resume
from tarazu.app.runbook.runs.evidence import NotRecorded, evidence_checks
from tarazu.app.runbook.runs.record import Event, Run, find, runs
from tarazu.app.runbook.runs.running import AlreadyRuns, Runner, alone
from tarazu.app.runbook.runs.sitting import Sitting, ended
from tarazu.app.verdict import Exit, Status, Verdict
from tarazu.runtime.desk_record import DeskKind, days, whole

HALTED = """
import pathlib, sys
with (pathlib.Path(sys.argv[0]).parent / "looks").open("a") as looks:
    looks.write("look\\n")
print("CRIT  SIM  RiskState HARD_HALT")
"""
SAY = """
import os, pathlib, sys, time
here = pathlib.Path(sys.argv[0]).parent
name, code = sys.argv[1], int(sys.argv[2])
with (here / "done").open("a") as done:
    done.write(name + "\\n")
again = here / (name + ".then")
if again.exists():
    code = int(again.read_text())
else:
    again.write_text(sys.argv[3] if len(sys.argv) > 3 else str(code))
if name == "sleeps":
    (here / "asleep").touch()
    time.sleep(600)
print("SAID", name, os.environ["TARAZU_PROFILE"], "access_token=abcdefghij0123456789")
sys.exit(code)
"""


def say(name: str, code: int = 0, then: int | None = None) -> str:
    """A command that notes that it ran, and ends with this code; from the second time on with `then`."""
    return f"python scripts/say.py {name} {code}" + ("" if then is None else f" {then}")


class Place:
    """A checkout with one script, and a home. The profile is `live`: no broker is begun, and time is this machine's."""

    def __init__(self, root: Path) -> None:
        self.folder = root / "checkout"
        (self.folder / "scripts").mkdir(parents=True)
        (self.folder / "scripts" / "_tarazu.py").touch()
        (self.folder / "scripts" / "say.py").write_text(SAY)
        self.home = Home(Profile.LIVE, root / "live")
        self.heard: list[str] = []

    @property
    def done(self) -> list[str]:
        path = self.folder / "scripts" / "done"
        return path.read_text().split() if path.exists() else []

    def terms(self, who: Any = None, skips: Mapping[str, str] | None = None) -> Terms:
        return Terms(folder=self.folder, attendance=who or Nobody(), skips=skips or {}, tell=self.heard.append)

    def begun(self, book: Runbook, who: Any = None, skips: Mapping[str, str] | None = None, **how: Any) -> Runner:
        return begin(self.home, book, "sha", self.terms(who, skips), **{"incident": "", "anew": False, **how})

    def run(self, book: Runbook, who: Any = None, **how: Any) -> Run:
        runner = self.begun(book, who, **how)
        runner.go_on()
        return runner.run

    def told(self) -> Run:
        """As the record alone tells it."""
        return runs(self.home)[-1]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def book(*steps: Step, severity: str = "") -> Runbook:
    return Runbook(id="book", title="A book", steps=steps, severity=severity)


def step(name: str, code: int = 0, later: int | None = None, **more: Any) -> Step:
    return Step(id=name, run=say(name, code, later), **more)


def ways(run: Run) -> list[tuple[str, str, str]]:
    return [(done.step, str(done.how), done.went) for done in run.steps]


def test_every_step_is_done_in_order_and_what_the_record_tells_is_the_run(place: Place) -> None:
    run = place.run(book(step("one"), step("two"), step("three")))
    assert place.done == ["one", "two", "three"] and run.verdict == "DONE"
    assert ways(run) == [("one", "ok", "two"), ("two", "ok", "three"), ("three", "ok", "end")]
    told = place.told()
    assert ways(told) == ways(run) and told.verdict == "DONE" and told.id == run.id
    assert [done.exit for done in told.steps] == [0, 0, 0]
    assert told.steps[0].first_line.startswith("SAID one live")
    assert len(list(whole(place.home.desk))) == 1 + 2 * 3 + 1, "begun, each step begun and ended, ended; one chain"


def test_evidence_is_on_the_disk_before_the_next_step_begins(place: Place) -> None:
    (place.folder / "scripts" / "peek.py").write_text(
        f"import pathlib; print(sorted(pathlib.Path({str(place.home.desk)!r}).glob('*.jsonl'))[-1].read_text())"
    )
    place.run(book(step("one"), Step(id="peek", run="python scripts/peek.py")))
    seen = (place.home.runbook / place.told().id / "2-peek.txt").read_text()
    assert '"event":"step.ended"' in seen and '"step":"one"' in seen and seen.count("step.began") == 2


def test_a_secret_that_a_command_prints_is_in_nothing_that_is_kept_or_told(place: Place) -> None:
    place.run(book(step("one")))
    kept = [path.read_bytes() for path in place.home.root.rglob("*") if path.is_file()]
    assert any(b"access_token=" in text for text in kept)
    assert not any(b"abcdefghij0123456789" in text for text in kept) and "abcdefghij" not in "".join(place.heard)


def test_a_step_that_is_not_as_expected_stops_the_run_where_no_rule_leads_on(place: Place) -> None:
    run = place.run(book(step("one", 2, leads_to="sev1"), step("two")))
    assert place.done == ["one"] and run.verdict == "FAILED"
    assert run.why == "one: exit 2, not 0; next: tarazu runbook run sev1"


def test_unknown_stops_as_unknown(place: Place) -> None:
    assert place.run(book(step("one", 3))).verdict == "UNKNOWN"


def test_a_command_that_does_not_end_in_time_is_ended_and_unknown(place: Place) -> None:
    run = place.run(book(step("sleeps", timeout_s=3.0)))
    assert run.verdict == "UNKNOWN" and run.steps[0].missed == ("it did not end in time, and was ended",)


def test_a_rule_leads_to_the_way_round_and_back(place: Place) -> None:
    """The gate fails for the session, the token is fetched, the gate is asked again."""
    rule = Rule(exit=(2,), has="SAID", to="token", because="no session")
    run = place.run(book(step("gate", 2, 0, then="end", on_fail=(rule,)), step("token", then="gate")))
    assert ways(run) == [("gate", "FAIL", "token"), ("token", "ok", "gate"), ("gate", "ok", "end")]
    assert run.verdict == "DONE_WITH_WARNINGS" and "no session" in run.why


def test_a_way_round_that_helps_nobody_ends_after_three_times(place: Place) -> None:
    rule = Rule(to="token", because="no session")
    run = place.run(book(step("gate", 2, then="end", on_fail=(rule,)), step("token", then="gate")))
    assert place.done.count("gate") == judging.VISITS_MAX and run.verdict == "FAILED"
    assert run.why.startswith("gate was not begun: gate was done 3 times")


def test_a_failure_that_remains_is_told_when_the_rest_is_done(place: Place) -> None:
    run = place.run(
        book(step("plan", 3, on_fail=(Rule(to="stop", because="all the same", remains=True),)), step("stop"))
    )
    assert place.done == ["plan", "stop"] and run.verdict == "FAILED"
    assert run.why == "plan failed, and the rest was done all the same"


def test_a_stack_that_was_stopped_for_a_feed_that_stays_stale_is_a_failure_that_leads_on(place: Place) -> None:
    rule = Rule(to="stop", because="still stale", remains=True)
    run = place.run(book(step("feed", 2, then="end", on_fail=(rule,)), step("stop", leads_to="sev2")))
    assert place.done == ["feed", "stop"] and run.verdict == "FAILED"
    assert run.why == "feed failed, and the rest was done all the same; next: tarazu runbook run sev2"


def test_what_changes_nothing_is_asked_again_until_it_is_as_expected(place: Place) -> None:
    run = place.run(book(step("feed", 2, 0, patience_s=60.0)))
    assert place.done == ["feed", "feed"] and run.verdict == "DONE" and len(run.steps) == 1


def test_a_word_that_settles_it_ends_the_patience_at_once(place: Place) -> None:
    """A hard halt is not looked at again for half a minute before its playbook is named."""
    (place.folder / "scripts" / "halted.py").write_text(HALTED)
    halted = Step(
        id="risk",
        run="python scripts/halted.py",
        expect=Expect(lacks=("HARD_HALT",)),
        patience_s=5.0,
        settles=("HARD_HALT",),
        leads_to="sev1-hard-halt",
    )
    run = place.run(book(halted))
    assert run.verdict == "FAILED" and run.why.endswith("next: tarazu runbook run sev1-hard-halt")
    assert (place.folder / "scripts" / "looks").read_text() == "look\n", "looked at once"


def test_a_step_that_needs_another_is_not_begun_without_it(place: Place) -> None:
    run = place.run(
        book(
            step("gate", 2, on_fail=(Rule(to="check", because="look"),)), step("check"), step("depth", needs=("gate",))
        )
    )
    assert place.done == ["gate", "check"]
    assert run.verdict == "FAILED" and run.why == "depth was not begun: gate was not good (exit 2, not 0)"


def test_a_step_left_out_is_recorded_with_its_reason_and_shown(place: Place) -> None:
    run = place.run(book(step("one"), step("two")), skips={"one": "done by hand"})
    assert place.done == ["two"] and run.verdict == "DONE_WITH_WARNINGS" and "done by hand" in run.why
    assert place.told().steps[0].because == "done by hand"
    with pytest.raises(Refused, match="no step three"):
        place.begun(book(step("one")), skips={"three": "?"})


def test_a_plan_refuses_what_the_run_would_a_step_left_out_that_is_none(place: Place) -> None:
    def planned(*skips: str) -> Verdict:
        skipped = dict.fromkeys(skips, "no need")
        return Sitting(place.home, book(step("one")), "sha", way="dry", skips=skipped, consents=()).dry()

    assert planned("one").word == "PLAN"
    no = planned("NOSUCH")
    assert no.exit_code is Exit.REFUSED and "has no step NOSUCH; there are: one" in no.text()


def test_nobody_stops_the_stack_unasked_and_a_consent_given_before_is_one(place: Place) -> None:
    stops = book(step("plan"), step("stop", asks="Stop the live stack?"), step("bundle"))
    run = place.run(stops)
    assert place.done == ["plan"] and run.is_open and "Nobody was there" in run.paused
    assert place.told().paused == run.paused and place.told().at == "stop"
    assert ended(place.home, stops, run, ()).exit_code is Exit.REFUSED
    again = resume(place.home, stops, "sha", place.told().id, place.terms(Nobody(["stop"])))
    again.go_on()
    assert place.done == ["plan", "stop", "bundle"] and place.told().verdict == "DONE"
    began = [e.body for e in whole(place.home.desk) if e.body.get("event") == Event.STEP_BEGAN]
    assert [body["agreed"] for body in began] == [[], ["Stop the live stack?"], []]


def test_a_person_is_asked_before_every_step_and_may_skip_or_leave(place: Place) -> None:
    answers = iter(["", "s", "", "no"])
    asked: list[str] = []

    def ask(question: str) -> str:
        asked.append(question)
        return next(answers)

    steps = book(step("one"), step("two"), step("stop", asks="Stop it?"))
    run = place.run(steps, Person(ask))
    assert place.done == ["one"] and run.is_open and run.paused == "Stop it? The operator did not agree"
    assert [how for _, how, _ in ways(run)] == ["ok", "skipped"] and len(asked) == 4


def test_two_numbers_typed_in_are_compared_and_kept(place: Place) -> None:
    eye = Step(id="eye", manual="Look.", record=("kite", "ours"), expect=Expect(abs_diff_le=5.0))
    answers = iter(["", "twenty", "26,000", "26,004"])
    run = place.run(book(eye), Person(lambda _: next(answers)))
    assert run.verdict == "DONE" and place.told().steps[0].recorded == {"kite": 26_000.0, "ours": 26_004.0}
    answers = iter(["", "26000", "26010"])
    assert place.run(book(eye), Person(lambda _: next(answers))).verdict == "FAILED"
    assert place.run(book(eye)).verdict == "DONE_WITH_WARNINGS", "nobody looked: it was left out, not good"


def test_a_run_killed_in_the_middle_is_taken_up_at_its_first_step_without_evidence(place: Place) -> None:
    steps = book(step("one"), step("sleeps"), step("three"))
    _killed_in(place)
    told = place.told()
    assert told.is_open and told.under_way == "sleeps" and [d.step for d in told.steps] == ["one"]
    (place.folder / "scripts" / "say.py").write_text(SAY.replace("time.sleep(600)", "pass"))
    with pytest.raises(Refused, match="has not ended: tarazu runbook resume"):
        place.begun(steps)
    with pytest.raises(Refused, match="was changed since"):
        resume(place.home, steps, "other", told.id, place.terms())

    careful = resume(place.home, steps, "sha", place.told().id, place.terms())
    careful.go_on()
    assert "may have been done" in careful.run.paused, "twice may not be as good as once"
    sure = resume(place.home, steps, "sha", place.told().id, place.terms(Nobody(["sleeps"])))
    sure.go_on()
    assert place.done == ["one", "sleeps", "sleeps", "three"] and place.told().verdict == "DONE"
    with pytest.raises(Refused, match="has ended"):
        resume(place.home, steps, "sha", place.told().id, place.terms())


KILLED = """
import sys
sys.path.insert(0, {tests!r})
from pathlib import Path
import importlib.util
spec = importlib.util.spec_from_file_location("running", {here!r})
running = importlib.util.module_from_spec(spec); spec.loader.exec_module(running)
place = running.Place.__new__(running.Place)
place.folder, place.heard = Path({folder!r}), []
place.home = running.Home(running.Profile.LIVE, Path({home!r}))
place.run(running.book(running.step("one"), running.step("sleeps"), running.step("three")))
"""


def _killed_in(place: Place) -> None:
    """Another process runs it, and is killed while its second step is under way."""
    code = KILLED.format(
        tests=str(Path(__file__).parents[1]), here=__file__, folder=str(place.folder), home=str(place.home.root)
    )
    process = subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
    asleep, deadline = place.folder / "scripts" / "asleep", time.monotonic() + 60
    while not asleep.exists():
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.05)
    sleeper = _child_of(process.pid)
    process.kill()
    process.wait()
    os.kill(sleeper, signal.SIGKILL)


def _child_of(pid: int) -> int:
    told = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(told[0])


def test_a_run_that_was_broken_off_ends_where_another_is_begun_anew(place: Place) -> None:
    stops = book(step("stop", asks="Stop?"))
    first = place.run(stops)
    place.run(stops, Nobody(["stop"]), anew=True)
    assert [run.verdict for run in runs(place.home)] == ["ABANDONED", "DONE"]
    assert runs(place.home)[0].id == first.id


def test_one_runbook_runs_once_at_a_time(place: Place) -> None:
    steps = book(step("one"))
    with alone(place.home, steps), pytest.raises(AlreadyRuns, match="another terminal"):
        place.run(steps)


@pytest.mark.parametrize("severity", ["", "SEV1"])
def test_a_run_that_goes_on_is_not_ended_or_taken_up_by_another_terminal(place: Place, severity: str) -> None:
    steps = book(step("one"), severity=severity)
    runner = place.begun(steps)
    before = place.told()
    for anew in (False, True):
        with pytest.raises(AlreadyRuns, match="another terminal"):
            place.begun(steps, anew=anew)
    with pytest.raises(AlreadyRuns, match="another terminal"):
        resume(place.home, steps, "sha", before.id, place.terms())
    assert [run.id for run in runs(place.home)] == [before.id] and place.told().is_open, "nothing was written over it"
    runner.go_on()
    assert place.told().verdict == "DONE"
    with pytest.raises(Refused, match="has ended"):
        resume(place.home, steps, "sha", before.id, place.terms())
    assert place.run(steps).verdict == "DONE", "and another may begin"
    assert not list(place.home.runbook.glob("*.lock")), "beside the evidence there is nothing else"


def test_without_a_record_nothing_is_done_except_in_an_incident(place: Place) -> None:
    """A file stands where the record's folder would be: nothing can be written, as on a disk that is read-only."""
    place.home.root.mkdir(parents=True)
    place.home.desk.touch()
    with pytest.raises(NotRecorded):
        place.run(book(step("one")))
    assert place.done == []
    runner = place.begun(sev := book(step("flatten"), step("bundle"), severity="SEV1"))
    runner.go_on()
    assert place.done == ["flatten", "bundle"] and runner.run.verdict == "DONE"
    verdict = ended(place.home, sev, runner.run, runner.evidence.unrecorded)
    assert verdict.exit_code is Exit.PARTIAL and "NOT_RECORDED" in verdict.text()


def test_an_incident_goes_on_with_a_damaged_record_and_says_so(place: Place) -> None:
    place.run(book(step("one")))
    path = next(place.home.desk.glob("*.jsonl"))
    path.write_bytes(path.read_bytes().replace(b'"event":"step.began"', b'"event":"step.bogan"') + b"garbage\n")
    with pytest.raises(NotRecorded, match="does not read"):
        place.run(book(step("two")))
    runner = place.begun(book(step("three"), severity="SEV1"))
    runner.go_on()
    assert place.done == ["one", "three"] and runner.evidence.unrecorded


def test_an_answer_that_was_changed_or_lost_since_is_found(place: Place) -> None:
    place.run(book(step("one"), step("two"), step("three")))
    run = place.told()
    assert {check.status for check in evidence_checks(place.home, run)} == {Status.OK}
    files = sorted((place.home.runbook / run.id).iterdir())
    files[0].write_text("SAID one live, and all was well\n")
    files[1].unlink()
    assert [check.code for check in evidence_checks(place.home, run)] == ["EVIDENCE_CHANGED", "EVIDENCE_LOST", ""]


def test_an_incidents_runbook_takes_the_incident_asked_for_and_refuses_nobody_without_one(place: Place) -> None:
    steps = Runbook(
        id="sev1", title="", severity="SEV1", steps=(Step(id="bundle", run="python scripts/say.py {incident} 0"),)
    )
    place.run(steps, incident="INC-20261123-07")
    run = place.run(steps)
    assert place.done == ["INC-20261123-07", run.id] and run.incident == run.id


def test_an_incidents_runbook_takes_the_newest_open_incident_of_its_severity(place: Place) -> None:
    say_it = Step(id="bundle", run="python scripts/say.py {incident} 0")
    steps = Runbook(id="sev1", title="", severity="SEV1", steps=(say_it,))
    now_ns = time.time_ns()
    ours = open_incident(place.home, "SEV1", "HARD_HALT", "it went wrong", who="test", now_ns=now_ns)
    over = open_incident(place.home, "SEV1", "DB_WRITE", "it went wrong", who="test", now_ns=now_ns)
    open_incident(place.home, "SEV2", "FEED_STALE", "it went wrong", who="test", now_ns=now_ns)
    close(place.home, over.id, "mended", who="test", now_ns=now_ns)
    assert place.run(steps).incident == ours.id and place.done == [ours.id]


def test_a_command_that_is_not_there_is_a_failure_and_no_traceback(place: Place) -> None:
    run = place.run(book(Step(id="one", run="python scripts/none.py")))
    assert run.verdict == "FAILED" and run.steps[0].exit == 127 and "no scripts/none.py" in run.steps[0].first_line


def test_a_run_is_found_on_any_day_and_the_record_has_its_events_only(place: Place) -> None:
    run = place.run(book(step("one")))
    assert find(place.home, run.id) is not None and find(place.home, "rb-20200101-0000") is None
    events = [entry.body["event"] for entry in whole(place.home.desk) if entry.kind is DeskKind.RUNBOOK]
    assert events == [Event.RUN_BEGAN, Event.STEP_BEGAN, Event.STEP_ENDED, Event.RUN_ENDED] and days(place.home.desk)
