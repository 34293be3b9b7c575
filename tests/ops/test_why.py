"""tarazu why: the story of an order as a person on call reads it, from the journal's files alone."""

import json
from datetime import timedelta

import pytest
from click.testing import CliRunner

from harness import desk_stories
from harness.journalled_desk import JournalledDesk
from harness.order_story import DAY
from tarazu.app.home import home
from tarazu.engine import messages as m
from tarazu.ops import why
from tarazu.runtime.journal_files import day_folder, segment_path
from tarazu.strategy.wants import CancelWant


@pytest.fixture
def desk(tmp_path, monkeypatch):
    monkeypatch.setenv("TARAZU_HOME", str(tmp_path))
    monkeypatch.delenv("TARAZU_PROFILE", raising=False)
    with JournalledDesk(home("sim")) as desk:
        yield desk.ready()


def run(desk, *argv):
    """Exit code and what was printed; of --json the object."""
    desk.close()
    ran = CliRunner().invoke(why.command, [*argv], standalone_mode=False)
    if ran.exception:
        raise ran.exception
    return ran.return_value, json.loads(ran.output) if "--json" in argv else ran.output


def story(desk, *argv):
    """Exit code, and the lines without their times and numbers."""
    code, told = run(desk, *argv, "--json")
    return code, [line["text"] for line in told["story"]["lines"]], told["story"]


def has(lines, *wanted):
    """Whether these are in the lines, in this order."""
    rest = iter(lines)
    for text in wanted:
        assert any(text in line for line in rest), f"{text!r} is not there, or not in its place:\n" + "\n".join(lines)
    return True


def test_an_entry_without_an_answer_that_is_found_by_its_tag(desk):
    tag = desk_stories.timeout_then_found(desk)
    desk.placed("18")
    code, lines, told = story(desk, tag)
    assert code == 0 and told["status"] == "FILLED" and told["order_id"] == "17"
    assert has(
        lines,
        "wanted by somebody outside the engine, as story: BUY 75 NFO:NIFTY26NOV26000CE NRML at 100.00, stop 20.00 away",
        "the gate let it through",
        "durable before anything was sent: BUY 75 NFO:NIFTY26NOV26000CE, NRML LIMIT, at 100.00",
        f"sent, once, under tag {tag}",
        "answer to the order: none that can be believed: TIMEOUT after 5 s -> IN_FLIGHT is now UNKNOWN",
        "alarm WARN UNKNOWN",
        "whole, without it: too early to count, it may still arrive until 09:18:01",
        "WORKING, 0 of 75 filled -> UNKNOWN is now WORKING",
        "resolved: it is there, order id 17, found by its tag",
        "update heard: FILLED, 75 of 75 filled at 100.00 -> WORKING is now FILLED, 75 filled",
        "is intended and sent: SELL 75 NFO:NIFTY26NOV26000CE, NRML SL, trigger 80.00, limit 70.00",
        "75 filled at 100.00, trade t1",
        "its stop",
    )
    assert "exposure  nothing of it may still fill; NFO:NIFTY26NOV26000CE NRML is +75" in told["standing"]


def test_every_line_has_its_time_and_its_entry_and_the_last_is_one_sentence(desk):
    tag = desk_stories.timeout_then_found(desk)
    _, text = run(desk, tag)
    lines = text.splitlines()
    assert lines[0].startswith(f"FILLED  SIM  {tag}, order 17, 2026-11-23") and lines[-1] == "exit 0"
    assert lines[1].startswith("09:15:01.160        9  wanted by ")
    assert lines[-2].startswith("An entry of story: BUY 75 ") and lines[-2].endswith(".")


def test_reads_that_say_the_same_again_are_told_once(desk):
    desk.want()
    tag = desk.sent[-1].order.tag
    desk.answer(tag, kind="NO_ANSWER", text="RESET")
    for _ in range(200):
        desk.second()
        desk.reads()
    code, lines, told = story(desk, tag)
    assert code == 0 and told["status"] == "ABSENT"
    early = [line for line in told["lines"] if "too early to count" in line["text"]]
    assert len(early) == 1 and early[0]["times"] > 50
    assert has(
        lines,
        "1 of 2 that count for its absence",
        "2 of 2 that count for its absence -> UNKNOWN is now ABSENT",
        "resolved: absent, 2 whole reads after its quarantine were without it",
    )


def test_an_unknown_order_is_an_open_question(desk):
    desk.want()
    tag = desk.sent[-1].order.tag
    desk.answer(tag, kind="NO_ANSWER", text="RESET")
    code, told = run(desk, tag, "--json")
    assert code == 1 and told["verdict"] == "UNKNOWN"
    assert "nobody knows yet whether the broker has it" in told["checks"][0]["detail"]
    assert "75 may be there or may come: unknown counts in full" in told["story"]["summary"]


def test_a_restart_loses_the_answer_and_is_part_of_the_story(desk):
    desk.want()
    tag = desk.sent[-1].order.tag
    desk.restarted()
    desk.row("17", "WORKING", tag=tag)
    desk.reads()
    _, lines, _ = story(desk, tag)
    assert has(
        lines,
        "main began anew, epoch 2: the answer to it is lost -> IN_FLIGHT is now UNKNOWN",
        "-> UNKNOWN is now WORKING",
        "resolved: it is there, order id 17",
    )


