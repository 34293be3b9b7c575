"""The demo's report: it stands alone, says what DemoTold says, and never shows what is not known as good."""

import sys
from subprocess import run

import msgspec
import pytest

from harness.imports import PYTHONPATH
from harness.made_demo import BEGAN_NS, CLOSE_S, FAULT_S, OPEN_S, RECOVER_S, STALE_S, made_demo
from harness.whole_page import whole
from tarazu.app.demo.report import page
from tarazu.app.demo.report.curves import worst_drawdown
from tarazu.app.demo.report.incident import moments
from tarazu.app.demo.report.lanes import spells
from tarazu.app.demo.report.seconds import fault, in_the_day, second_of, stale
from tarazu.app.demo.report.story import sentences, verdict
from tarazu.app.demo.told import Chapter, DemoTold, Kind
from tarazu.app.pages.words import rupees, signed
from tarazu.app.runbook.runs.judging import How
from tarazu.app.verdict import Check, Status
from tarazu.model.units import PAISE, SECOND_NS

NOTHING = DemoTold(
    seed=1, scenario="normal", incident="mute-feed", speed=1.0, day="2026-11-23", home="h", version="0", began_epoch=0.0
)  # fmt: skip
"""Broken off before anything was seen."""


# The page.


def test_it_is_one_whole_page_without_script_or_network_and_has_every_figure():
    told = made_demo()
    shown = whole(page(told))
    assert told.ours is not None
    money = [rupees(told.ours.gross_paise), rupees(told.ours.charges_paise), signed(told.ours.net_paise)]
    for figure in (*money, "3.2 s", "21.1 s", "97.4 s", "seed 7", "26,045.00", "T7", "tarazu audit show"):
        assert figure in shown.words, figure
    assert [step.command for step in told.steps if step.command not in shown.words] == []
    assert [one.text for one in told.happened if one.text not in shown.words] == []
    assert [check.id for check in told.proofs if check.id not in shown.words] == []


def test_every_fill_is_a_mark_on_the_price_on_a_screen_and_on_a_telephone():
    told, text = made_demo(), page(made_demo())
    for style, side in (("buy", "BUY"), ("sell", "SELL")):
        assert text.count(f'<polygon class="{style}"') == 2 * sum(fill.side == side for fill in told.fills)


def test_what_others_said_is_shown_and_not_obeyed():
    told, hostile = made_demo(), '<img src=x onerror="alert(1)"><!--TILES-->\x1b[2J'
    told.incident = told.scenario = told.version = told.home = hostile
    told.fills = [msgspec.structs.replace(one, key=hostile, side=hostile, strategy=hostile) for one in told.fills]
    told.happened = [msgspec.structs.replace(one, text=hostile) for one in told.happened]
    told.steps = [msgspec.structs.replace(one, command=hostile, step=hostile, runbook=hostile) for one in told.steps]
    told.proofs = [Check(id=hostile, status=Status.OK, observed=hostile, detail=hostile)]
    told.files, told.next = {hostile: hostile}, [(hostile, hostile)]
    text = page(told)
    assert "<img" not in text and "<!--" not in text and "&lt;img src=x" in text


@pytest.mark.parametrize(
    ("path", "leads"),
    [
        ("home/sim/closes/audit.html", True),
        ("/etc/passwd", False),
        ("../other/audit.html", False),
        ("home/../../x", False),
        ("javascript:alert(1)", False),
        ("//host/x", False),
    ],
)
def test_a_link_leads_nowhere_but_into_the_demo_s_folder(path: str, leads: bool):
    told = made_demo()
    told.files = {"a file": path}
    assert whole(page(told)).links == ([path] if leads else [])


# Verdict and books.


def test_a_day_of_which_nothing_was_proven_is_not_shown_as_good():
    shown = whole(page(NOTHING))
    assert verdict(NOTHING)[0] == "NOT PROVEN" and "NOT PROVEN" in shown.words
    assert 'class="ok"' not in page(NOTHING) and "never" in shown.words and "not known" in shown.words


@pytest.mark.parametrize("status", [Status.CRIT, Status.UNKNOWN, Status.WARN, Status.SKIP])
def test_one_proof_that_is_not_good_is_the_verdict(status: Status):
    told = made_demo()
    told.proofs = [*told.proofs, Check(id="demo.flat", status=status, code="NOT_FLAT", detail="75 left")]
    assert verdict(told) == ("1 OF 5 DID NOT HOLD", "crit")
    assert "NOT_FLAT; 75 left" in whole(page(told)).words


def test_what_did_not_hold_stands_before_what_held():
    told = made_demo()
    told.proofs = [*told.proofs, Check(id="books.audit", status=Status.CRIT, code="DIFFERS", detail="by one paisa")]
    words = whole(page(told)).words
    assert words.index("Did not hold") < words.index("DIFFERS; by one paisa") < words.index("demo.steps")


