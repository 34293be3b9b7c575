"""`tarazu replay`: the day's journal taken again, in another process, and whether all is decided as it was."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from harness.engine_desk import BUY
from harness.imports import PYTHONPATH
from harness.journal_days import small
from harness.journalled_desk import JournalledDesk
from harness.market_day import KEY, LOT, MarketDay, keep_master, taker, write_settings
from harness.order_story import DAY
from harness.up_desk import RUN_VERB
from tarazu.app.home import Home, home
from tarazu.engine import codec
from tarazu.engine.acts import Intend, Step
from tarazu.engine.messages import MarketMoved, Stamped
from tarazu.journal.entry import Durability, Entry
from tarazu.model.order import Product
from tarazu.ops import replay
from tarazu.runtime.journal_files import day_folder, segment_path
from tarazu.runtime.journal_reader import JournalReader
from tarazu.runtime.journal_writer import Journal
from tarazu.runtime.segment import day_folder as feed_folder
from tarazu.runtime.segment import segment_path as feed_segment
from tarazu.runtime.shell import EngineFailed
from tarazu.runtime.tail import Tail


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("TARAZU_HOME", str(tmp_path))
    monkeypatch.delenv("TARAZU_PROFILE", raising=False)
    return home("sim")


@pytest.fixture
def traded(desk: Home) -> Home:
    """A day of one start, some hundred entries and a dozen orders."""
    with MarketDay(desk) as day:
        day.begin().turns(0, 100)
        assert len(day.sent) > 10
    return desk


def run(*argv: object) -> tuple[int, Any]:
    """Exit code and what was printed; of --json the object."""
    ran = CliRunner().invoke(replay.command, [str(a) for a in argv], standalone_mode=False)
    if ran.exception:
        raise ran.exception
    return ran.return_value, json.loads(ran.output) if "--json" in argv else ran.output


def in_another_process(*argv: object) -> tuple[int, Any]:
    environ = {**os.environ, "PYTHONPATH": PYTHONPATH}
    command = [sys.executable, "-c", RUN_VERB, "replay", *map(str, argv)]
    ran = subprocess.run(command, capture_output=True, text=True, env=environ, timeout=240)
    assert ran.stderr == ""
    return ran.returncode, json.loads(ran.stdout)


def entries_of(desk: Home) -> list[Entry]:
    return list(JournalReader(day_folder(desk.journal, DAY)).ready())


def records_of(desk: Home) -> list[codec.Record]:
    found = [codec.decode(entry.kind, entry.payload) for entry in entries_of(desk)]
    return [record for record in found if isinstance(record, codec.Record)]


def rewrite(desk: Home, altered: Callable[[Entry], bytes]) -> None:
    """The same entries in a new journal whose chain is whole and that nobody has signed: another's signature would be
    told before what some of them say."""
    old, other = entries_of(desk), desk.root / "rewritten"
    log = Journal.open(other, DAY, "tarazu.local/sim", small(1 << 20))
    for entry in old:
        log.append(entry.kind, altered(entry), entry.ts_ns, Durability(entry.durability))
    log.close()
    day_folder(desk.journal, DAY).rename(desk.root / "gone")
    day_folder(other, DAY).rename(day_folder(desk.journal, DAY))


# What is equal.


def test_a_day_is_decided_again_byte_for_byte_in_another_process(traded: Home) -> None:
    code, told = in_another_process(DAY, "--verify", "--json")
    assert (code, told["verdict"], told["schema"]) == (0, "EQUAL", "tarazu.replay/1")
    assert told["entries"] == told["equal"] == len(entries_of(traded)) > 100
    assert told["summary"].endswith(f"entries {told['entries']}, equal {told['entries']} (100 %)")
    intents = [act for record in records_of(traded) for act in record.step.acts if isinstance(act, Intend)]
    assert told["intents"]["ENTRY"] == told["fills"] == len(intents)
    assert (told["recoveries"], told["not_recovered"], told["losses"], told["builds"]) == (1, [], [], [])


def test_the_day_that_is_being_written_is_verified_as_far_as_it_is(desk: Home) -> None:
    with MarketDay(desk) as day:
        day.begin().turns(0, 20)
        day.journal.sync()
        assert run("--verify", "--json")[1]["equal"] == day.journal.sequence
        day.turns(20, 40)
        day.journal.sync()
        code, told = run("--verify", "--json")
        assert code == 0 and told["equal"] == day.journal.sequence


def test_three_processes_two_of_them_killed_are_lived_again_each_from_its_own_recovery(desk: Home) -> None:
    for epoch in range(3):
        killed_process(desk, first=1_000 * epoch, sends=5)
    code, told = in_another_process(DAY, "--verify", "--json")
    assert code == 0 and told["equal"] == told["entries"]
    assert [start["epoch"] for start in told["starts"]] == [1, 2, 3]
    assert told["recoveries"] == 3 and told["intents"]["ENTRY"] >= 15


def test_a_desk_that_follows_no_market_enters_nothing_and_needs_no_feed_log(desk: Home) -> None:
    with MarketDay(desk, None, watch=()) as day:
        day.begin()
        day.want(BUY)
        assert not day.sent, "there is no price to judge by"
    shutil.rmtree(feed_folder(desk.feed, DAY))
    code, told = run("--verify", "--json")
    assert (code, told["equal"], told["fills"]) == (0, told["entries"], 0)


def test_each_start_is_lived_with_the_master_that_it_knew(desk: Home) -> None:
    """At 8:20 the day's file may be the last day's; it is replaced, and stays what its decisions are judged by."""
    early = keep_master(desk, lot=50)
    with MarketDay(desk) as day:
        day.begin().turns(0, 20)
    late = keep_master(desk)
    with MarketDay(desk) as day:
        day.begin().turns(20, 40)
    code, told = run("--verify", "--json")
    assert code == 0 and told["equal"] == told["entries"]
    assert [start["master_sha256"] for start in told["starts"]] == [early, late]
    assert set(told["denials"]) == {"LOT", "MARKET"}, "of one lot that is none, and of a market just met"
    assert told["intents"]["ENTRY"] > 0
    assert (told["recoveries"], told["not_recovered"]) == (2, [])


def test_a_message_that_the_engine_cannot_take_fails_again(desk: Home) -> None:
    with MarketDay(desk) as day, pytest.raises(EngineFailed):
        day.begin().answer("an order of nobody's")
    code, told = run("--verify", "--json")
    assert (code, told["equal"], told["failures"], told["recoveries"]) == (0, told["entries"], 1, 0)


def test_a_strategy_that_raised_is_halted_again(desk: Home) -> None:
    with MarketDay(desk, taker(fail_at=9)) as day:
        halts = day.begin().turns(0, 60).engine.state.strategy_halts
    assert [halt.code for halt in halts.values()] == ["RAISED"]
    code, told = run("--verify", "--json")
    assert code == 0 and told["equal"] == told["entries"] and told["failures"] == 0


# What differs.


def test_a_decision_that_was_altered_is_found_and_named(traded: Home) -> None:
    nth = next(n for n, r in enumerate(records_of(traded), start=1) if any(isinstance(a, Intend) for a in r.step.acts))

    def doubled(entry: Entry) -> bytes:
        record = codec.decode(entry.kind, entry.payload)
        if entry.sequence != nth or isinstance(record, codec.Failure):
            return entry.payload
        acts = tuple(_doubled(act) if isinstance(act, Intend) else act for act in record.step.acts)
        return codec.encode(record.stamped, msgspec.structs.replace(record.step, acts=acts))[1]

    rewrite(traded, doubled)
    code, told = run("--verify", "--json")
    found = told["difference"]
    assert (code, told["verdict"], told["equal"]) == (2, "DIFFERS", nth - 1)
    assert (found["sequence"], found["message"], found["part"]) == (nth, "MarketMoved", "act 1")
    assert found["fields"] == [{"of": "intent.order.qty", "journalled": 2 * LOT, "replayed": LOT}]
    code, text = run("--verify")
    assert f"differs    entry {nth} of" in text and "tarazu audit verify" in text
    assert text.index("journalled  150") < text.index("replayed    75")


def test_an_act_that_was_taken_away_is_found(traded: Home) -> None:
    nth = next(n for n, r in enumerate(records_of(traded), start=1) if any(isinstance(a, Intend) for a in r.step.acts))

    def silenced(entry: Entry) -> bytes:
        record = codec.decode(entry.kind, entry.payload)
        assert isinstance(record, codec.Record)
        step = record.step if entry.sequence != nth else msgspec.structs.replace(record.step, acts=())
        return codec.encode(record.stamped, step)[1]

    rewrite(traded, silenced)
    found = run("--verify", "--json")[1]["difference"]
    assert (found["sequence"], found["part"], found["fields"][0]["journalled"]) == (nth, "act 1", "nothing")
    assert found["fields"][0]["replayed"]["type"] == "Intend"


def test_a_message_that_was_altered_is_found_by_what_follows_from_it(traded: Home) -> None:
    """The stamp of the next entry carries the journal's head: whoever changes one entry must change all that follow."""
    moved = [n for n, r in enumerate(records_of(traded), start=1) if isinstance(r.stamped.message, MarketMoved)][2]

    def later(entry: Entry) -> bytes:
        record = codec.decode(entry.kind, entry.payload)
        assert isinstance(record, codec.Record)
        if entry.sequence != moved:
            return entry.payload
        return codec.encode(msgspec.structs.replace(record.stamped, wall_ns=record.stamped.wall_ns + 1), record.step)[1]

    rewrite(traded, later)
    code, told = run("--verify", "--json")
    assert code == 2 and (told["difference"]["sequence"], told["difference"]["part"]) == (moved + 1, "the entry")
    assert [field["of"] for field in told["difference"]["fields"]] == ["head"]
    assert told["difference"]["causes"][0].startswith(f"entry {moved}, or one before it, was altered")