def test_a_fill_that_crossed_its_cancellation(desk):
    tag = desk_stories.cancelled_then_filled(desk)
    code, lines, told = story(desk, "27")
    assert code == 0 and told["ref"] == tag
    assert has(
        lines,
        "answer to the order: accepted, order id 27 -> IN_FLIGHT is now SUBMITTED",
        "change asked for, price 95.00, because story",
        "it is PENDING_MODIFY until its rows show what came of that",
        "answer to the change: accepted",
        "-> PENDING_MODIFY is now WORKING, 0 filled; it is for 75 at 95.00 now",
        "cancellation asked for, because the signal is gone",
        "answer to the cancellation: accepted",
        "update heard: CANCELED, 0 of 75 filled -> PENDING_CANCEL is now CANCELED",
        "update heard: FILLED, 75 of 75 filled at 95.00 -> CANCELED is now FILLED, 75 filled",
        "alarm SEV2 CORRECTED",
        "75 filled at 95.00, trade t1",
    )


def test_a_stop_says_which_entry_it_protects(desk):
    tag = desk_stories.timeout_then_found(desk)
    stop = desk.placed("18")
    _, lines, told = story(desk, "18")
    assert told["ref"] == stop
    assert has(lines, f"wanted by the engine, to protect entry {tag}, 75 of 75 filled at 100.00")
    assert f"protects  {tag}, FILLED, 75 of 75 filled at 100.00" in told["standing"]


def test_a_denied_want_has_no_order_and_is_named_by_its_entry(desk):
    desk_stories.denied(desk)
    code, lines, told = story(desk, f"@{desk.journal.sequence}")
    assert code == 0 and told["status"] == "DENIED"
    assert lines == [
        "wanted by somebody outside the engine, as story: BUY 750 NFO:NIFTY26NOV26000CE NRML at 90.01, stop 20.00 away",
        "denied, TICK: ₹90.01, limit a multiple of ₹0.05",
        "denied, POSITION: 750, limit 300",
    ]
    assert told["summary"].endswith("denied by TICK, POSITION, nothing was sent.")


def test_what_was_denied_about_an_order_is_in_the_orders_story(desk):
    tag = desk_stories.cancelled_then_filled(desk)
    desk.tell(m.Wanted(want=CancelWant(strategy="story", ref=tag, why="too late")), 0.1)
    assert has(story(desk, tag)[1], f"denied, cancel {tag}: ORDER: FILLED")


def test_a_foreign_order_was_first_seen_and_alarmed(desk):
    desk_stories.foreign(desk)
    code, lines, told = story(desk, "99")
    assert code == 0 and told["ref"] == "#99"
    assert has(
        lines, "first seen, an order of nobody here: update heard: WORKING, 0 of 150 filled", "alarm SEV2 FOREIGN"
    )
    assert told["summary"].startswith("Nobody here decided it: BUY 150 NFO:NIFTY26NOV26000CE NRML (order 99)")


def test_a_foreign_order_at_work_is_an_open_question(desk):
    desk.heard("99", "WORKING", qty=150)
    code, told = run(desk, "#99", "--json")
    assert code == 1 and told["checks"][0]["detail"] == "an order that nobody here decided is at work"


def test_a_claimed_order_is_one_story_under_both_its_names(desk):
    tag = desk_stories.claimed(desk)
    by_id, by_tag = story(desk, "55"), story(desk, tag)
    assert by_id == by_tag and by_id[2]["ref"] == tag
    assert has(by_id[1], "answer to the order: none that", "update heard", "asha says CLAIM of order 55: I saw it")


def test_the_beginning_of_a_name_will_do_where_one_order_begins_so(desk):
    tag = desk_stories.timeout_then_found(desk)
    desk.placed("261123000000018")
    assert run(desk, tag[:13].lower(), "--json")[1]["story"]["ref"] == tag
    assert run(desk, "26112", "--json")[1]["story"]["order_id"] == "261123000000018"
    code, told = run(desk, tag[:5], "--json")
    assert code == 3 and "2 orders begin with" in told["summary"] and tag in told["summary"]


def test_an_order_that_is_not_there_has_near_ones_named(desk):
    tag = desk_stories.timeout_then_found(desk)
    wrong = tag[:-1] + ("0" if tag[-1] != "0" else "1")
    code, told = run(desk, wrong, "--json")
    assert code == 3 and f"near it: {tag}" in told["summary"]


def test_an_order_of_an_earlier_day_is_found_without_naming_the_day(desk):
    tag = desk_stories.timeout_then_found(desk)
    desk.on_day(DAY + timedelta(days=1))
    assert run(desk, tag, "--json")[1]["day"] == "2026-11-23"
    assert run(desk, "17", "--json")[1]["day"] == "2026-11-23"
    code, told = run(desk, "17", "--day", "2026-11-24", "--json")
    assert code == 3 and "no order 17 on 2026-11-24" in told["summary"]


def test_of_a_damaged_journal_it_says_what_audit_verify_says_and_tells_what_came_before(desk):
    tag = desk_stories.timeout_then_found(desk)
    desk_stories.cancelled_then_filled(desk)
    desk.second(20)
    desk.close()
    path = segment_path(day_folder(desk.home.journal, DAY), 1)
    raw = bytearray(path.read_bytes())
    raw[len(raw.rstrip(b"\0")) - 3_000] ^= 1
    path.write_bytes(raw)
    code, told = run(desk, tag, "--json")
    assert code == 2 and told["checks"][0]["code"] == "CORRUPT" and "audit" in told["checks"][0]["id"]
    assert told["story"]["lines"][0]["text"].startswith("wanted by")


def test_without_a_journal_it_is_unknown(tmp_path, monkeypatch):
    monkeypatch.setenv("TARAZU_HOME", str(tmp_path / "none"))
    ran = CliRunner().invoke(why.command, ["17"], standalone_mode=False)
    assert ran.return_value == 3 and "no journal" in ran.output
