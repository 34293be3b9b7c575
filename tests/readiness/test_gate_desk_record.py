"""The gate's rows of the desk's record: no halt that waits is overlooked, and no line is changed unseen."""

from datetime import date
from pathlib import Path

import pytest

from harness.engine_desk import CONFIG
from harness.gate_home import GateHome
from harness.journal_days import small
from tarazu.adapters.signing import key_of
from tarazu.app import audit
from tarazu.app.main.desk_watch import DeskWatch
from tarazu.app.verdict import Check, Status
from tarazu.engine import codec
from tarazu.engine.acts import Step
from tarazu.engine.messages import Message, Stamped, Started
from tarazu.model import ist
from tarazu.model.units import DAY_NS, HOUR_NS
from tarazu.runtime.desk_record import DeskKind, append, days
from tarazu.runtime.journal_writer import Journal


def main_has_run(gate: GateHome, *messages: Message, until_ns: int) -> None:
    """Of today, by a clock of its own; it has ended."""
    day, name = ist.day_of(gate.now_ns), audit.journal_name(gate.home)
    signer = key_of(gate.home.keys, name)
    log = Journal.open(gate.home.journal, day, name, small(1 << 20), signer=signer, verifiers=(signer.verifier(),))
    started = Started(day=day.isoformat(), epoch=1, profile="live", build="test", config=CONFIG)
    for n, message in enumerate((started, *messages), 1):
        log.append(*codec.encode(Stamped(n, until_ns, 0, message), Step()), until_ns)
    log.close()


def say(gate: GateHome, kind: DeskKind = DeskKind.STACK, ago_ns: int = 0) -> None:
    append(gate.home.desk, kind, {"why": "a test"}, who="asha", now_ns=gate.now_ns - ago_ns)


def all_read(gate: GateHome) -> Message:
    return DeskWatch(gate.home.desk, None).look()[-1]


def altered(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"asha", b"ravi", 1))


def fresh(gate: GateHome) -> GateHome:
    """The list of freeze quantities is in the record of today already, and a record goes forward."""
    for day in days(gate.home.desk):
        (gate.home.desk / f"{day}.jsonl").unlink()
    return gate


def seen(check: Check) -> tuple[Status, str]:
    return check.status, check.code


def test_a_halt_that_waits_is_seen_whatever_the_clock_of_the_journal_says(gate: GateHome) -> None:
    noted = all_read(gate)
    main_has_run(gate, noted, until_ns=gate.now_ns + 6 * HOUR_NS)
    assert gate.row("risk").status is Status.OK
    say(gate, DeskKind.HALT_ASKED)
    assert seen(gate.row("risk")) == (Status.CRIT, "HALT_ASKED"), "by an entry that the journal has not noted"


def test_a_halt_that_main_has_taken_waits_no_more(gate: GateHome) -> None:
    say(gate, DeskKind.HALT_ASKED)
    main_has_run(gate, all_read(gate), until_ns=gate.now_ns - HOUR_NS)
    assert gate.row("risk").status is Status.OK


def test_a_letter_changed_in_an_old_day_is_no_way_past_a_halt(gate: GateHome) -> None:
    fresh(gate)
    for ago in (9, 8, 3, 2, 1):
        say(gate, DeskKind.HALT_ASKED if ago == 3 else DeskKind.STACK, ago * DAY_NS)
    altered(gate.home.desk / f"{days(gate.home.desk)[0]}.jsonl")
    risk = gate.row("risk")
    assert seen(risk) == (Status.UNKNOWN, "RISK_UNKNOWN") and "whether a halt was asked for" in risk.detail
    assert seen(gate.row("desk.chain")) == (Status.CRIT, "DESK_CHAIN")


def test_the_record_is_proven_from_what_the_journal_has_noted_on_and_so_is_what_its_first_day_follows(
    gate: GateHome,
) -> None:
    fresh(gate)
    for ago in (4, 3):
        say(gate, ago_ns=ago * DAY_NS)
    noted = all_read(gate)
    for ago in (2, 1, 0):
        say(gate, ago_ns=ago * DAY_NS)
    main_has_run(gate, noted, until_ns=gate.now_ns)
    paths = [gate.home.desk / f"{day}.jsonl" for day in days(gate.home.desk)]
    chain = gate.row("desk.chain")
    assert chain.status is Status.OK and chain.detail == "4 lines of 4 days"
    for changed in paths[:3]:
        kept = changed.read_bytes()
        altered(changed)
        assert seen(gate.row("desk.chain")) == (Status.CRIT, "DESK_CHAIN"), changed
        changed.write_bytes(kept)
    paths[0].unlink()
    assert seen(gate.row("desk.chain")) == (Status.CRIT, "DESK_CHAIN")


@pytest.mark.parametrize("stray", ["2026-11-31.jsonl", "kept.jsonl"])
def test_a_file_of_no_day_beside_the_record_is_told_and_stops_nothing(gate: GateHome, stray: str) -> None:
    (gate.home.desk / stray).write_text("{}\n")
    chain = gate.row("desk.chain")
    assert seen(chain) == (Status.WARN, "DESK_STRAYS") and stray in chain.detail
    found, receipt = gate.ask()
    assert found.ready and receipt is not None
    assert days(gate.home.desk) == [date(2026, 11, 23)]