def test_books_that_differ_by_one_paisa_are_not_equal():
    told = made_demo()
    assert "NOT EQUAL" not in page(told) and "are equal to the paisa" in sentences(told)[2]
    assert told.broker is not None
    told.broker = msgspec.structs.replace(told.broker, charges_paise=told.broker.charges_paise + 1)
    assert page(told).count("NOT EQUAL") == 1 and "are NOT ours" in sentences(told)[2]


def test_books_that_only_one_side_has_are_not_compared():
    told = made_demo()
    told.broker = None
    text = page(told)
    assert '<b class="ok">equal' not in text and text.count('<b class="unknown">not known</b>') == 8


def test_what_was_left_open_is_said():
    told = made_demo()
    assert told.ours is not None
    told.ours = told.broker = msgspec.structs.replace(told.ours, open_positions={"NFO:X": -75, "NFO:Y": 0})
    assert "left NFO:X -75 open" in sentences(told)[2]
    assert "came to +₹700.13 so far" in sentences(told)[2] and "Net result left open" in whole(page(told)).words


def test_each_instrument_s_sales_less_purchases_add_up_to_the_books():
    told = made_demo()
    assert told.ours is not None
    worth = {"NFO:NIFTY26NOV26100CE": 19_375, "NFO:NIFTY26NOV25900PE": -16_125, "NFO:NIFTY26NOVFUT": 108_000}
    words = whole(page(told)).words
    assert sum(worth.values()) == told.ours.gross_paise
    assert [signed(paise) for paise in worth.values() if signed(paise) not in words] == []


# The incident.


def test_a_mute_feed_is_told_moment_by_moment():
    assert [(one.name, round(one.at_s - FAULT_S, 1)) for one in moments(made_demo())] == [
        ("broken on purpose", 0.0),
        ("seen", 2.6),
        ("entries blocked", 2.7),
        ("an incident opened", 3.1),
        ("playbook begins", 3.4),
        ("an order denied", 3.5),
        ("no longer broken", 4.0),
        ("recovered", 8.8),
        ("playbook ends", 9.0),
        ("entries again", 9.0),
        ("trading again", 13.2),
    ]


def test_good_words_on_the_way_are_not_the_recovery():
    told = made_demo()
    began = next(one for one in told.happened if one.text.startswith("FEED_RECOVER"))
    told.happened += [
        msgspec.structs.replace(began, at_s=began.at_s - 1, text="FEED_STARTED depth_ws"),
        msgspec.structs.replace(began, at_s=began.at_s - 2, kind=Kind.PROCESS, text="depth_ws is another process"),
    ]
    told.happened.sort(key=lambda one: one.at_s)
    assert next(one.at_s for one in moments(told) if one.name == "recovered") == pytest.approx(RECOVER_S)


def test_trouble_at_the_day_s_end_does_not_undo_a_recovery():
    told = made_demo()
    stale_again = next(one for one in told.happened if one.text.startswith("FEED_STALE"))
    told.happened.append(msgspec.structs.replace(stale_again, at_s=CLOSE_S - 1))
    assert [one.name for one in moments(told)] == [one.name for one in moments(made_demo())]


def test_a_command_of_the_demo_s_own_is_no_playbook():
    told = made_demo("main-killed")
    steps = [step for step in told.steps if step.chapter is Chapter.INCIDENT]
    told.steps = [msgspec.structs.replace(steps[0], runbook="", how=How.FAILED)]
    found = {one.name: one.status for one in moments(told)}
    assert found["first command"] is Status.OK and found["last command ends"] is Status.CRIT
    assert "no playbook was walked" in sentences(told)[1]


def test_what_is_denied_after_entries_were_taken_again_did_not_come_of_the_fault():
    told = made_demo()
    denied = next(one for one in told.happened if one.kind is Kind.DENIED and one.at_s > FAULT_S)
    told.happened.remove(denied)
    told.happened.append(msgspec.structs.replace(denied, at_s=CLOSE_S - 1))
    assert "an order denied" not in [one.name for one in moments(told)]


def test_a_main_that_was_killed_is_well_when_it_takes_entries_again():
    names = {one.name: round(one.at_s - FAULT_S, 1) for one in moments(made_demo("main-killed"))}
    assert (names["seen"], names["recovered"], names["entries again"]) == (0.5, 3.5, 4.5)


def test_a_desk_that_stays_halted_is_said_to_take_no_entry():
    told = made_demo()
    told.happened = [one for one in told.happened if "ACTIVE" not in one.text]
    assert "no entry was taken again that day" in sentences(told)[1]
    assert "Entries again after never" in whole(page(told)).words
    names = [one.name for one in moments(told)]
    assert "recovered" in names and "trading again" not in names


def test_what_was_seen_first_is_told_once():
    told = made_demo()
    told.happened = [one for one in told.happened if one.kind is not Kind.FEED]
    names = [one.name for one in moments(told)]
    assert names[:3] == ["broken on purpose", "entries blocked", "seen"] and names.count("seen") == 1
    assert "an incident opened" not in names, "it is what was seen"