def test_another_build_is_said(desk: Home) -> None:
    with MarketDay(desk, build="0.0.9+0123456789ab") as day:
        day.begin().turns(0, 40)
    code, told = run("--verify", "--json")
    assert (code, told["builds"]) == (0, ["0.0.9+0123456789ab"])
    assert "0.0.9+0123456789ab" in run("--verify")[1]
    write_settings(desk, taker(every=4))
    code, told = run("--verify", "--json")
    assert code == 2 and told["difference"]["causes"][0].startswith("another build: it was journalled by 0.0.9+0123")


def test_a_strategy_with_other_settings_is_said(traded: Home) -> None:
    write_settings(traded, taker(every=4))
    code, told = run("--verify", "--json")
    assert code == 2 and told["difference"]["causes"][0].startswith("the strategies: others, with other settings")


def test_a_bug_that_is_gone_differs_at_the_failure(desk: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def unsound(stamped: Stamped) -> Step:
        raise RuntimeError("the engine's bug")

    with MarketDay(desk) as day, pytest.raises(EngineFailed):
        day.begin().turns(0, 20)
        monkeypatch.setattr(day.engine, "process", unsound)
        day.turns(20, 60)
    code, told = run("--verify", "--json")
    found = told["difference"]
    assert code == 2 and (found["sequence"], found["part"]) == (told["entries"], "the engine's failure")
    assert found["fields"] == [{"of": "", "journalled": "RuntimeError: the engine's bug", "replayed": "none"}]


def test_a_state_that_no_message_made_is_not_recovered_and_that_is_said(desk: Home) -> None:
    with MarketDay(desk, taker(meddle_at=9)) as day:
        day.begin().turns(0, 30)
        last = day.journal.sequence
    code, told = run("--verify", "--json")
    assert (code, told["equal"], told["not_recovered"]) == (2, last, [last])
    assert "NOT_RECOVERED" in [check["code"] for check in told["checks"]]


# What is missing.


def test_a_missing_frame_of_the_market_is_said(traded: Home) -> None:
    decided = next(r for r in records_of(traded) if any(isinstance(a, Intend) for a in r.step.acts)).stamped.message
    assert isinstance(decided, MarketMoved)
    damage(traded, decided.sequence)
    code, told = run("--verify", "--json")
    assert code == 2 and told["losses"][0].startswith("CORRUPT at segment 1")
    assert told["difference"]["causes"][0].startswith("the market is not the one it was: CORRUPT")
    assert "FEED_LOG" in [check["code"] for check in told["checks"]]


def test_a_frame_that_nothing_was_decided_by_is_missed_with_a_warning(desk: Home) -> None:
    with MarketDay(desk, None) as day:
        day.begin().turns(0, 20)
    damage(desk, 5)
    code, told = run("--verify", "--json")
    assert (code, told["equal"], len(told["losses"])) == (1, told["entries"], 1)
    assert [check["status"] for check in told["checks"]] == ["ok", "ok", "ok", "WARN"]


def test_a_log_that_ends_too_soon_or_has_another_frame_is_said(desk: Home) -> None:
    with MarketDay(desk, None) as day:
        day.begin().turns(0, 20)
        sequence = day.log.stats.last_sequence
        day.tell(MarketMoved(sequence=sequence, wall_ns=day.follower.wall_ns + 10**9))
    assert run("--verify", "--json")[1]["losses"][0].startswith(f"frame {sequence} is another")
    damage(desk, sequence)
    assert "not in the log" in run("--verify", "--json")[1]["losses"][0]


def test_without_the_feed_log_nothing_is_judged(traded: Home) -> None:
    feed_folder(traded.feed, DAY).rename(traded.root / "away")
    code, told = run("--verify", "--json")
    assert (code, told["verdict"]) == (3, "UNKNOWN")
    assert "no feed log" in told["summary"] and f"tarazu data restore {DAY}" in told["summary"]
    assert not feed_folder(traded.feed, DAY).exists(), "a look makes nothing"
    assert run("--json")[0] == 0, "the journal alone tells what it tells"


def test_without_the_master_or_the_strategies_nothing_is_judged(traded: Home) -> None:
    kept = next(traded.masters.glob("*.csv.gz"))
    away = kept.rename(kept.with_suffix(".away"))
    assert run("--verify", "--json")[0] == 3
    away.rename(kept)
    traded.settings_file.write_text('[[engine.strategies]]\nfactory = "no.such:thing"\n')
    code, told = run("--verify", "--json")
    assert code == 3 and "no.such:thing" in told["summary"]
    traded.settings_file.unlink()
    assert run("--verify", "--json")[0] == 2


def test_entries_that_no_engine_of_this_build_has_written_are_not_judged(desk: Home) -> None:
    with JournalledDesk(desk) as day:
        day.second()
        day.journal.sync()
        assert "no engine was started in the 1 entries" in run("--json")[1]["summary"]
        day.start()
        day.journal.sync()
        assert "entry 1 comes before any start" in run("--verify", "--json")[1]["summary"]
        day.journal.append(2, b"of years ago", day.now_ns)
    code, told = run("--verify", "--json")
    assert (code, told["verdict"]) == (3, "UNKNOWN") and "entry 3: " in told["summary"]


def test_without_a_journal_or_on_a_day_without_one_everything_is_unknown(desk: Home, traded: Home) -> None:
    code, told = run("2026-11-20", "--verify", "--json")
    assert code == 3 and "no journal of 2026-11-20" in told["summary"]


def test_a_journal_that_is_not_what_was_written_is_told_up_to_the_damage(traded: Home) -> None:
    path = segment_path(day_folder(traded.journal, DAY), 1)
    raw, whole = bytearray(path.read_bytes()), len(entries_of(traded))
    raw[raw.index(b"MarketMoved")] ^= 1
    path.write_bytes(raw)
    for argv in (("--verify", "--json"), ("--json",)):
        code, told = run(*argv)
        assert (code, told["verdict"], told["checks"][0]["code"]) == (2, "DAMAGED", "CORRUPT")
        assert 0 < told["entries"] < whole


# What is told.


def test_the_day_is_told_from_its_journal(traded: Home) -> None:
    code, told = run(DAY, "--json")
    assert (code, told["verdict"], told["messages"]["MarketMoved"]) == (0, "TOLD", 50)
    assert [turn["phase"] for turn in told["phases"]] == ["RECONCILING", "ACTIVE"]
    code, text = run()
    assert text.startswith(f"TOLD  SIM  {DAY}: {told['entries']} entries") and "orders     " in text


def test_the_state_at_an_entry_is_what_it_was(desk: Home) -> None:
    with MarketDay(desk) as day:
        day.begin().turns(0, 40)
        at, digest = day.journal.sequence, day.engine.state.digest()
        held = day.engine.state.exposure(KEY, Product.NRML).filled
        day.turns(40, 80)
    for argv in (("--to", at), ("--to", at, "--verify")):
        code, told = run(*argv, "--json")
        assert (code, told["entries"], told["state"]["digest"]) == (0, at, digest)
        assert [place["qty"] for place in told["state"]["positions"]] == [held]
        assert len(told["state"]["orders"]) == told["intents"]["ENTRY"]
    assert "ENTRY BUY" in run("--to", at)[1]


def killed_process(desk: Home, first: int, sends: int) -> None:
    """A process that trades on the home, until it has sent so many orders."""
    argv = [str(Path(__file__).with_name("replayed_day_process.py")), str(desk.root), str(first)]
    process = subprocess.Popen([sys.executable, *argv], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout as told:
        assert any(int(line) >= sends for line in told), "it ended before it was killed"
        process.send_signal(signal.SIGKILL)
    assert process.wait(60) == -signal.SIGKILL


def damage(desk: Home, sequence: int) -> None:
    """One frame of the feed log is no longer what was written."""
    folder = feed_folder(desk.feed, DAY)
    tail = Tail(folder)
    frame = next(frame for frame in iter(tail.next, None) if frame.sequence == sequence)
    tail.close()
    with feed_segment(folder, frame.segment).open("r+b") as file:
        file.seek(frame.offset + 60)
        file.write(b"\xff\xfe\xfd\xfc")


def _doubled(act: Intend) -> Intend:
    order = msgspec.structs.replace(act.intent.order, qty=2 * act.intent.order.qty)
    return msgspec.structs.replace(act, intent=msgspec.structs.replace(act.intent, order=order))