def test_a_fault_that_nobody_saw_is_told_as_one():
    told = made_demo()
    told.happened = [one for one in told.happened if one.kind in (Kind.FAULT, Kind.FILL)]
    assert "the desk said nothing of it" in sentences(told)[1]
    assert "Fault seen after never" in whole(page(told)).words


def test_where_nothing_was_broken_the_page_says_so():
    told = made_demo("none")
    told.steps = [step for step in told.steps if step.chapter is not Chapter.INCIDENT]
    assert moments(told) == [] and fault(told) is None
    assert sentences(told)[1] == "Nothing was broken on purpose, as it was asked."


def test_an_incident_that_was_asked_for_and_did_not_come_is_not_passed_over():
    told = made_demo("none")
    told.incident = "mute-feed"
    assert sentences(told)[1] == "Nothing was broken on purpose, though mute-feed was asked for."


# Seconds, processes, steps.


def test_the_feed_is_shaded_while_the_samples_saw_it_stale():
    assert [(one.first, one.last) for one in stale(made_demo())] == [(STALE_S + 0.15, RECOVER_S + 0.2)]


def test_a_feed_of_which_nobody_speaks_after_it_was_stale_is_not_shown_as_fresh():
    told = made_demo()
    told.samples = [
        msgspec.structs.replace(one, feed="") if STALE_S + 1 <= one.at_s < RECOVER_S else one for one in told.samples
    ]
    assert [(one.first, one.last) for one in stale(told)] == [(STALE_S + 0.15, RECOVER_S + 0.2)]


def test_after_the_close_nobody_need_judge_the_feed():
    told = made_demo()
    told.samples = [
        msgspec.structs.replace(one, feed="STALE") if CLOSE_S - 1 <= one.at_s < CLOSE_S + 5 else one
        for one in told.samples
    ]
    assert [(one.first, one.last) for one in stale(told)][1:] == [(CLOSE_S - 1, CLOSE_S)]


def test_the_price_and_the_result_are_of_the_day_alone():
    told = made_demo()
    seconds = [sample.at_s for sample in in_the_day(told)]
    assert (seconds[0], seconds[-1]) == (OPEN_S, CLOSE_S)


@pytest.mark.parametrize("at_s", [0.1, 0.25, 21.1, 63.333, 89.9])
def test_the_market_s_clock_is_put_on_the_axis_by_the_samples_beside_it(at_s: float):
    assert second_of(made_demo(), BEGAN_NS + round(at_s * SECOND_NS)) == pytest.approx(at_s, abs=0.01)


def test_without_a_sample_nothing_has_a_place_on_the_axis():
    assert second_of(NOTHING, BEGAN_NS) is None


def test_a_process_that_died_has_a_bar_for_each_of_its_lives_and_one_for_its_death():
    found = list(spells(made_demo("main-killed"), "main"))
    assert [one.seen.state for one in found] == ["STOPPED", "STARTING", "RUNNING", "DOWN", "RUNNING"]
    assert found[3].last - found[3].first == pytest.approx(3.5, abs=0.26)
    assert found[2].seen.pid != found[4].seen.pid
    assert "main, died 1x" in page(made_demo("main-killed"))


def test_a_restart_between_two_looks_is_seen_by_the_pid():
    told = made_demo("none")
    told.samples = [sample for sample in made_demo("main-killed").samples if not FAULT_S <= sample.at_s < FAULT_S + 4]
    assert [one.seen.state for one in spells(told, "main")][-2:] == ["RUNNING", "RUNNING"]


@pytest.mark.parametrize(
    ("how", "exit", "said"),
    [(How.FAILED, 2, "FAIL 3.5 s, exit 2"), (How.UNKNOWN, None, "UNKNOWN 3.5 s"), (None, None, "not ended")],
)
def test_a_step_says_how_it_ended(how: How | None, exit: int | None, said: str):
    told = made_demo()
    told.steps[0] = msgspec.structs.replace(told.steps[0], how=how, exit=exit, missed=("line 1 is missing",))
    shown = whole(page(told))
    assert said in shown.words and "line 1 is missing" in shown.words


def test_the_drawdown_begins_with_nothing_won():
    told = made_demo()
    told.opens_ns = 0
    lost = msgspec.structs.replace(told.samples[0], day_pnl_paise=-5_000)
    told.samples = [
        lost,
        msgspec.structs.replace(lost, day_pnl_paise=2_000),
        msgspec.structs.replace(lost, day_pnl_paise=-1_000),
    ]
    assert worst_drawdown(told) == -5_000 / PAISE


def test_it_is_made_without_the_heavy_libraries():
    heavy = "numpy", "numba", "polars", "rich"
    code = f"import sys, tarazu.app.demo.report; print([m for m in {heavy} if m in sys.modules])"
    done = run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONPATH": PYTHONPATH})
    assert done.stdout.strip() == "[]"
